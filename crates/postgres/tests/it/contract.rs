//! The rules of the ports, on a real server.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_contract::{ArchiveHarness, DatabaseHarness, Impossible, SessionSignalHarness, SessionStoreHarness};
use fm_domain::archive::Archive;
use fm_domain::database::Database;
use fm_domain::ids::NodeId;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::{SessionSignal, SessionStore};
use fm_postgres::{PgDatabase, PgPool, PgSessionSignal, PgSessionStore};

use crate::common::Fixture;

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

    async fn row_versions(&self) -> Result<HashMap<NodeId, u64>, Impossible> {
        let rows = self.fixture.ask("SELECT concat_ws(' ', id, xmin) FROM nodes").await;
        let rows = rows.iter().filter_map(|row| row.split_once(' '));
        Ok(rows.filter_map(|(id, version)| Some((NodeId::parse(id)?, version.parse().ok()?))).collect())
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

struct Movable(Fixture);

#[async_trait]
impl ArchiveHarness for Movable {
    async fn fresh() -> Self {
        Self(Fixture::fresh().await)
    }

    fn database(&self) -> Arc<dyn Database> {
        self.0.database()
    }

    fn archive(&self) -> Arc<dyn Archive> {
        Arc::new(PgDatabase::new(self.0.pool.clone()))
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Ok(Arc::new(PgDatabase::new(self.0.another_pool())))
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

/// Sessions behind the copies of two nodes, which live longer than any rule takes.
struct CachedSessions(Sessions, [Arc<fm_memory::CachedSessions>; 2]);

#[async_trait]
impl SessionStoreHarness for CachedSessions {
    async fn fresh() -> Self {
        let sessions = Sessions::fresh().await;
        let node = |pool: PgPool| {
            let store = Arc::new(PgSessionStore::new(pool.clone()));
            let signal = Arc::new(PgSessionSignal::new(sessions.0.address.clone(), pool));
            fm_memory::CachedSessions::new(store, signal, Duration::from_hours(1))
        };
        let nodes = [node(sessions.0.pool.clone()), node(sessions.0.another_pool())];
        Self(sessions, nodes)
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.1[0].clone()
    }

    async fn dump(&self) -> String {
        self.0.dump().await
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(self.1[1].clone())
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        self.0.with_wrong_credentials()
    }
}

/// The signal that sessions ended.
struct Signals {
    fixture: Fixture,
    signal: Arc<PgSessionSignal>,
}

#[async_trait]
impl SessionSignalHarness for Signals {
    async fn fresh() -> Self {
        let fixture = Fixture::fresh().await;
        let signal = PgSessionSignal::new(fixture.address.clone(), fixture.pool.clone());
        Self { signal: Arc::new(signal), fixture }
    }

    fn signal(&self) -> Arc<dyn SessionSignal> {
        self.signal.clone()
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionSignal>, Impossible> {
        let pool = self.fixture.another_pool();
        Ok(Arc::new(PgSessionSignal::new(self.fixture.address.clone(), pool)))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.fixture.refuse_connections().await;
        Ok(())
    }
}

mod session_signal {
    fm_contract::session_signal!(super::Signals);
}

mod database {
    fm_contract::database!(super::Postgres);
}

mod archive {
    fm_contract::archive!(super::Movable);
}

mod session_store {
    fm_contract::session_store!(super::Sessions);
}

mod session_store_behind_copies {
    fm_contract::session_store!(super::CachedSessions);
}

/// Nodes of two versions on one queue.
mod job_versions {
    fm_resilience::job_versions!(super::Postgres, fm_memory::harness::Blobs, super::Sessions);
}

/// Every use case, killed at every call of a port. Blobs are in memory: what is killed here are the units of work.
mod kill_points {
    fm_resilience::kill_points!(super::Postgres, fm_memory::harness::Blobs, super::Sessions);
}
