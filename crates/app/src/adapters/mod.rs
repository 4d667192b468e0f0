//! Adapters that the configuration picks by name: databases, blob stores, session stores.
//!
//! An adapter is registered as a *factory*: its settings, read from the configuration, which open it later. Only the
//! factory that the configuration picks reads settings, and only that one is opened. Ours are registered in
//! `Adapters::ours`, one line each; [`Program`](crate::Program) adds those of a foreign `main` or replaces ours by name.

pub(crate) mod checkup;
mod context;
mod database_sessions;
mod disk;
mod memory;
pub(crate) mod plain;
mod postgres;
mod redis;
mod registry;
mod room;
mod s3;
mod sqlite;
mod supabase;

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::archive::Archive;
use fm_domain::blobs::{BlobStore, DirectStore, ListBlobs, PartReceiver, SignDownload, SignParts};
use fm_domain::database::Database;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::{SessionSignal, SessionStore};
use fm_domain::uploads::ResumableStore;

pub use checkup::{Checkup, Diagnosis, Verdict};
pub use context::{OpenContext, Purpose};
pub use database_sessions::DatabaseSessions;
pub use disk::DiskConfig;
pub use memory::Memory;
pub use postgres::PostgresConfig;
pub use redis::RedisSessions;
pub(crate) use registry::{Adapters, FALLBACK};
pub use s3::S3Config;
pub use sqlite::SqliteConfig;

pub use crate::start_error::MigrateError;
pub use fm_streaming::PoolUse;

use crate::StartError;
use crate::config::{Reader, Secret, Variable};

/// The settings of a blob store, which open it. `Debug` must not show secrets: keep them as [`Secret`].
#[async_trait]
pub trait BlobStoreFactory: Any + Debug + Send + Sync {
    /// The value of `BLOB_STORE` that picks it.
    fn name() -> &'static str
    where
        Self: Sized;

    /// The variables that [`read`](Self::read) reads.
    #[must_use]
    fn variables() -> Vec<Variable>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// Reads its settings. Faults go to the reader, which reports all of them together.
    fn read(reader: &mut Reader<'_>) -> Self
    where
        Self: Sized;

    /// Opens the store. To be closed at the end of the process, it adds a hook to `context.shutdown`.
    async fn open(&self, context: &mut OpenContext) -> Result<OpenBlobStore, StartError>;

    /// What `file-manager doctor` checks before it opens the store; nothing by default.
    fn checkup(&self, _context: &OpenContext) -> Option<Box<dyn Checkup>> {
        None
    }
}

/// An open blob store, and what it can do beyond the least.
pub struct OpenBlobStore {
    /// The store.
    pub store: Arc<dyn BlobStore>,
    /// Writes a blob over many requests. Without it, resumable uploads must be switched off.
    pub resumable: Option<Arc<dyn ResumableStore>>,
    /// Puts blobs together out of parts that clients send. Without it, direct uploads must be switched off.
    pub direct: Option<OpenDirect>,
    /// Lists it. Without it, `sweep --orphans` is refused and `verify` finds no orphans.
    pub lister: Option<Arc<dyn ListBlobs>>,
    /// Signs URLs by which clients download from the store itself. Without it, the program signs links to itself and
    /// serves the bytes.
    pub links: Option<Arc<dyn SignDownload>>,
    /// The origins of the URLs that `links` signs: `https://store.example`. Pages of the console read files from these alone.
    pub origins: Vec<String>,
}

/// How a store gets the parts of direct uploads.
pub enum OpenDirect {
    /// Clients send them to the store, by requests that it signs.
    Signed(Arc<dyn DirectStore>, Arc<dyn SignParts>),
    /// Clients send them to the program, which signs the requests and writes the parts.
    Received(Arc<dyn DirectStore>, Arc<dyn PartReceiver>),
}

impl OpenBlobStore {
    /// A store that does the least; set the fields for what it can do beyond.
    #[must_use]
    pub fn new(store: Arc<dyn BlobStore>) -> Self {
        Self { store, resumable: None, direct: None, lister: None, links: None, origins: Vec::new() }
    }
}

/// The settings of a session store, which open it. `Debug` must not show secrets: keep them as [`Secret`].
#[async_trait]
pub trait SessionStoreFactory: Any + Debug + Send + Sync {
    /// The value of `SESSION_STORE` that picks it.
    fn name() -> &'static str
    where
        Self: Sized;

    /// The variables that [`read`](Self::read) reads.
    #[must_use]
    fn variables() -> Vec<Variable>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// Reads its settings. Faults go to the reader, which reports all of them together.
    fn read(reader: &mut Reader<'_>) -> Self
    where
        Self: Sized;

    /// Opens the store; `database` is open already. To be closed at the end of the process, it adds a hook to
    /// `context.shutdown`.
    async fn open(
        &self,
        context: &mut OpenContext,
        database: &OpenDatabase,
    ) -> Result<Arc<dyn SessionStore>, StartError>;

    /// Whether its sessions live in the memory of one process, where no command reaches them.
    fn is_of_one_process(&self, _database: &dyn DatabaseFactory) -> bool {
        false
    }

    /// What tells other nodes that sessions ended. Without it no node has copies of sessions, and every request asks the
    /// store.
    fn signal(&self, _context: &OpenContext, _database: &OpenDatabase) -> Option<Arc<dyn SessionSignal>> {
        None
    }
}

/// The settings of a database, which open and migrate it. `Debug` must not show secrets: keep them as [`Secret`].
#[async_trait]
pub trait DatabaseFactory: Any + Debug + Send + Sync {
    /// The schemes of `DATABASE_URL` that pick it, without the colon: `["postgres", "postgresql"]`.
    fn schemes() -> &'static [&'static str]
    where
        Self: Sized;

    /// The variables that [`read`](Self::read) reads.
    #[must_use]
    fn variables() -> Vec<Variable>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// Takes the URL, and reads its other settings. Faults go to the reader, which reports all of them together.
    fn read(url: &Secret, reader: &mut Reader<'_>) -> Self
    where
        Self: Sized;

    /// Which processes can share it.
    fn scope(&self) -> DatabaseScope;

    /// Refuses what can't work however it is configured behind the URL, before anything of the database is changed or
    /// locked; nothing by default. An error that is no [configuration fault](StartError::is_configuration) ends a command
    /// that migrates; others go on, for the database may be there later.
    async fn check(&self) -> Result<(), StartError> {
        Ok(())
    }

    /// Its migrations; none by default.
    fn migrations(&self) -> Result<Box<dyn Migrations>, StartError> {
        Ok(Box::new(NoMigrations))
    }

    /// Opens the database; pending migrations were applied before, if they are to be. To be closed at the end of the
    /// process, it adds a hook to `context.shutdown`.
    async fn open(&self, context: &mut OpenContext) -> Result<OpenDatabase, StartError>;

    /// What `file-manager doctor` checks before it opens the database; nothing by default.
    fn checkup(&self, _context: &OpenContext) -> Option<Box<dyn Checkup>> {
        None
    }
}

/// Which processes can share a database. It decides where the secret that signs tokens comes from when none is
/// configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseScope {
    /// One process, which loses it at its end. The secret is generated at each start; a worker of its own is refused.
    Process,
    /// The processes of one machine. The secret is generated once and stored in `DATA_DIR`.
    Machine,
    /// Any number of machines. The secret must be configured.
    Cluster,
}

/// An open database and what belongs to it.
pub struct OpenDatabase {
    /// The database.
    pub database: Arc<dyn Database>,
    /// Wakes workers when a job was committed.
    pub signal: Arc<dyn JobSignal>,
    /// The sessions in it, for `SESSION_STORE=database`. Without it, another session store must be configured.
    pub sessions: Option<Arc<dyn SessionStore>>,
    /// Tells other nodes that these sessions ended. Without it no node has copies of them.
    pub session_signal: Option<Arc<dyn SessionSignal>>,
    /// The same database, where it can be moved. Without it, `export` and `import` are refused.
    pub archive: Option<Arc<dyn Archive>>,
}

impl OpenDatabase {
    /// A database that stores no sessions; set the field where it does.
    #[must_use]
    pub fn new(database: Arc<dyn Database>, signal: Arc<dyn JobSignal>) -> Self {
        Self { database, signal, sessions: None, session_signal: None, archive: None }
    }
}

/// One migration, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name.
    pub name: String,
    /// Whether it was applied.
    pub applied: bool,
}

/// Changes and shows the structure of a database.
#[async_trait]
pub trait Migrations: Send + Sync {
    /// Applies all that are pending; their names in order.
    async fn up(&self) -> Result<Vec<String>, MigrateError>;

    /// Reverts the latest one; its name.
    async fn down(&self) -> Result<Option<String>, MigrateError>;

    /// All of them, in order. It creates nothing.
    async fn status(&self) -> Result<Vec<MigrationState>, MigrateError>;

    /// Those that the database has and this program does not know, because a newer one applied them; none by default.
    async fn unknown(&self) -> Result<Vec<String>, MigrateError> {
        Ok(Vec::new())
    }
}

/// For databases without a structure to be migrated.
struct NoMigrations;

#[async_trait]
impl Migrations for NoMigrations {
    async fn up(&self) -> Result<Vec<String>, MigrateError> {
        Ok(Vec::new())
    }

    async fn down(&self) -> Result<Option<String>, MigrateError> {
        Ok(None)
    }

    async fn status(&self) -> Result<Vec<MigrationState>, MigrateError> {
        Ok(Vec::new())
    }
}
