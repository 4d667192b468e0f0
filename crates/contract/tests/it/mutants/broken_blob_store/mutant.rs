//! The harness of the store with one fault.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use fm_contract::{BlobStoreHarness, Impossible};
use fm_domain::blobs::{BlobKey, BlobStore, ListBlobs};
use fm_streaming::BufferBudget;

use super::{Broken, PART};
use crate::mutants::planned;

/// The adapter with the planned fault.
pub(super) struct Mutant(Arc<Broken>);

#[async_trait]
impl BlobStoreHarness for Mutant {
    async fn fresh() -> Self {
        Self(Arc::new(Broken::new(planned())))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.clone()
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(self.0.clone())
    }

    fn budget(&self) -> Option<BufferBudget> {
        Some(self.0.budget.clone())
    }

    fn part_size(&self) -> usize {
        PART
    }

    async fn debris(&self) -> usize {
        self.0.inner.count() + self.0.state.drafts.load(Ordering::SeqCst)
    }

    async fn stored_bytes(&self) -> Result<u64, Impossible> {
        Ok(self.0.state.stored.load(Ordering::SeqCst))
    }

    fn held_at_most(&self) -> Result<usize, Impossible> {
        Ok(PART)
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        self.0.state.cut.lock().unwrap().insert(*key);
        Ok(())
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Ok(Arc::new(self.0.another(false)))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.state.is_gone.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Ok(Arc::new(self.0.another(true)))
    }
}
