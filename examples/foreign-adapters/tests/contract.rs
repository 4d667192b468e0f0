//! The adapters, held to every rule of their ports.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{BlobStoreHarness, Impossible, SessionStoreHarness};
use fm_domain::blobs::{BlobKey, BlobStore, ListBlobs};
use fm_domain::sessions::SessionStore;
use fm_example_foreign_adapters::{FolderSessionStore, OpendalBlobStore};
use fm_streaming::BufferBudget;
use tempfile::TempDir;

struct Blobs {
    folder: TempDir,
    store: Arc<OpendalBlobStore>,
}

#[async_trait]
impl BlobStoreHarness for Blobs {
    async fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = OpendalBlobStore::open(folder.path().to_str().unwrap()).await.unwrap();
        Self { folder, store: Arc::new(store) }
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(self.store.clone())
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

    fn held_at_most(&self) -> Result<usize, Impossible> {
        Err(Impossible::because("OpenDAL does not say how much it holds"))
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        let path = self.folder.path().join(key.bucket.as_str()).join(key.to_string());
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        Ok(())
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Ok(Arc::new(OpendalBlobStore::open(self.folder.path().to_str().unwrap()).await.unwrap()))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(Impossible::because("a folder of this machine is not out of reach"))
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Err(Impossible::because("a folder has no credentials"))
    }
}

/// How many files a folder and its folders hold.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

struct Sessions {
    folder: TempDir,
    store: Arc<FolderSessionStore>,
}

#[async_trait]
impl SessionStoreHarness for Sessions {
    async fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(FolderSessionStore::open(folder.path().to_owned()).await.unwrap());
        Self { folder, store }
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.store.clone()
    }

    async fn dump(&self) -> String {
        let mut dump = String::new();
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            dump += &hexadecimal(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
        }
        dump
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(FolderSessionStore::open(self.folder.path().to_owned()).await.unwrap()))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(Impossible::because("a folder of this machine is not out of reach"))
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(Impossible::because("a folder has no credentials"))
    }
}

/// The salt is an array of numbers in JSON; the rules look for bytes as hexadecimal.
fn hexadecimal(json: &str) -> String {
    let Some((before, rest)) = json.split_once("\"salt\":[") else { return json.to_owned() };
    let (salt, after) = rest.split_once(']').unwrap();
    let salt = salt.split(',').map(|byte| format!("{:02x}", byte.parse::<u8>().unwrap()));
    format!("{before}\"salt\":\"{}\"{after}\n", salt.collect::<String>())
}

mod blobs {
    fm_contract::blob_store!(super::Blobs);
}

mod sessions {
    fm_contract::session_store!(super::Sessions);
}
