//! The unit of work: one transaction on one connection.

use async_trait::async_trait;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};

use crate::claim::Turns;
use crate::lease::PgLease;
use crate::rows::AuditRow;
use crate::signal::NOTIFY;

/// A transaction and all of its repos.
///
/// Entries of the audit trail wait for the charge of a user, which is the last statement of a unit that has one: both are
/// sent together, so that an entry costs no round trip. The commit writes those that still wait.
pub struct PgUnitOfWork {
    lease: PgLease,
    enqueued: bool,
    pub(crate) turns: Turns,
    /// Entries that were not sent yet.
    pub(crate) entries: Vec<AuditRow>,
}

impl PgUnitOfWork {
    pub(crate) async fn begin(mut lease: PgLease, turns: Turns) -> PortResult<Self> {
        lease.begin().await?;
        Ok(Self { lease, enqueued: false, turns, entries: Vec::new() })
    }

    /// Runs one statement, and keeps in mind whether it failed.
    pub(crate) async fn run<'u, T, A>(
        &'u mut self,
        statement: impl FnOnce(&'u mut AsyncPgConnection) -> A,
    ) -> PortResult<T>
    where
        A: Future<Output = QueryResult<T>>,
    {
        self.lease.run(statement).await
    }

    /// Runs one statement, together with an entry that waits: neither depends on the other.
    pub(crate) async fn run_with_entry<'u, T, A>(
        &'u mut self,
        statement: impl FnOnce(&'u AsyncPgConnection) -> A,
    ) -> PortResult<T>
    where
        A: Future<Output = QueryResult<T>>,
    {
        let Some(row) = self.entries.pop() else {
            return self.lease.run(|connection| statement(connection)).await;
        };
        let (_, answer) = self.lease.run_pair(|connection| row.insert(connection), statement).await?;
        Ok(answer)
    }

    /// Writes the entries that wait.
    pub(crate) async fn write_entries(&mut self) -> PortResult<()> {
        for row in std::mem::take(&mut self.entries) {
            self.lease.run(|connection| row.insert(connection)).await?;
        }
        Ok(())
    }

    /// What was made of an answer: an error poisons the unit, as a failed statement does.
    pub(crate) fn understood<T>(&mut self, read: PortResult<T>) -> PortResult<T> {
        self.lease.understood(read)
    }

    /// A job was added: workers are woken once it is committed.
    pub(crate) const fn wake_on_commit(&mut self) {
        self.enqueued = true;
    }
}

impl std::fmt::Debug for PgUnitOfWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgUnitOfWork").field("enqueued", &self.enqueued).finish_non_exhaustive()
    }
}

#[async_trait]
impl UnitOfWork for PgUnitOfWork {
    async fn commit(mut self: Box<Self>) -> PortResult<()> {
        // The server answers COMMIT after a failed statement with success, although it has rolled back. What a
        // statement did is unknown when its caller stopped waiting for the answer: it may not have been sent at all.
        if !self.lease.is_sound() {
            return Err(PortError::Poisoned);
        }
        self.write_entries().await?;
        if self.enqueued {
            // Sent together, so that it costs no round trip. A NOTIFY inside the transaction would make it take a
            // lock that all notifying commits of the server queue up for while they wait for the disk; on its own
            // it holds that lock for no time. If it is lost, waiting workers look for themselves in a while.
            self.lease.batch_pair("COMMIT", NOTIFY).await?;
        } else {
            self.lease.batch("COMMIT").await?;
        }
        self.lease.end();
        Ok(())
    }

    async fn rollback(mut self: Box<Self>) -> PortResult<()> {
        if !self.lease.is_sound() {
            // The connection is closed with the lease, and that is as good as a rollback.
            return Ok(());
        }
        self.lease.batch("ROLLBACK").await?;
        self.lease.end();
        Ok(())
    }
}
