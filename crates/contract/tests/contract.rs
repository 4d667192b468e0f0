//! The suite on the reference adapters.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{
    BlobStoreHarness, DatabaseHarness, DirectHarness, IdSourceHarness, Impossible, ResumableHarness,
    SessionStoreHarness,
};
use fm_domain::blobs::{BlobKey, BlobStore, DirectStore, ListBlobs, PartReceiver};
use fm_domain::database::Database;
use fm_domain::ids::IdSource;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::SessionStore;
use fm_domain::uploads::ResumableStore;
use fm_memory::{
    ManualClock, MemoryBlobStore, MemoryDatabase, MemoryJobSignal, MemorySessionStore, SequentialIds,
};
use fm_streaming::BufferBudget;

/// Why the reference adapters can't be shared, damaged or taken away.
const IN_MEMORY: Impossible = Impossible::because("it lives in the memory of this process");

struct InMemory {
    database: MemoryDatabase,
    signal: Arc<MemoryJobSignal>,
}

#[async_trait]
impl DatabaseHarness for InMemory {
    async fn fresh() -> Self {
        let database = MemoryDatabase::new();
        let signal = Arc::new(database.signal());
        Self { database, signal }
    }

    fn database(&self) -> Arc<dyn Database> {
        Arc::new(self.database.clone())
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        self.signal.clone()
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Err(IN_MEMORY)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(IN_MEMORY)
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, Impossible> {
        Err(IN_MEMORY)
    }
}

mod database {
    fm_contract::database!(super::InMemory);
}

struct Sessions(Arc<MemorySessionStore>);

#[async_trait]
impl SessionStoreHarness for Sessions {
    async fn fresh() -> Self {
        Self(Arc::new(MemorySessionStore::new()))
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.0.clone()
    }

    async fn dump(&self) -> String {
        let sessions = self.0.snapshot();
        let salts: Vec<String> = sessions.iter().map(|session| hex::encode(session.refresh.salt)).collect();
        format!("{sessions:?} {salts:?}")
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(IN_MEMORY)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(IN_MEMORY)
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(IN_MEMORY)
    }
}

mod session_store {
    fm_contract::session_store!(super::Sessions);
}

struct Blobs(Arc<MemoryBlobStore>);

#[async_trait]
impl BlobStoreHarness for Blobs {
    async fn fresh() -> Self {
        let clock = ManualClock::new(fm_contract::fakes::present());
        Self(Arc::new(MemoryBlobStore::new(Arc::new(clock))))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.clone()
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(self.0.clone())
    }

    fn budget(&self) -> Option<BufferBudget> {
        None
    }

    fn part_size(&self) -> usize {
        256 * 1024
    }

    async fn debris(&self) -> usize {
        self.0.count()
    }

    fn held_at_most(&self) -> Result<usize, Impossible> {
        Err(IN_MEMORY)
    }

    async fn truncate(&self, _key: &BlobKey) -> Result<(), Impossible> {
        Err(IN_MEMORY)
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Err(IN_MEMORY)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(IN_MEMORY)
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Err(IN_MEMORY)
    }
}

struct Resumable(Blobs);

#[async_trait]
impl ResumableHarness for Resumable {
    async fn fresh() -> Self {
        Self(Blobs::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.blobs()
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        self.0.0.clone()
    }

    async fn debris(&self) -> usize {
        self.0.debris().await
    }
}

mod resumable_store {
    fm_contract::resumable_store!(super::Resumable);
}

struct Direct(Blobs);

#[async_trait]
impl DirectHarness for Direct {
    async fn fresh() -> Self {
        Self(Blobs::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.blobs()
    }

    fn store(&self) -> Arc<dyn DirectStore> {
        self.0.0.clone()
    }

    fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
        Some(self.0.0.clone())
    }

    async fn debris(&self) -> usize {
        self.0.debris().await
    }
}

mod direct_store {
    fm_contract::direct_store!(super::Direct);
}

mod blob_store {
    fm_contract::blob_store!(super::Blobs);
}

struct Ids(Arc<SequentialIds>);

impl IdSourceHarness for Ids {
    fn fresh() -> Self {
        Self(Arc::new(SequentialIds::new()))
    }

    fn ids(&self) -> Arc<dyn IdSource> {
        self.0.clone()
    }
}

mod id_source {
    fm_contract::id_source!(super::Ids);
}
