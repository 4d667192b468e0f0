//! Sessions in a folder.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{Impossible, SessionStoreHarness};
use fm_domain::sessions::SessionStore;
use fm_example_foreign_adapters::FolderSessionStore;
use tempfile::TempDir;

pub(crate) struct Sessions {
    folder: TempDir,
    store: Arc<FolderSessionStore>,
}

#[async_trait]
impl SessionStoreHarness for Sessions {
    async fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(FolderSessionStore::open(folder.path().join("sessions")).await.unwrap());
        Self { folder, store }
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.store.clone()
    }

    async fn dump(&self) -> String {
        let mut dump = String::new();
        for entry in std::fs::read_dir(self.folder.path().join("sessions")).unwrap() {
            dump += &hexadecimal(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
        }
        dump
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(FolderSessionStore::open(self.folder.path().join("sessions")).await.unwrap()))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        // As when it is unmounted.
        std::fs::rename(self.folder.path().join("sessions"), self.folder.path().join("elsewhere")).unwrap();
        Ok(())
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

mod session_store {
    fm_contract::session_store!(super::Sessions);
}
