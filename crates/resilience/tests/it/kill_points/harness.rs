//! A store of blobs that can do no more than it must.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{BlobStoreHarness, Impossible};
use fm_domain::blobs::{BlobKey, BlobStore, ListBlobs};
use fm_memory::harness::Blobs;
use fm_streaming::BufferBudget;

/// The reference store without its optional ports.
pub(crate) struct PlainBlobs(Blobs);

#[async_trait]
impl BlobStoreHarness for PlainBlobs {
    async fn fresh() -> Self {
        Self(<Blobs as BlobStoreHarness>::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        BlobStoreHarness::blobs(&self.0)
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
        BlobStoreHarness::debris(&self.0).await
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
        BlobStoreHarness::another_node(&self.0).await
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        self.0.with_wrong_credentials()
    }
}
