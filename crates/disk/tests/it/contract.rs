//! The contracts of a store of blobs, and of one that many requests write to.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{BlobStoreHarness, DirectAccess, DirectHarness, Impossible, ResumableHarness};
use fm_disk::{BUFFER_BYTES, DiskBlobStore, DiskSettings};
use fm_domain::blobs::{BlobKey, BlobStore, DirectStore, ListBlobs, PartReceiver};
use fm_domain::uploads::ResumableStore;
use fm_streaming::BufferBudget;

use crate::fixture::Fixture;

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

    fn resumable(&self) -> Option<Arc<dyn ResumableStore>> {
        Some(Arc::new(self.0.store.clone()))
    }

    fn direct(&self) -> Option<DirectAccess> {
        let store = Arc::new(self.0.store.clone());
        Some(DirectAccess::Received(store.clone(), store))
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

    async fn stored_bytes(&self) -> Result<u64, Impossible> {
        // A file may be renamed between the two looks at it.
        let sizes = self.0.files().into_iter().filter_map(|path| std::fs::metadata(path).ok());
        Ok(sizes.map(|metadata| metadata.len()).sum())
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

/// The store, and that of another process on the same folder.
struct Resumable(Fixture, DiskBlobStore);

#[async_trait]
impl ResumableHarness for Resumable {
    async fn fresh() -> Self {
        let fixture = Fixture::fresh().await;
        let settings = DiskSettings { root: fixture.root(), budget: fixture.budget.clone() };
        let other = DiskBlobStore::open(settings).await.unwrap();
        Self(fixture, other)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.store.clone())
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        Arc::new(self.0.store.clone())
    }

    fn another_node(&self) -> Arc<dyn ResumableStore> {
        Arc::new(self.1.clone())
    }

    async fn debris(&self) -> usize {
        self.0.files().len()
    }
}

struct Direct(Fixture);

#[async_trait]
impl DirectHarness for Direct {
    async fn fresh() -> Self {
        Self(Fixture::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.store.clone())
    }

    fn store(&self) -> Arc<dyn DirectStore> {
        Arc::new(self.0.store.clone())
    }

    fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
        Some(Arc::new(self.0.store.clone()))
    }

    async fn debris(&self) -> usize {
        self.0.files().len()
    }
}

mod resumable {
    use super::Resumable;

    fm_contract::resumable_store!(Resumable);
}

mod direct {
    use super::Direct;

    fm_contract::direct_store!(Direct);
}

mod blobs {
    use super::Disk;

    fm_contract::blob_store!(Disk);
}

/// Every use case, killed at every call of a port.
mod kill_points {
    use super::Disk;

    fm_resilience::kill_points!(fm_memory::harness::Tables, Disk, fm_memory::harness::Sessions);
}
