//! Harnesses of decorated adapters.

mod stateless;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::blobs::{
    BlobKey, BlobStore, DirectStore, ListBlobs, PartReceiver, PartTag, PartWrite, SignDownload, SignParts,
    SignedPart, WritePart,
};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::ids::NodeId;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::SessionStore;
use fm_domain::uploads::ResumableStore;
use fm_streaming::BufferBudget;

use super::{
    Faults, FaultyBlobStore, FaultyDatabase, FaultyDirectStore, FaultyJobSignal, FaultyListBlobs,
    FaultyPartReceiver, FaultyResumableStore, FaultySessionStore, FaultySignDownload, FaultySignParts,
};
use fm_contract::{
    BlobStoreHarness, DatabaseHarness, DirectAccess, DirectHarness, Fetched, Impossible, ResumableHarness,
    SessionStoreHarness, SignDownloadHarness, SignPartsHarness,
};

/// A harness whose adapters are decorated, with no fault planned: the suite must pass on it wherever it passes on `H`.
///
/// `fm_contract::blob_store!(fm_resilience::fault::Decorated<MyHarness>)`
pub struct Decorated<H> {
    inner: H,
    faults: Faults,
}

impl<H> Decorated<H> {
    const fn of(inner: H, faults: Faults) -> Self {
        Self { inner, faults }
    }

    /// What is planned for its adapters.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }
}

#[async_trait]
impl<H: DatabaseHarness> DatabaseHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn database(&self) -> Arc<dyn Database> {
        Arc::new(FaultyDatabase::new(self.inner.database(), &self.faults))
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        Arc::new(FaultyJobSignal::new(self.inner.signal(), &self.faults))
    }

    async fn row_versions(&self) -> Result<HashMap<NodeId, u64>, Impossible> {
        self.inner.row_versions().await
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Ok(Arc::new(FaultyDatabase::new(self.inner.another_node().await?, &self.faults)))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.inner.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, Impossible> {
        Ok(Arc::new(FaultyDatabase::new(self.inner.with_wrong_credentials()?, &self.faults)))
    }
}

#[async_trait]
impl<H: SessionStoreHarness> SessionStoreHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        Arc::new(FaultySessionStore::new(self.inner.sessions(), &self.faults))
    }

    async fn dump(&self) -> String {
        self.inner.dump().await
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(FaultySessionStore::new(self.inner.another_node().await?, &self.faults)))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.inner.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(FaultySessionStore::new(self.inner.with_wrong_credentials()?, &self.faults)))
    }
}

#[async_trait]
impl<H: BlobStoreHarness> BlobStoreHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(FaultyBlobStore::new(self.inner.blobs(), &self.faults))
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        let lister = self.inner.lister()?;
        Some(Arc::new(FaultyListBlobs::new(lister, &self.faults)))
    }

    fn resumable(&self) -> Option<Arc<dyn ResumableStore>> {
        let store = self.inner.resumable()?;
        Some(Arc::new(FaultyResumableStore::new(store, &self.faults)))
    }

    fn direct(&self) -> Option<DirectAccess> {
        let faulty = |store| Arc::new(FaultyDirectStore::new(store, &self.faults));
        Some(match self.inner.direct()? {
            DirectAccess::Received(store, receiver) => {
                let receiver = Arc::new(FaultyPartReceiver::new(receiver, &self.faults));
                DirectAccess::Received(faulty(store), receiver)
            }
            // The client is no part of the process.
            DirectAccess::Sent(store, client) => DirectAccess::Sent(faulty(store), client),
        })
    }

    fn budget(&self) -> Option<BufferBudget> {
        self.inner.budget()
    }

    fn part_size(&self) -> usize {
        self.inner.part_size()
    }

    async fn debris(&self) -> usize {
        self.inner.debris().await
    }

    async fn stored_bytes(&self) -> Result<u64, Impossible> {
        self.inner.stored_bytes().await
    }

    fn held_at_most(&self) -> Result<usize, Impossible> {
        self.inner.held_at_most()
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        self.inner.truncate(key).await
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Ok(Arc::new(FaultyBlobStore::new(self.inner.another_node().await?, &self.faults)))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.inner.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Ok(Arc::new(FaultyBlobStore::new(self.inner.with_wrong_credentials()?, &self.faults)))
    }
}

#[async_trait]
impl<H: SignDownloadHarness> SignDownloadHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(FaultyBlobStore::new(self.inner.blobs(), &self.faults))
    }

    fn signer(&self) -> Arc<dyn SignDownload> {
        Arc::new(FaultySignDownload::new(self.inner.signer(), &self.faults))
    }

    async fn fetch(&self, url: &str, range: Option<&str>) -> Fetched {
        self.inner.fetch(url, range).await
    }
}

#[async_trait]
impl<H: ResumableHarness> ResumableHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(FaultyBlobStore::new(self.inner.blobs(), &self.faults))
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        Arc::new(FaultyResumableStore::new(self.inner.store(), &self.faults))
    }

    fn another_node(&self) -> Arc<dyn ResumableStore> {
        Arc::new(FaultyResumableStore::new(self.inner.another_node(), &self.faults))
    }

    async fn debris(&self) -> usize {
        self.inner.debris().await
    }
}

#[async_trait]
impl<H: DirectHarness> DirectHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(FaultyBlobStore::new(self.inner.blobs(), &self.faults))
    }

    fn store(&self) -> Arc<dyn DirectStore> {
        Arc::new(FaultyDirectStore::new(self.inner.store(), &self.faults))
    }

    fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
        let receiver = self.inner.receiver()?;
        Some(Arc::new(FaultyPartReceiver::new(receiver, &self.faults)))
    }

    async fn send(
        &self,
        write: &PartWrite,
        number: u32,
        offset: ByteSize,
        bytes: Bytes,
    ) -> Result<PartTag, WritePart> {
        self.inner.send(write, number, offset, bytes).await
    }

    async fn debris(&self) -> usize {
        self.inner.debris().await
    }
}

#[async_trait]
impl<H: SignPartsHarness> SignPartsHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(FaultyBlobStore::new(self.inner.blobs(), &self.faults))
    }

    fn parts(&self) -> Arc<dyn DirectStore> {
        Arc::new(FaultyDirectStore::new(self.inner.parts(), &self.faults))
    }

    fn signer(&self) -> Arc<dyn SignParts> {
        Arc::new(FaultySignParts::new(self.inner.signer(), &self.faults))
    }

    async fn send(&self, part: &SignedPart, bytes: Bytes) -> Fetched {
        self.inner.send(part, bytes).await
    }
}
