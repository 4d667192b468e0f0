//! A harness whose adapters are decorated.

pub(crate) mod fallback;
pub(crate) mod traced;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::{
    BlobStoreHarness, DatabaseHarness, DirectAccess, DirectHarness, Impossible, RateLimiterHarness,
    ResumableHarness, SessionStoreHarness,
};
use fm_decorators::{
    NoObserver, ObservedBlobStore, ObservedDatabase, ObservedDirectStore, ObservedListBlobs,
    ObservedPartReceiver, ObservedRateLimiter, ObservedResumableStore, ObservedSessionStore, PortObserver,
};
use fm_domain::blobs::{
    BlobKey, BlobStore, DirectStore, ListBlobs, PartReceiver, PartTag, PartWrite, WritePart,
};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::jobs::JobSignal;
use fm_domain::limits::RateLimiter;
use fm_domain::sessions::SessionStore;
use fm_domain::uploads::ResumableStore;
use fm_streaming::BufferBudget;

/// The adapters of `H`, decorated.
pub(crate) struct Observed<H>(H);

fn observer() -> Arc<dyn PortObserver> {
    Arc::new(NoObserver)
}

fn database(inner: Arc<dyn Database>) -> Arc<dyn Database> {
    Arc::new(ObservedDatabase::new(inner, &observer()))
}

fn sessions(inner: Arc<dyn SessionStore>) -> Arc<dyn SessionStore> {
    Arc::new(ObservedSessionStore::new(inner, &observer()))
}

fn limiter(inner: Arc<dyn RateLimiter>) -> Arc<dyn RateLimiter> {
    Arc::new(ObservedRateLimiter::new(inner, &observer()))
}

fn blobs(inner: Arc<dyn BlobStore>) -> Arc<dyn BlobStore> {
    Arc::new(ObservedBlobStore::new(inner, &observer()))
}

fn resumable(inner: Arc<dyn ResumableStore>) -> Arc<dyn ResumableStore> {
    Arc::new(ObservedResumableStore::new(inner, &observer()))
}

fn direct(inner: Arc<dyn DirectStore>) -> Arc<dyn DirectStore> {
    Arc::new(ObservedDirectStore::new(inner, &observer()))
}

fn receiver(inner: Arc<dyn PartReceiver>) -> Arc<dyn PartReceiver> {
    Arc::new(ObservedPartReceiver::new(inner, &observer()))
}

#[async_trait]
impl<H: DatabaseHarness> DatabaseHarness for Observed<H> {
    async fn fresh() -> Self {
        Self(H::fresh().await)
    }

    fn database(&self) -> Arc<dyn Database> {
        database(self.0.database())
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        self.0.signal()
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        self.0.another_node().await.map(database)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, Impossible> {
        self.0.with_wrong_credentials().map(database)
    }
}

#[async_trait]
impl<H: SessionStoreHarness> SessionStoreHarness for Observed<H> {
    async fn fresh() -> Self {
        Self(H::fresh().await)
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        sessions(self.0.sessions())
    }

    async fn dump(&self) -> String {
        self.0.dump().await
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        self.0.another_node().await.map(sessions)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        self.0.with_wrong_credentials().map(sessions)
    }
}

#[async_trait]
impl<H: RateLimiterHarness> RateLimiterHarness for Observed<H> {
    async fn fresh() -> Self {
        Self(H::fresh().await)
    }

    fn limiter(&self) -> Arc<dyn RateLimiter> {
        limiter(self.0.limiter())
    }

    async fn pass(&self, time: Duration) {
        self.0.pass(time).await;
    }

    async fn stored_keys(&self) -> usize {
        self.0.stored_keys().await
    }

    async fn another_node(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        self.0.another_node().await.map(limiter)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        self.0.with_wrong_credentials().map(limiter)
    }
}

#[async_trait]
impl<H: BlobStoreHarness> BlobStoreHarness for Observed<H> {
    async fn fresh() -> Self {
        Self(H::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        blobs(self.0.blobs())
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(Arc::new(ObservedListBlobs::new(self.0.lister()?, &observer())))
    }

    fn resumable(&self) -> Option<Arc<dyn ResumableStore>> {
        self.0.resumable().map(resumable)
    }

    fn direct(&self) -> Option<DirectAccess> {
        Some(match self.0.direct()? {
            DirectAccess::Received(store, parts) => DirectAccess::Received(direct(store), receiver(parts)),
            DirectAccess::Sent(store, client) => DirectAccess::Sent(direct(store), client),
        })
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

    async fn stored_bytes(&self) -> Result<u64, Impossible> {
        self.0.stored_bytes().await
    }

    fn held_at_most(&self) -> Result<usize, Impossible> {
        self.0.held_at_most()
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        self.0.truncate(key).await
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        self.0.another_node().await.map(blobs)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        self.0.with_wrong_credentials().map(blobs)
    }
}

#[async_trait]
impl<H: ResumableHarness> ResumableHarness for Observed<H> {
    async fn fresh() -> Self {
        Self(H::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        blobs(self.0.blobs())
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        resumable(self.0.store())
    }

    fn another_node(&self) -> Arc<dyn ResumableStore> {
        resumable(self.0.another_node())
    }

    async fn debris(&self) -> usize {
        self.0.debris().await
    }
}

#[async_trait]
impl<H: DirectHarness> DirectHarness for Observed<H> {
    async fn fresh() -> Self {
        Self(H::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        blobs(self.0.blobs())
    }

    fn store(&self) -> Arc<dyn DirectStore> {
        direct(self.0.store())
    }

    fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
        self.0.receiver().map(receiver)
    }

    async fn send(
        &self,
        write: &PartWrite,
        number: u32,
        offset: ByteSize,
        bytes: Bytes,
    ) -> Result<PartTag, WritePart> {
        self.0.send(write, number, offset, bytes).await
    }

    async fn debris(&self) -> usize {
        self.0.debris().await
    }
}
