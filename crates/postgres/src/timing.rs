//! How long the program waits for the server, in one place: an outer limit must leave room for those inside it.
//!
//! ```text
//! a walk over the hosts   one look-up per host, one attempt per address, CONNECT each
//! a new connection        a walk, then SETUP
//! a checkout              PgLimits::checkout for a free slot (a whole new connection while one is being made), then a
//!                         connection: from the pool, or new
//! BEGIN                   a checkout, then BEGIN_ANSWER
//! a statement             PgLimits::statement in the server, then ANSWER_GRACE
//! ```

use std::time::Duration;

/// How long one address of a host may take for all of connecting: TCP, TLS, start-up and the check of
/// `target_session_attrs`. The look-up of a host's name has the same limit. `connect_timeout` of the URL replaces it.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);

/// How long the server may take for the settings of a new connection, and for LISTEN.
pub(crate) const SETUP: Duration = Duration::from_secs(5);

/// A dropped attempt that took longer counts as failed: the next walk begins behind its host, so that requests whose
/// clients wait for less than [`CONNECT`] find another host all the same.
pub(crate) const SUSPICIOUS: Duration = Duration::from_secs(1);

/// A point read that is dropped after so long without an answer takes its shared connection out of use: a server that
/// hangs is left also where every client gives up before the limit of a statement, as readiness does after 3 s.
pub(crate) const UNANSWERED: Duration = Duration::from_secs(2);

/// How long the answer to BEGIN may take, which asks nothing of a server that is well.
pub(crate) const BEGIN_ANSWER: Duration = Duration::from_secs(10);

/// How long the answer to a statement may take beyond the server's own limit: only a server that hangs takes so long.
pub(crate) const ANSWER_GRACE: Duration = Duration::from_secs(5);

/// How long the server may leave what we sent unacknowledged before its connection counts as dead.
pub(crate) const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

/// How long a connection may be idle before TCP asks whether its peer is there.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(30);

/// How often a connection that listens asks whether its server is there, and how long the answer may take.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long a migration waits for its turn: other nodes may be migrating.
pub(crate) const MIGRATION_TURN: Duration = Duration::from_mins(10);

/// How often it looks whether it is its turn, and how often it says that it waits.
pub(crate) const MIGRATION_POLL: Duration = Duration::from_millis(250);
pub(crate) const MIGRATION_REPORT: Duration = Duration::from_secs(10);

/// `lock_timeout` of migrations: how long one statement of a migration waits for a lock on a table.
pub(crate) const MIGRATION_LOCK: Duration = Duration::from_mins(1);

/// How long a change of the seal tries to get its locks: longer than a unit of work may lie idle.
pub(crate) const SEAL: Duration = Duration::from_mins(1);

/// `lock_timeout` of the first try of a lock of the seal, for which writers of the table may have to wait.
pub(crate) const SEAL_FIRST_LOCK: Duration = Duration::from_millis(250);

/// `lock_timeout` of later tries: longer than `deadlock_timeout` (1 s), after which the server ends an autovacuum that is in the way.
pub(crate) const SEAL_LONGEST_LOCK: Duration = Duration::from_secs(2);

/// How long a statement of a snapshot or of a unit of rows may take: some of them read all rows of the largest tables.
pub(crate) const ARCHIVE_STATEMENT: Duration = Duration::from_hours(1);
