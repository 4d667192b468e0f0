//! Users, drives and what is in them, blobs, uploads, jobs, the audit trail and sessions in SQLite, the embedded default.
//!
//! One file is the database. One thread of its own writes to it, and some threads read it; callers wait
//! asynchronously, on any runtime, and may stop waiting at any moment.
//!
//! - A **unit of work** is one turn at the writer, from `BEGIN IMMEDIATE` to its end. Turns are taken in the order
//!   they were asked for; a process that waits for the file has it before the one that used it last. A unit that is dropped
//!   hangs up on the writer, which rolls back before it serves the next.
//! - **Reads** run on connections of their own, and see what was committed before each of them.
//! - **Durability**: write-ahead log with `synchronous=FULL`. With `NORMAL` a loss of power could take back commits
//!   that were answered already; with `FULL` each commit costs one `fdatasync` (`.cargo/config.toml` asks for it: SQLite's
//!   own choice is `fsync`, which is slower and no safer), and none is lost.
//!   Commits are not grouped. Both ways to do it break a promise: to put several units into one transaction makes
//!   the first wait for the end of the last, whose caller may be waiting for the first; to sync after the commit
//!   shows others what a loss of power can still take back.
//! - **Representation**: ids are the 16 bytes of their UUID, which sort as the ids do; times are microseconds since
//!   1970; hashes are 32 bytes. All tables are `STRICT`.
//!
//! The SQLite inside is the bundled one, so what it can do does not depend on the machine.

mod access;
mod archive;
mod database;
mod error;
mod facts;
mod migrations;
mod open;
mod queries;
mod readers;
mod repos;
mod rows;
mod schema;
mod seal;
mod sessions;
mod signal;
mod sql;
mod turns;
mod turnstile;
mod unit_of_work;
mod writer;

pub use database::{SqliteDatabase, SqliteReadRepos};
pub use error::LockedOut;
pub use facts::{SqliteFacts, facts, quick_check};
pub use migrations::{
    MigrateSqlite, MigrationState, migrate, migration_status, revert_last_migration, unknown_migrations,
};
pub use open::{COMMAND_LOCK_WAIT, OpenSqlite, REQUEST_LOCK_WAIT};
pub use sessions::SqliteSessionStore;
pub use signal::SqliteJobSignal;
pub use unit_of_work::SqliteUnitOfWork;
