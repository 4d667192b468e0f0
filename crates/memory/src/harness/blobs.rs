//! The reference store of blobs.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::fakes::present;
use fm_contract::{BlobStoreHarness, DirectAccess, DirectHarness, Impossible, ResumableHarness};
use fm_domain::blobs::{BlobKey, BlobStore, DirectStore, ListBlobs, PartReceiver};
use fm_domain::uploads::ResumableStore;
use fm_streaming::BufferBudget;

use super::IN_MEMORY;
use crate::{ManualClock, MemoryBlobStore};

/// A [`MemoryBlobStore`], with all that it can do.
#[derive(Clone)]
pub struct Blobs(Arc<MemoryBlobStore>);

impl Blobs {
    fn new() -> Self {
        Self(Arc::new(MemoryBlobStore::new(Arc::new(ManualClock::new(present())))))
    }
}

#[async_trait]
impl BlobStoreHarness for Blobs {
    async fn fresh() -> Self {
        Self::new()
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.clone()
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(self.0.clone())
    }

    fn resumable(&self) -> Option<Arc<dyn ResumableStore>> {
        Some(self.0.clone())
    }

    fn direct(&self) -> Option<DirectAccess> {
        Some(DirectAccess::Received(self.0.clone(), self.0.clone()))
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

    async fn stored_bytes(&self) -> Result<u64, Impossible> {
        Err(IN_MEMORY)
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

#[async_trait]
impl ResumableHarness for Blobs {
    async fn fresh() -> Self {
        Self::new()
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.clone()
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        self.0.clone()
    }

    async fn debris(&self) -> usize {
        self.0.count()
    }
}

#[async_trait]
impl DirectHarness for Blobs {
    async fn fresh() -> Self {
        Self::new()
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.clone()
    }

    fn store(&self) -> Arc<dyn DirectStore> {
        self.0.clone()
    }

    fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
        Some(self.0.clone())
    }

    async fn debris(&self) -> usize {
        self.0.count()
    }
}
