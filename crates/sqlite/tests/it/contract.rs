//! The rules of every port that this crate adapts.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use fm_contract::{ArchiveHarness, DatabaseHarness, Impossible, SessionStoreHarness};
use fm_domain::archive::Archive;
use fm_domain::database::Database;
use fm_domain::ids::NodeId;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::SessionStore;
use fm_sqlite::{SqliteDatabase, SqliteSessionStore};
use uuid::Uuid;

use crate::fixture::Fixture;

struct Fresh(Fixture);

/// Counts the writes of each row of items from now on.
const COUNT_WRITES: &str = "CREATE TABLE IF NOT EXISTS row_writes (id BLOB PRIMARY KEY, writes INTEGER NOT NULL); \
    CREATE TRIGGER IF NOT EXISTS count_writes AFTER UPDATE ON nodes BEGIN \
        INSERT INTO row_writes VALUES (NEW.id, 1) ON CONFLICT (id) DO UPDATE SET writes = writes + 1; \
    END";

const ROW_WRITES: &str = "SELECT nodes.id AS id, coalesce(writes, 0) AS writes FROM nodes LEFT JOIN row_writes ON row_writes.id = nodes.id";

#[derive(QueryableByName)]
struct RowWrites {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    writes: i64,
}

#[async_trait]
impl DatabaseHarness for Fresh {
    async fn fresh() -> Self {
        Self(Fixture::new())
    }

    fn database(&self) -> Arc<dyn Database> {
        Arc::new(self.0.database.clone())
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        Arc::new(self.0.database.job_signal())
    }

    async fn row_versions(&self) -> Result<HashMap<NodeId, u64>, Impossible> {
        let mut connection = self.0.connect();
        connection.batch_execute(COUNT_WRITES).unwrap();
        let rows: Vec<RowWrites> = diesel::sql_query(ROW_WRITES).load(&mut connection).unwrap();
        let writes = |row: RowWrites| {
            let id = NodeId::new(Uuid::from_slice(&row.id).unwrap());
            (id, u64::try_from(row.writes).unwrap())
        };
        Ok(rows.into_iter().map(writes).collect())
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Ok(Arc::new(SqliteDatabase::open(&self.0.path()).unwrap()))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.database.close().await;
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, Impossible> {
        Err(Impossible::because("a file has no credentials"))
    }
}

#[async_trait]
impl ArchiveHarness for Fresh {
    async fn fresh() -> Self {
        Self(Fixture::new())
    }

    fn database(&self) -> Arc<dyn Database> {
        Arc::new(self.0.database.clone())
    }

    fn archive(&self) -> Arc<dyn Archive> {
        Arc::new(self.0.database.clone())
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Ok(Arc::new(SqliteDatabase::open(&self.0.path()).unwrap()))
    }
}

#[async_trait]
impl SessionStoreHarness for Fresh {
    async fn fresh() -> Self {
        Self(Fixture::new())
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        Arc::new(SqliteSessionStore::new(self.0.database.clone()))
    }

    async fn dump(&self) -> String {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = Text)]
            line: String,
        }
        let lines: Vec<Line> = diesel::sql_query(
            "SELECT concat_ws(' ', lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || \
             substr(hex(id), 13, 4) || '-' || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21)), \
             lower(hex(user_id)), created_at, last_seen_at, ip, user_agent, generation, lower(hex(salt)), expires_at, \
             spent_at) AS line FROM sessions",
        )
        .load(&mut self.0.connect())
        .unwrap();
        lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n")
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(SqliteSessionStore::new(SqliteDatabase::open(&self.0.path()).unwrap())))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.database.close().await;
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(Impossible::because("a file has no credentials"))
    }
}

/// The job queue lives in the unit of work: its rules are among these.
mod database {
    fm_contract::database!(super::Fresh);
}

mod archive {
    fm_contract::archive!(super::Fresh);
}

mod session_store {
    fm_contract::session_store!(super::Fresh);
}

/// Nodes of two versions on one queue.
mod job_versions {
    fm_resilience::job_versions!(super::Fresh, fm_memory::harness::Blobs, super::Fresh);
}

/// Every use case, killed at every call of a port. Blobs are in memory: what is killed here are the units of work.
mod kill_points {
    fm_resilience::kill_points!(super::Fresh, fm_memory::harness::Blobs, super::Fresh);
}
