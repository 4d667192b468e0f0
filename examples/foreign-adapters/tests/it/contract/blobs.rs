//! Blobs through OpenDAL.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{BlobStoreHarness, DirectAccess, DirectHarness, Impossible, ResumableHarness};
use fm_domain::blobs::{BlobKey, BlobStore, DirectStore, ListBlobs, PartReceiver};
use fm_domain::uploads::ResumableStore;
use fm_example_foreign_adapters::OpendalBlobStore;
use fm_streaming::BufferBudget;
use tempfile::TempDir;

/// A store in a folder of its own: one harness for all that it can do.
pub(crate) struct Blobs {
    folder: TempDir,
    store: Arc<OpendalBlobStore>,
    other: Arc<OpendalBlobStore>,
}

impl Blobs {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("blobs");
        let open = async || Arc::new(OpendalBlobStore::open(root.to_str().unwrap()).await.unwrap());
        Self { store: open().await, other: open().await, folder }
    }
}

#[async_trait]
impl BlobStoreHarness for Blobs {
    async fn fresh() -> Self {
        Self::new().await
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(self.store.clone())
    }

    fn resumable(&self) -> Option<Arc<dyn ResumableStore>> {
        Some(self.store.clone())
    }

    fn direct(&self) -> Option<DirectAccess> {
        Some(DirectAccess::Received(self.store.clone(), self.store.clone()))
    }

    fn budget(&self) -> Option<BufferBudget> {
        None
    }

    fn part_size(&self) -> usize {
        256 * 1024
    }

    async fn debris(&self) -> usize {
        files(self.folder.path())
    }

    async fn stored_bytes(&self) -> Result<u64, Impossible> {
        Ok(bytes(self.folder.path()))
    }

    fn held_at_most(&self) -> Result<usize, Impossible> {
        // A chunk of 256 KiB, and what tokio buffers of a file.
        Ok(3 * 1024 * 1024)
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        let path = self.folder.path().join("blobs").join(key.bucket.as_str()).join(key.to_string());
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        Ok(())
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Ok(self.other.clone())
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        // As when it is unmounted.
        std::fs::rename(self.folder.path().join("blobs"), self.folder.path().join("elsewhere")).unwrap();
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Err(Impossible::because("a folder has no credentials"))
    }
}

#[async_trait]
impl ResumableHarness for Blobs {
    async fn fresh() -> Self {
        Self::new().await
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        self.store.clone()
    }

    fn another_node(&self) -> Arc<dyn ResumableStore> {
        self.other.clone()
    }

    async fn debris(&self) -> usize {
        files(self.folder.path())
    }
}

#[async_trait]
impl DirectHarness for Blobs {
    async fn fresh() -> Self {
        Self::new().await
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    fn store(&self) -> Arc<dyn DirectStore> {
        self.store.clone()
    }

    fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
        Some(self.store.clone())
    }

    async fn debris(&self) -> usize {
        files(self.folder.path())
    }
}

/// How many files a folder and its folders hold. What is removed meanwhile does not count.
fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

/// How many bytes they hold.
fn bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| if path.is_dir() { bytes(&path) } else { path.metadata().map_or(0, |file| file.len()) })
        .sum()
}

mod blob_store {
    fm_contract::blob_store!(super::Blobs);
}

mod resumable_store {
    fm_contract::resumable_store!(super::Blobs);
}

mod direct_store {
    fm_contract::direct_store!(super::Blobs);
}
