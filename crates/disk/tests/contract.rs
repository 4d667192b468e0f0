//! The contracts of a store of blobs, and of one that is written to in parts.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

mod fixture;

use std::sync::Arc;

use async_trait::async_trait;
use fixture::Fixture;
use fm_contract::{BlobStoreHarness, PartUploadHarness};
use fm_disk::BUFFER_BYTES;
use fm_domain::blobs::{BlobStore, ListBlobs, PartUpload};
use fm_streaming::BufferBudget;

struct Disk(Fixture);

#[async_trait]
impl BlobStoreHarness for Disk {
    async fn fresh() -> Self {
        Self(Fixture::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.store.clone())
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(Arc::new(self.0.store.clone()))
    }

    fn budget(&self) -> Option<BufferBudget> {
        Some(self.0.budget.clone())
    }

    fn part_size(&self) -> usize {
        BUFFER_BYTES
    }

    async fn debris(&self) -> usize {
        self.0.files().len()
    }
}

struct InParts(Fixture);

#[async_trait]
impl PartUploadHarness for InParts {
    async fn fresh() -> Self {
        Self(Fixture::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.store.clone())
    }

    fn parts(&self) -> Arc<dyn PartUpload> {
        Arc::new(self.0.store.clone())
    }

    async fn debris(&self) -> usize {
        self.0.files().len()
    }
}

mod parts {
    use super::InParts;

    fm_contract::part_upload!(InParts);
}

mod blobs {
    use super::Disk;

    fm_contract::blob_store!(Disk);
}
