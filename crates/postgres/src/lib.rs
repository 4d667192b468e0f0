//! Users, drives, files, blobs, keys, uploads, jobs, the audit trail and sessions in PostgreSQL, without libpq.
//!
//! Everything hangs on one [`PgPool`]: [`PgDatabase`] and [`PgSessionStore`] share its connections. [`PgJobSignal`]
//! and [`PgSessionSignal`] listen on a connection of their own each, and [`PgMigrations`] works on one for as long as it needs.
//!
//! Two kinds of connection serve two kinds of question. A unit of work, a list and every write has a pooled
//! connection to itself. Point reads, of which every request makes some, share a few connections on which questions
//! are sent without waiting for the answers before them ([`PgLimits::shared`]): no checkout, fewer system calls. Reads of
//! accounts that come at the same time are one statement.
//!
//! Every statement is prepared once per connection, and a unit of work makes as few as it can.

#[cfg(test)]
extern crate self as fm_postgres;

mod access;
mod address;
mod archive;
mod audit;
mod blobs;
mod checks;
mod children;
mod claim;
mod contents;
mod database;
mod directory;
mod drives;
mod error;
mod facts;
mod files;
mod gather;
mod hosts;
mod jobs;
mod keys;
mod keyset;
mod lease;
mod list;
mod listener;
mod migrations;
mod nodes;
mod operations;
mod options;
mod place;
#[cfg(test)]
mod plans;
mod pool;
mod pooling;
mod previews;
mod read;
mod rows;
mod schema;
mod seal;
mod session_signal;
mod sessions;
mod shared;
mod signal;
mod sql;
mod subtree;
mod timing;
mod tls;
mod trash;
mod tree;
mod turns;
mod unit_of_work;
mod uploads;
mod users;
mod value;
mod versions;
mod walks;

pub use address::{InvalidAddress, PgAddress};
pub use database::PgDatabase;
pub use facts::{PgFacts, PgRights, PgTimeouts};
pub use migrations::{MigrationError, MigrationState, PgMigrations};
pub use pool::{PgLimits, PgPool};
pub use pooling::TRANSACTION_POOLING;
pub use read::PgReadRepos;
pub use session_signal::PgSessionSignal;
pub use sessions::PgSessionStore;
pub use signal::PgJobSignal;
pub use unit_of_work::PgUnitOfWork;
