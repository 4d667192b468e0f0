//! Everything in memory, for tests and trials.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::sessions::SessionStore;
use fm_memory::{MemoryBlobStore, MemoryDatabase, MemorySessionStore};

use super::{
    BlobStoreFactory, DatabaseFactory, DatabaseScope, OpenBlobStore, OpenContext, OpenDatabase, OpenDirect,
    SessionStoreFactory,
};
use crate::StartError;
use crate::config::{Reader, Secret};

/// Stores in memory: `BLOB_STORE=memory`, `SESSION_STORE=memory`, `DATABASE_URL=memory:`.
#[derive(Debug, Clone, Copy)]
pub struct Memory;

#[async_trait]
impl BlobStoreFactory for Memory {
    fn name() -> &'static str {
        "memory"
    }

    fn read(_: &mut Reader<'_>) -> Self {
        Self
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
        let store = Arc::new(MemoryBlobStore::new(Arc::clone(&context.clock)));
        Ok(OpenBlobStore {
            resumable: Some(store.clone()),
            direct: Some(OpenDirect::Received(store.clone(), store.clone())),
            lister: Some(store.clone()),
            ..OpenBlobStore::new(store)
        })
    }
}

#[async_trait]
impl SessionStoreFactory for Memory {
    fn name() -> &'static str {
        "memory"
    }

    fn read(_: &mut Reader<'_>) -> Self {
        Self
    }

    async fn open(&self, _: &mut OpenContext, _: &OpenDatabase) -> Result<Arc<dyn SessionStore>, StartError> {
        Ok(Arc::new(MemorySessionStore::new()))
    }

    fn is_of_one_process(&self, _: &dyn DatabaseFactory) -> bool {
        true
    }
}

#[async_trait]
impl DatabaseFactory for Memory {
    fn schemes() -> &'static [&'static str] {
        &["memory"]
    }

    fn read(url: &Secret, reader: &mut Reader<'_>) -> Self {
        if url.expose() != "memory:" {
            reader.fault("DATABASE_URL", "must be memory: alone");
        }
        Self
    }

    fn scope(&self) -> DatabaseScope {
        DatabaseScope::Process
    }

    async fn open(&self, _: &mut OpenContext) -> Result<OpenDatabase, StartError> {
        let database = MemoryDatabase::new();
        let signal = Arc::new(database.signal());
        Ok(OpenDatabase {
            sessions: Some(Arc::new(MemorySessionStore::new())),
            archive: Some(Arc::new(database.clone())),
            ..OpenDatabase::new(Arc::new(database), signal)
        })
    }
}
