//! Migrations: how the tables come to be, and go.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::migration::{Migration, MigrationSource as _};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use fm_domain::error::Cause;
use tokio::time::sleep;

use crate::address::PgAddress;
use crate::timing::{MIGRATION_LOCK, MIGRATION_POLL, MIGRATION_REPORT, MIGRATION_TURN};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Held by the node that migrates, so that nodes that start at the same time migrate one after the other. It is freed
/// with the connection. The node asks for it again and again: a lock that is waited for can't tell that it is.
const LOCK: &str = "SELECT pg_try_advisory_lock(hashtext('file-manager migrations')) AS locked";

/// What `LOCK` answers.
#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

/// One migration, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name: `20261123000001_users`.
    pub name: String,
    /// Whether it was run.
    pub applied: bool,
}

/// Why the database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// It is out of reach.
    #[error("the database is out of reach")]
    Unavailable(#[source] Cause),
    /// Another process migrates it, or did and left its connection open.
    #[error(
        "another connection still has the lock of the migrations after {0:?}: look for it in pg_locks (locktype 'advisory'), \
         and end it by pg_terminate_backend"
    )]
    Locked(Duration),
    /// A migration failed; those before it stay. It left nothing behind, or an index that is not valid where it builds one `CONCURRENTLY`.
    #[error("a migration failed")]
    Failed(#[source] Cause),
}

/// The migrations of the program, to be run on one database.
///
/// Each runs in a transaction of its own, unless its `metadata.toml` says otherwise. diesel's harness blocks the thread it works on
/// (`block_in_place`, which needs a multi-threaded runtime), and so all of this happens on a runtime of its own, on a thread for blocking
/// work: it may be called from any tokio runtime, those of actix's workers included.
#[derive(Debug, Clone)]
pub struct PgMigrations {
    address: PgAddress,
    turn: Duration,
}

type Harness = AsyncMigrationHarness<AsyncPgConnection>;

impl PgMigrations {
    /// Migrations of the database at `address`.
    #[must_use]
    pub const fn new(address: PgAddress) -> Self {
        Self { address, turn: MIGRATION_TURN }
    }

    /// Waits so long at most, rather than ten minutes, while another node migrates.
    #[must_use]
    pub const fn waiting_for(mut self, turn: Duration) -> Self {
        self.turn = turn;
        self
    }

    /// Runs every migration that the database lacks, and gives their names.
    pub async fn up(&self) -> Result<Vec<String>, MigrationError> {
        self.with_harness(|harness| {
            let mut run = Vec::new();
            for migration in harness.pending_migrations(MIGRATIONS)? {
                run.push(migration.name().to_string());
                harness.run_migration(&migration)?;
            }
            Ok(run)
        })
        .await
    }

    /// Takes back the `steps` latest migrations, and gives their names, the latest first.
    pub async fn down(&self, steps: usize) -> Result<Vec<String>, MigrationError> {
        self.with_harness(move |harness| {
            let mut known = sorted()?;
            let mut reverted = Vec::new();
            for version in harness.applied_migrations()?.into_iter().take(steps) {
                let found = known.iter().position(|migration| migration.name().version() == version);
                let migration =
                    known.remove(found.ok_or_else(|| format!("{version} is not known to this program"))?);
                harness.revert_migration(&migration)?;
                reverted.push(migration.name().to_string());
            }
            Ok(reverted)
        })
        .await
    }

    /// All migrations, in the order in which they run. Nothing is created, and no lock is taken.
    pub async fn status(&self) -> Result<Vec<MigrationState>, MigrationError> {
        let applied = self.recorded().await?;
        let known = sorted().map_err(MigrationError::Failed)?;
        let states = known.iter().map(|migration| MigrationState {
            name: migration.name().to_string(),
            applied: applied.contains(&migration.name().version().to_string()),
        });
        Ok(states.collect())
    }

    /// The versions of migrations that the database has and this program does not know, in order: a newer program ran them.
    pub async fn unknown(&self) -> Result<Vec<String>, MigrationError> {
        let mut recorded = self.recorded().await?;
        for migration in sorted().map_err(MigrationError::Failed)? {
            recorded.remove(&migration.name().version().to_string());
        }
        let mut unknown: Vec<String> = recorded.into_iter().collect();
        unknown.sort();
        Ok(unknown)
    }

    /// The versions that the database has; none while it lacks the table of them.
    async fn recorded(&self) -> Result<HashSet<String>, MigrationError> {
        let unavailable = |error: diesel::result::Error| MigrationError::Unavailable(Box::new(error));
        let connection = self.address.connect("SET statement_timeout = 10000").await;
        let mut connection = connection.map_err(|error| MigrationError::Unavailable(Box::new(error)))?;
        let table =
            diesel::sql_query("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS is_there");
        let Table { is_there } = table.get_result(&mut connection).await.map_err(unavailable)?;
        if !is_there {
            return Ok(HashSet::new());
        }
        let rows = diesel::sql_query("SELECT version FROM __diesel_schema_migrations");
        let rows: Vec<Row> = rows.load(&mut connection).await.map_err(unavailable)?;
        Ok(rows.into_iter().map(|row| row.version).collect())
    }

    /// The names of the migrations that the database lacks.
    pub async fn pending(&self) -> Result<Vec<String>, MigrationError> {
        let all = self.status().await?;
        Ok(all.into_iter().filter(|state| !state.applied).map(|state| state.name).collect())
    }

    /// The names of the migrations that the database has.
    pub async fn applied(&self) -> Result<Vec<String>, MigrationError> {
        let all = self.status().await?;
        Ok(all.into_iter().filter(|state| state.applied).map(|state| state.name).collect())
    }

    async fn with_harness<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Harness) -> Result<T, Cause> + Send + 'static,
    ) -> Result<T, MigrationError> {
        let Self { address, turn } = self.clone();
        let apart = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            let runtime = runtime.map_err(|error| MigrationError::Failed(Box::new(error)))?;
            runtime.block_on(async {
                let connection = address.connect(&setup()).await;
                let mut connection =
                    connection.map_err(|error| MigrationError::Unavailable(Box::new(error)))?;
                lock(&mut connection, turn).await?;
                work(&mut AsyncMigrationHarness::new(connection)).map_err(MigrationError::Failed)
            })
        });
        apart.await.unwrap_or_else(|panicked| Err(MigrationError::Failed(Box::new(panicked))))
    }
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Bool)]
    is_there: bool,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    version: String,
}

/// A migration takes as long as it needs, but does not wait for a table that others use for long.
fn setup() -> String {
    format!("SET statement_timeout = 0; SET lock_timeout = {}", MIGRATION_LOCK.as_millis())
}

async fn lock(connection: &mut AsyncPgConnection, turn: Duration) -> Result<(), MigrationError> {
    let started = Instant::now();
    let mut reported: Option<Instant> = None;
    loop {
        let answered = diesel::sql_query(LOCK).get_result::<Locked>(connection).await;
        if answered.map_err(|error| MigrationError::Unavailable(Box::new(error)))?.locked {
            return Ok(());
        }
        if started.elapsed() >= turn {
            return Err(MigrationError::Locked(turn));
        }
        if reported.is_none_or(|at| at.elapsed() >= MIGRATION_REPORT) {
            tracing::info!(waited = ?started.elapsed(), at_most = ?turn, "another node migrates the database: waiting");
            reported = Some(Instant::now());
        }
        sleep(MIGRATION_POLL).await;
    }
}

/// Every migration, in order.
fn sorted() -> Result<Vec<Box<dyn Migration<Pg>>>, Cause> {
    let mut migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations()?;
    migrations.sort_by(|one, other| one.name().version().cmp(&other.name().version()));
    Ok(migrations)
}
