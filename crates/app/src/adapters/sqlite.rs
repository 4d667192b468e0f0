//! SQLite.

mod checkup;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::error::Cause;
use fm_sqlite::{COMMAND_LOCK_WAIT, REQUEST_LOCK_WAIT, SqliteDatabase, SqliteSessionStore};

use super::{
    Checkup, DatabaseFactory, DatabaseScope, MigrateError, MigrationState, Migrations, OpenContext,
    OpenDatabase, Purpose,
};
use crate::StartError;
use crate::config::{Reader, Secret};

/// `DATABASE_URL=sqlite://path`.
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    /// The file.
    pub path: PathBuf,
}

#[async_trait]
impl DatabaseFactory for SqliteConfig {
    fn schemes() -> &'static [&'static str] {
        &["sqlite"]
    }

    fn read(url: &Secret, reader: &mut Reader<'_>) -> Self {
        let url = url.expose();
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or_default();
        if path.is_empty() {
            reader.fault("DATABASE_URL", "must name a file after sqlite://");
        }
        if path.contains('?') {
            reader.fault(
                "DATABASE_URL",
                "must name a file alone after sqlite://: parameters behind ? are not known",
            );
        }
        Self { path: PathBuf::from(path) }
    }

    fn scope(&self) -> DatabaseScope {
        DatabaseScope::Machine
    }

    fn migrations(&self) -> Result<Box<dyn Migrations>, StartError> {
        Ok(Box::new(SqliteMigrations { path: self.path.clone() }))
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenDatabase, StartError> {
        let path = self.path.clone();
        // Behind a command no client waits: it comes after a unit of work of the service that takes long.
        let lock_wait = if context.purpose == Purpose::Serve { REQUEST_LOCK_WAIT } else { COMMAND_LOCK_WAIT };
        let open = move || SqliteDatabase::open_waiting(&path, lock_wait);
        let opened = tokio::task::spawn_blocking(open).await;
        let opened =
            opened.map_err(|error| StartError::adapter("the SQLite database can't be used", error))?;
        let database =
            opened.map_err(|source| StartError::adapter("the SQLite database can't be opened", source))?;
        context.shutdown.add({
            let database = database.clone();
            async move { database.close().await }
        });
        context.watch_pool({
            let database = database.clone();
            move || database.writer_use()
        });
        let signal = Arc::new(database.job_signal());
        Ok(OpenDatabase {
            sessions: Some(Arc::new(SqliteSessionStore::new(database.clone()))),
            archive: Some(Arc::new(database.clone())),
            ..OpenDatabase::new(Arc::new(database), signal)
        })
    }

    fn checkup(&self, _: &OpenContext) -> Option<Box<dyn Checkup>> {
        Some(Box::new(checkup::SqliteCheckup { path: self.path.clone() }))
    }
}

/// The migrations of a file.
struct SqliteMigrations {
    path: PathBuf,
}

impl SqliteMigrations {
    async fn run<T, E>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, E> + Send + 'static,
    ) -> Result<T, MigrateError>
    where
        T: Send + 'static,
        E: Into<Cause> + Send + 'static,
    {
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || work(&path)).await.map_err(Cause::from)?;
        Ok(done.map_err(Into::into)?)
    }
}

#[async_trait]
impl Migrations for SqliteMigrations {
    async fn up(&self) -> Result<Vec<String>, MigrateError> {
        self.run(fm_sqlite::migrate).await
    }

    async fn down(&self) -> Result<Option<String>, MigrateError> {
        self.run(fm_sqlite::revert_last_migration).await
    }

    async fn status(&self) -> Result<Vec<MigrationState>, MigrateError> {
        let states = self.run(fm_sqlite::migration_status).await?;
        let states = states.into_iter();
        Ok(states.map(|state| MigrationState { name: state.name, applied: state.applied }).collect())
    }
    async fn unknown(&self) -> Result<Vec<String>, MigrateError> {
        self.run(fm_sqlite::unknown_migrations).await
    }
}
