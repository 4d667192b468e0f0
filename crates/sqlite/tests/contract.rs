//! The rules of every port that this crate adapts.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod fixture;

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Text;
use fm_contract::{ArchiveHarness, DatabaseHarness, Impossible, SessionStoreHarness};
use fm_domain::archive::Archive;
use fm_domain::database::Database;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::SessionStore;
use fm_sqlite::{SqliteDatabase, SqliteSessionStore};

use crate::fixture::Fixture;

struct Fresh(Fixture);

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
