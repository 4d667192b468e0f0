//! The database, its sessions, its signal and its migrations.

use std::path::PathBuf;
use std::sync::Arc;

use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::SessionStore;
use fm_memory::{MemoryDatabase, MemorySessionStore};
use fm_postgres::{
    MigrationError, PgAddress, PgDatabase, PgJobSignal, PgLimits, PgMigrations, PgPool, PgSessionStore,
};
use fm_sqlite::{MigrateSqlite, SqliteDatabase, SqliteSessionStore};

use super::{Purpose, StartError};
use crate::config::{Config, DatabaseAddress, SessionStoreChoice};

/// A database and what lives in or beside it.
pub(super) struct OpenDatabase {
    pub(super) db: Arc<dyn Database>,
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) signal: Arc<dyn JobSignal>,
    /// The same database, if it is a SQLite file.
    pub(super) sqlite: Option<SqliteDatabase>,
}

pub(super) async fn open(config: &Config, purpose: Purpose) -> Result<OpenDatabase, StartError> {
    if config.migrate_on_start && purpose == Purpose::Work {
        for name in Migrations::of(config)?.up().await? {
            tracing::info!(migration = %name, "migrated");
        }
    }
    let opened = match &config.database {
        DatabaseAddress::Postgres(url) => postgres(config, &PgAddress::parse(url.expose())?)?,
        DatabaseAddress::Sqlite(path) => sqlite(path.clone()).await?,
        DatabaseAddress::Memory => memory(),
    };
    Ok(match config.session_store {
        SessionStoreChoice::Database => opened,
        SessionStoreChoice::Memory => {
            OpenDatabase { sessions: Arc::new(MemorySessionStore::new()), ..opened }
        }
    })
}

fn postgres(config: &Config, address: &PgAddress) -> Result<OpenDatabase, StartError> {
    let limits = PgLimits { pooled: config.database_pool_size, ..PgLimits::default() };
    let pool = PgPool::new(address.clone(), limits);
    let pool = pool.map_err(|source| StartError::Store { what: "the PostgreSQL database", source })?;
    Ok(OpenDatabase {
        db: Arc::new(PgDatabase::new(pool.clone())),
        sessions: Arc::new(PgSessionStore::new(pool)),
        signal: Arc::new(PgJobSignal::new(address.clone())),
        sqlite: None,
    })
}

async fn sqlite(path: PathBuf) -> Result<OpenDatabase, StartError> {
    let opened = blocking(move || SqliteDatabase::open(&path)).await;
    let db = opened.map_err(|source| StartError::Store { what: "the SQLite database", source })??;
    Ok(OpenDatabase {
        sessions: Arc::new(SqliteSessionStore::new(db.clone())),
        signal: Arc::new(db.job_signal()),
        db: Arc::new(db.clone()),
        sqlite: Some(db),
    })
}

fn memory() -> OpenDatabase {
    let db = MemoryDatabase::new();
    OpenDatabase {
        signal: Arc::new(db.signal()),
        sessions: Arc::new(MemorySessionStore::new()),
        db: Arc::new(db),
        sqlite: None,
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PortError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| PortError::Unexpected(error.into()))
}

/// One migration, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedMigration {
    /// Its name.
    pub name: String,
    /// Whether it was run.
    pub applied: bool,
}

/// Why the structure of a database was not changed or shown.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// PostgreSQL failed.
    #[error(transparent)]
    Postgres(#[from] MigrationError),
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] MigrateSqlite),
    /// The work was cut off.
    #[error("the migration was cut off")]
    Cut(#[from] PortError),
}

/// The migrations of the configured database.
pub enum Migrations {
    /// Of PostgreSQL.
    Postgres(Box<PgMigrations>),
    /// Of a SQLite file.
    Sqlite(PathBuf),
    /// Memory has no structure to be migrated.
    Memory,
}

impl Migrations {
    /// Of the configured database.
    pub fn of(config: &Config) -> Result<Self, StartError> {
        Ok(match &config.database {
            DatabaseAddress::Postgres(url) => {
                Self::Postgres(Box::new(PgMigrations::new(PgAddress::parse(url.expose())?)))
            }
            DatabaseAddress::Sqlite(path) => Self::Sqlite(path.clone()),
            DatabaseAddress::Memory => Self::Memory,
        })
    }

    /// Applies all that are pending; their names.
    pub async fn up(&self) -> Result<Vec<String>, MigrateError> {
        match self {
            Self::Postgres(migrations) => Ok(migrations.up().await?),
            Self::Sqlite(path) => {
                let path = path.clone();
                Ok(blocking(move || fm_sqlite::migrate(&path)).await??)
            }
            Self::Memory => Ok(Vec::new()),
        }
    }

    /// Reverts the latest one; its name.
    pub async fn down(&self) -> Result<Option<String>, MigrateError> {
        match self {
            Self::Postgres(migrations) => Ok(migrations.down(1).await?.pop()),
            Self::Sqlite(path) => {
                let path = path.clone();
                Ok(blocking(move || fm_sqlite::revert_last_migration(&path)).await??)
            }
            Self::Memory => Ok(None),
        }
    }

    /// All of them, in order.
    pub async fn status(&self) -> Result<Vec<AppliedMigration>, MigrateError> {
        match self {
            Self::Postgres(migrations) => {
                let states = migrations.status().await?;
                Ok(states
                    .into_iter()
                    .map(|state| AppliedMigration { name: state.name, applied: state.applied })
                    .collect())
            }
            Self::Sqlite(path) => {
                let path = path.clone();
                let states = blocking(move || fm_sqlite::migration_status(&path)).await??;
                Ok(states
                    .into_iter()
                    .map(|state| AppliedMigration { name: state.name, applied: state.applied })
                    .collect())
            }
            Self::Memory => Ok(Vec::new()),
        }
    }
}
