//! The unit of work: one transaction on one connection.

mod alone;
mod deferred;

use async_trait::async_trait;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use fm_domain::blobs::StoredBlob;
use fm_domain::body::ByteSize;
use fm_domain::database::{EnterWithBlob, UnitOfWork};
use fm_domain::error::{Cause, PortError, PortResult, chain};
use fm_domain::ids::{BlobId, DriveId};
use fm_domain::tree::{Delta, Entered, Seq};
use tokio::time::error::Elapsed;
use uuid::Uuid;

use crate::error::is_of_notify;
use crate::lease::{BEGIN, PgLease};
use crate::pool::PgPool;
use crate::signal::COMMIT_AND_NOTIFY;
use crate::turns::Turns;

use self::deferred::Deferred;
pub(crate) use self::deferred::Target;

/// A transaction and all of its repos.
///
/// It begins with the first statement that needs it: a unit that only asks, outside of any lock, needs none, and one that
/// makes one write is that statement alone.
///
/// Writes whose outcome no caller looks at are deferred: they are sent in the next statement that may go together with
/// them, before any other, or by the commit. So each of them saves a round trip, and fails no later than the commit.
pub struct PgUnitOfWork {
    pool: PgPool,
    lease: PgLease,
    /// Whether it has one call, which is a transaction by itself where that is one statement.
    is_single: bool,
    has_begun: bool,
    enqueued: bool,
    pub(crate) turns: Turns,
    /// The drives that it has entered, with the numbers of its changes.
    pub(crate) entered: Vec<(DriveId, Seq)>,
    /// The row that its one call changes, with the version of it that was found and not locked.
    pub(crate) found: Option<(Uuid, String)>,
    deferred: Vec<Deferred>,
}

impl PgUnitOfWork {
    pub(crate) const fn new(pool: PgPool, lease: PgLease, turns: Turns) -> Self {
        Self {
            pool,
            lease,
            is_single: false,
            has_begun: false,
            enqueued: false,
            turns,
            entered: Vec::new(),
            found: None,
            deferred: Vec::new(),
        }
    }

    /// A unit of one call.
    pub(crate) fn single(pool: PgPool, lease: PgLease, turns: Turns) -> Self {
        Self { is_single: true, ..Self::new(pool, lease, turns) }
    }

    /// Whether it has one call.
    pub(crate) const fn is_single(&self) -> bool {
        self.is_single
    }

    /// Whether it has changed, locked and begun nothing: what it asks then may be asked without a transaction, each statement
    /// of which sees what was committed before it anyway (READ COMMITTED).
    pub(crate) fn is_untouched(&self) -> bool {
        !self.has_begun && self.deferred.is_empty() && self.lease.is_sound()
    }

    /// Begins the transaction by these statements, unless it has begun.
    ///
    /// After the server was restarted every pooled connection may be dead without knowing it yet. Each that turns out to be
    /// is replaced: nothing was sent on it before. So after as many tries as there were connections one is new. A server
    /// that does not answer in time is another matter: it would not answer the next either.
    pub(crate) async fn begin_by(&mut self, statements: &str) -> PortResult<()> {
        if self.has_begun {
            return Ok(());
        }
        if !self.lease.is_sound() {
            return Err(PortError::Poisoned);
        }
        let mut tries = self.pool.size() + 1;
        loop {
            tries -= 1;
            match self.lease.begin_by(statements).await {
                Err(PortError::Unavailable(cause)) if tries > 0 && !cause.is::<Elapsed>() => {
                    self.replace_lease(&cause).await?;
                }
                Err(PortError::Unavailable(cause)) if cause.is::<Elapsed>() => {
                    // The server hangs, and with it the other connections to it.
                    self.pool.close_idle();
                    return Err(PortError::Unavailable(cause));
                }
                begun => {
                    self.has_begun = begun.is_ok();
                    return begun;
                }
            }
        }
    }

    async fn replace_lease(&mut self, cause: &Cause) -> PortResult<()> {
        tracing::debug!(error = %cause, "a pooled connection to PostgreSQL was dead");
        self.lease.replace(&self.pool).await
    }

    /// Runs one statement, and keeps in mind whether it failed.
    pub(crate) async fn run<'u, T, A>(
        &'u mut self,
        statement: impl FnOnce(&'u mut AsyncPgConnection) -> A,
    ) -> PortResult<T>
    where
        A: Future<Output = QueryResult<T>>,
    {
        self.begin_by(BEGIN).await?;
        self.send_deferred().await?;
        self.lease.run(statement).await
    }

    /// Runs plain SQL.
    pub(crate) async fn run_batch(&mut self, statements: &str) -> PortResult<()> {
        self.begin_by(BEGIN).await?;
        self.send_deferred().await?;
        if !self.lease.is_sound() {
            return Err(PortError::Poisoned);
        }
        self.lease.batch(statements).await
    }

    /// What was made of an answer: an error poisons the unit, as a failed statement does.
    pub(crate) fn understood<T>(&mut self, read: PortResult<T>) -> PortResult<T> {
        self.lease.understood(read)
    }

    /// One message, so that notifying costs no round trip. A NOTIFY inside the transaction would make it take a lock that all
    /// notifying commits of the server queue up for while they wait for the disk; behind the commit, as a transaction of its own, it
    /// holds that lock for no time. If it is lost, waiting workers look for themselves in a while.
    async fn commit_and_notify(&mut self) -> PortResult<()> {
        match self.lease.batch(COMMIT_AND_NOTIFY).await {
            // The commit was made before. The connection is not used again.
            Err(error) if is_of_notify(&error) => {
                tracing::warn!(error = chain(&error), "workers were not notified of a job");
                Ok(())
            }
            committed => committed,
        }
    }

    /// A job was added: workers are woken once it is committed.
    pub(crate) const fn wake_on_commit(&mut self) {
        self.enqueued = true;
    }
}

impl std::fmt::Debug for PgUnitOfWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgUnitOfWork")
            .field("has_begun", &self.has_begun)
            .field("enqueued", &self.enqueued)
            .field("deferred", &self.deferred)
            .finish_non_exhaustive()
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
        if !self.has_begun {
            return self.commit_deferred().await;
        }
        self.send_deferred().await?;
        if self.enqueued {
            self.commit_and_notify().await?;
        } else {
            self.lease.batch("COMMIT").await?;
        }
        self.lease.end();
        Ok(())
    }

    async fn rollback(mut self: Box<Self>) -> PortResult<()> {
        if !self.has_begun || !self.lease.is_sound() {
            // Nothing was sent; or the connection is closed with the lease, and that is as good as a rollback.
            return Ok(());
        }
        self.lease.batch("ROLLBACK").await?;
        self.lease.end();
        Ok(())
    }

    async fn enter_with_blob(
        &mut self,
        blob: BlobId,
        stored: &StoredBlob,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterWithBlob> {
        let entered = self.enter_storing((blob, stored), drive, delta, quota).await?;
        entered.ok_or(EnterWithBlob::NoIntent)
    }
}
