//! The reference adapters.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{BlobStoreHarness, DatabaseHarness, Impossible, SessionStoreHarness};
use fm_domain::blobs::{BlobKey, BlobStore, DirectStore, ListBlobs, PartReceiver};
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::SessionStore;
use fm_domain::uploads::ResumableStore;
use fm_memory::{ManualClock, MemoryBlobStore, MemoryDatabase, MemorySessionStore};
use fm_streaming::BufferBudget;

/// Why the reference adapters can't be shared, damaged or taken away.
const IN_MEMORY: Impossible = Impossible::because("it lives in the memory of this process");

pub(crate) struct Tables(MemoryDatabase);

#[async_trait]
impl DatabaseHarness for Tables {
    async fn fresh() -> Self {
        Self(MemoryDatabase::new())
    }

    fn database(&self) -> Arc<dyn Database> {
        Arc::new(self.0.clone())
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        Arc::new(self.0.signal())
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

pub(crate) struct Sessions(Arc<MemorySessionStore>);

#[async_trait]
impl SessionStoreHarness for Sessions {
    async fn fresh() -> Self {
        Self(Arc::new(MemorySessionStore::new()))
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.0.clone()
    }

    async fn dump(&self) -> String {
        format!("{:?}", self.0.snapshot())
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

pub(crate) struct Blobs(MemoryBlobStore);

#[async_trait]
impl BlobStoreHarness for Blobs {
    async fn fresh() -> Self {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000));
        Self(MemoryBlobStore::new(Arc::new(clock)))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.clone())
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(Arc::new(self.0.clone()))
    }

    fn resumable(&self) -> Option<Arc<dyn ResumableStore>> {
        Some(Arc::new(self.0.clone()))
    }

    fn direct(&self) -> Option<(Arc<dyn DirectStore>, Arc<dyn PartReceiver>)> {
        Some((Arc::new(self.0.clone()), Arc::new(self.0.clone())))
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

/// The same store without its optional ports.
pub(crate) struct PlainBlobs(Blobs);

#[async_trait]
impl BlobStoreHarness for PlainBlobs {
    async fn fresh() -> Self {
        Self(Blobs::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.blobs()
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        self.0.lister()
    }

    fn budget(&self) -> Option<BufferBudget> {
        self.0.budget()
    }

    fn part_size(&self) -> usize {
        self.0.part_size()
    }

    async fn debris(&self) -> usize {
        self.0.debris().await
    }

    fn held_at_most(&self) -> Result<usize, Impossible> {
        self.0.held_at_most()
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        self.0.truncate(key).await
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        self.0.another_node().await
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        self.0.with_wrong_credentials()
    }
}
