//! A pooled connection that one caller has alone for a while.

use std::time::Duration;

use diesel::QueryResult;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use fm_domain::error::{PortError, PortResult};
use tokio::sync::OwnedSemaphorePermit;

use crate::pool::{PgPool, in_time};
use crate::timing::BEGIN_ANSWER;

/// What a transaction begins by.
pub(crate) const BEGIN: &str = "BEGIN";

/// How the last statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Without an error.
    Answered,
    /// It has no answer yet, or its future was dropped before the answer: what it did is unknown.
    Asked,
    /// With an error.
    Failed,
}

impl Last {
    const fn of<T>(answer: &PortResult<T>) -> Self {
        if answer.is_ok() { Self::Answered } else { Self::Failed }
    }
}

/// A pooled connection.
///
/// It goes back to the pool only if it is clean: no transaction open, every statement answered. Any other is taken
/// out of the pool and closed, so that the server rolls back and frees its locks at once, rather than when the
/// connection happens to be used next.
pub(crate) struct PgLease {
    connection: Option<Object<AsyncPgConnection>>,
    /// Given back after the connection.
    _slot: OwnedSemaphorePermit,
    limit: Duration,
    last: Last,
    in_transaction: bool,
}

impl PgLease {
    pub(crate) const fn new(
        connection: Object<AsyncPgConnection>,
        slot: OwnedSemaphorePermit,
        limit: Duration,
    ) -> Self {
        Self { connection: Some(connection), _slot: slot, limit, last: Last::Answered, in_transaction: false }
    }

    /// Statements may take so long from now on; the server has a limit of its own.
    pub(crate) const fn allow(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Whether everything asked so far was answered without an error.
    pub(crate) const fn is_sound(&self) -> bool {
        matches!(self.last, Last::Answered)
    }

    /// Begins a transaction. From here on the connection is clean only after a [`PgLease::end`].
    pub(crate) async fn begin(&mut self) -> PortResult<()> {
        self.begin_by(BEGIN).await
    }

    /// The same by these statements, of which the first is [`BEGIN`].
    pub(crate) async fn begin_by(&mut self, statements: &str) -> PortResult<()> {
        self.in_transaction = true;
        self.batch_within(self.limit.min(BEGIN_ANSWER), statements).await
    }

    /// Takes another connection in place of this one, which is dead.
    pub(crate) async fn replace(&mut self, pool: &PgPool) -> PortResult<()> {
        if let Some(dead) = self.connection.take() {
            drop(Object::take(dead));
        }
        self.connection = Some(pool.connection().await?);
        self.last = Last::Answered;
        self.in_transaction = false;
        Ok(())
    }

    /// The transaction has ended.
    pub(crate) const fn end(&mut self) {
        self.in_transaction = false;
    }

    /// Runs one statement, and keeps in mind how it ended. After a failed one there are no more: the server would
    /// refuse them.
    pub(crate) async fn run<'u, T, A>(
        &'u mut self,
        statement: impl FnOnce(&'u mut AsyncPgConnection) -> A,
    ) -> PortResult<T>
    where
        A: Future<Output = QueryResult<T>>,
    {
        let Self { connection: Some(connection), limit, last, .. } = self else {
            return Err(PortError::Poisoned);
        };
        if !matches!(last, Last::Answered) {
            return Err(PortError::Poisoned);
        }
        *last = Last::Asked;
        let answer = in_time(*limit, statement(connection)).await;
        *last = Last::of(&answer);
        answer
    }

    /// What was made of an answer. One that can't be understood is a failure like any other.
    pub(crate) fn understood<T>(&mut self, read: PortResult<T>) -> PortResult<T> {
        if read.is_err() {
            self.last = Last::Failed;
        }
        read
    }

    /// Sends plain SQL, even after a failed statement.
    pub(crate) async fn batch(&mut self, sql: &str) -> PortResult<()> {
        self.batch_within(self.limit, sql).await
    }

    async fn batch_within(&mut self, limit: Duration, sql: &str) -> PortResult<()> {
        self.last = Last::Asked;
        let Some(connection) = self.connection.as_mut() else { return Err(PortError::Poisoned) };
        let answer = in_time(limit, connection.batch_execute(sql)).await;
        self.last = Last::of(&answer);
        answer
    }
}

impl Drop for PgLease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && (self.in_transaction || !self.is_sound())
        {
            drop(Object::take(connection));
        }
    }
}
