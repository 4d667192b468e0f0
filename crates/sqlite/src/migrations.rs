//! Migrations, embedded in the program.

use std::collections::HashSet;
use std::path::Path;

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use fm_domain::error::Cause;

use crate::error::{LockedOut, is_locked};
use crate::open::{COMMAND_LOCK_WAIT, Location, OpenSqlite, REQUEST_LOCK_WAIT};
use crate::turnstile::Turnstile;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Why the schema was not moved. It is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum MigrateSqlite {
    /// The database was not opened.
    #[error(transparent)]
    Open(#[from] OpenSqlite),
    /// Another process had the file for too long.
    #[error(transparent)]
    Locked(#[from] LockedOut),
    /// A migration failed.
    #[error("the schema of the database can't be migrated")]
    Failed(#[source] Cause),
}

impl From<diesel::result::Error> for MigrateSqlite {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// One migration, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name, which is that of its folder: `20261123000001_users`.
    pub name: String,
    /// Whether it was run.
    pub applied: bool,
}

/// Runs every migration that the database at `path` does not have, all or none, and gives their names. Of several
/// processes that start at once one does it, and the others wait. A database that has them all is only read: no writer is
/// waited for. Blocks.
pub fn migrate(path: &Path) -> Result<Vec<String>, MigrateSqlite> {
    if migration_status(path)?.iter().all(|migration| migration.applied) {
        return Ok(Vec::new());
    }
    locked(path, |connection| {
        let pending = connection.pending_migrations(MIGRATIONS).map_err(MigrateSqlite::Failed)?;
        for migration in &pending {
            connection.run_migration(migration.as_ref()).map_err(MigrateSqlite::Failed)?;
        }
        Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
    })
}

/// Takes the latest migration back, and gives its name; `None` when there is nothing left to take back. Blocks.
pub fn revert_last_migration(path: &Path) -> Result<Option<String>, MigrateSqlite> {
    locked(path, |connection| {
        let applied = connection.applied_migrations().map_err(MigrateSqlite::Failed)?;
        let Some(last) = applied.into_iter().max_by_key(ToString::to_string) else { return Ok(None) };
        let known = known()?.into_iter().find(|migration| migration.name().version() == last);
        let Some(migration) = known else {
            return Err(MigrateSqlite::Failed(
                format!("this program does not know the migration {last}, the latest of the database").into(),
            ));
        };
        connection.revert_migration(migration.as_ref()).map_err(MigrateSqlite::Failed)?;
        Ok(Some(migration.name().to_string()))
    })
}

/// Every migration that this program knows, in order. Nothing is created, neither the file nor the table of migrations.
/// Blocks.
pub fn migration_status(path: &Path) -> Result<Vec<MigrationState>, MigrateSqlite> {
    let applied = recorded(path)?;
    let state = |migration: Box<dyn Migration<Sqlite>>| MigrationState {
        name: migration.name().to_string(),
        applied: applied.contains(&migration.name().version()),
    };
    Ok(known()?.into_iter().map(state).collect())
}

/// The versions of migrations that the database at `path` has and this program does not know, in order: a newer program ran
/// them. Nothing is created. Blocks.
pub fn unknown_migrations(path: &Path) -> Result<Vec<String>, MigrateSqlite> {
    let known = known()?;
    let is_known =
        |version: &MigrationVersion<'_>| known.iter().any(|known| known.name().version() == *version);
    let mut unknown: Vec<String> =
        recorded(path)?.iter().filter(|version| !is_known(version)).map(ToString::to_string).collect();
    unknown.sort();
    Ok(unknown)
}

/// The migrations that the database at `path` has.
fn recorded(path: &Path) -> Result<HashSet<MigrationVersion<'static>>, MigrateSqlite> {
    // An empty file is what a program that was killed at its first start leaves.
    if std::fs::metadata(path).map_or(true, |file| file.len() == 0) {
        return Ok(HashSet::new());
    }
    let location = Location::prepare(path, REQUEST_LOCK_WAIT)?;
    let mut connection = location.connect().map_err(|error| location.refused(error))?;
    let tables: Tables = diesel::sql_query(
        "SELECT count(*) AS count FROM sqlite_schema WHERE name = '__diesel_schema_migrations'",
    )
    .get_result(&mut connection)?;
    if tables.count == 0 {
        return Ok(HashSet::new());
    }
    Ok(connection.applied_migrations().map_err(MigrateSqlite::Failed)?.into_iter().collect())
}

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn known() -> Result<Vec<Box<dyn Migration<Sqlite>>>, MigrateSqlite> {
    let mut known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS).map_err(MigrateSqlite::Failed)?;
    known.sort_by_key(|migration| migration.name().to_string());
    Ok(known)
}

/// Holds the write lock around it all, so that two processes never migrate at once. It has its turn among the writers of a
/// service that runs, and waits for them as long as commands do: no client waits for it.
fn locked<R>(
    path: &Path,
    work: impl FnOnce(&mut SqliteConnection) -> Result<R, MigrateSqlite>,
) -> Result<R, MigrateSqlite> {
    let location = Location::prepare(path, COMMAND_LOCK_WAIT)?;
    let mut connection = location.connect().map_err(|error| location.refused(error))?;
    let mut turnstile = Turnstile::of(location.path());
    let turn = turnstile.enter();
    let worked = connection.immediate_transaction(|connection| {
        drop(turn);
        work(connection)
    });
    worked.map_err(|error| match error {
        MigrateSqlite::Failed(cause)
            if cause.downcast_ref::<diesel::result::Error>().is_some_and(is_locked) =>
        {
            location.locked_out(cause).into()
        }
        other => other,
    })
}

#[cfg(test)]
mod tests;
