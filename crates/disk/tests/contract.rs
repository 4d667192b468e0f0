//! The contracts of a store of blobs, and of one that is written to in parts.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

mod fixture;

use std::sync::Arc;

use async_trait::async_trait;
use fixture::Fixture;
use fm_contract::{BlobStoreHarness, Impossible, PartUploadHarness};
use fm_disk::{BUFFER_BYTES, DiskBlobStore, DiskSettings};
use fm_domain::blobs::{BlobKey, BlobStore, ListBlobs, PartUpload};
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

    fn held_at_most(&self) -> Result<usize, Impossible> {
        Ok(2 * BUFFER_BYTES)
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        let (name, whole) = (key.to_string(), self.0.files());
        let path =
            whole.iter().find(|path| path.file_name().is_some_and(|file| file == name.as_str())).unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        Ok(())
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        let settings = DiskSettings { root: self.0.root(), budget: self.0.budget.clone() };
        Ok(Arc::new(DiskBlobStore::open(settings).await.unwrap()))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        std::fs::rename(self.0.root(), self.0.root().with_extension("gone")).unwrap();
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Err(Impossible::because("a folder has no credentials"))
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
