//! The rules of the ports, on a real server.

#[expect(dead_code, reason = "no test program needs all of the fixture")]
mod common;

use std::sync::Arc;

use async_trait::async_trait;
use common::Fixture;
use fm_contract::{BlobStoreHarness, DatabaseHarness, Impossible, SessionStoreHarness};
use fm_domain::blobs::{BlobKey, BlobStore, DirectStore, ListBlobs, PartReceiver};
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::SessionStore;
use fm_domain::uploads::ResumableStore;
use fm_memory::{ManualClock, MemoryBlobStore};
use fm_postgres::{PgDatabase, PgSessionStore};
use fm_streaming::BufferBudget;

struct Postgres {
    fixture: Fixture,
    signal: Arc<dyn JobSignal>,
}

#[async_trait]
impl DatabaseHarness for Postgres {
    async fn fresh() -> Self {
        let fixture = Fixture::fresh().await;
        let signal = Arc::new(fixture.signal());
        Self { fixture, signal }
    }

    fn database(&self) -> Arc<dyn Database> {
        self.fixture.database()
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        Arc::clone(&self.signal)
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Ok(Arc::new(PgDatabase::new(self.fixture.another_pool())))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.fixture.refuse_connections().await;
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, Impossible> {
        Ok(Arc::new(PgDatabase::new(self.fixture.pool_of_a_stranger())))
    }
}

struct Sessions(Fixture);

#[async_trait]
impl SessionStoreHarness for Sessions {
    async fn fresh() -> Self {
        Self(Fixture::fresh().await)
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        Arc::new(self.0.sessions())
    }

    async fn dump(&self) -> String {
        self.0.ask("SELECT sessions::text FROM sessions").await.join("\n")
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(PgSessionStore::new(self.0.another_pool())))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.refuse_connections().await;
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(PgSessionStore::new(self.0.pool_of_a_stranger())))
    }
}

mod database {
    fm_contract::database!(super::Postgres);
}

mod session_store {
    fm_contract::session_store!(super::Sessions);
}

/// Why the reference adapters can't be shared, damaged or taken away.
const IN_MEMORY: Impossible = Impossible::because("it lives in the memory of this process");

/// Blobs in memory: what is killed here are the units of work.
struct Blobs(MemoryBlobStore);

#[async_trait]
impl BlobStoreHarness for Blobs {
    async fn fresh() -> Self {
        Self(MemoryBlobStore::new(Arc::new(ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000)))))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.clone())
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(Arc::new(self.0.clone()))
    }

    fn resumable(&self) -> Option<Arc<dyn ResumableStore>> {
        Some(Arc::new(self.0.clone()))
    }

    fn direct(&self) -> Option<(Arc<dyn DirectStore>, Arc<dyn PartReceiver>)> {
        Some((Arc::new(self.0.clone()), Arc::new(self.0.clone())))
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

/// Nodes of two versions on one queue.
mod job_versions {
    fm_resilience::job_versions!(super::Postgres, super::Blobs, super::Sessions);
}

/// Every use case, killed at every call of a port.
mod kill_points {
    fm_resilience::kill_points!(super::Postgres, super::Blobs, super::Sessions);
}
