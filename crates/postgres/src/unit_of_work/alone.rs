//! Statements that a unit sends outside of its transaction, each of which is one by itself.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use fm_domain::error::{Cause, PortError, PortResult};
use futures_util::future::BoxFuture;
use tokio::time::error::Elapsed;

use super::PgUnitOfWork;
use crate::error::is_loss;
use crate::sql::fixed;

/// The tries of one statement.
struct Tries {
    /// How many connections may still turn out to be dead. After as many as there were one is new.
    left: usize,
    /// How the last of them was lost.
    lost: Option<Cause>,
}

impl PgUnitOfWork {
    /// Asks a question. It needs no transaction where none has begun (READ COMMITTED), and is asked again then where its
    /// connection turns out to be dead. The connection is the unit's own: it may take as long as any statement.
    pub(crate) async fn ask<T>(
        &mut self,
        question: impl Fn(&mut AsyncPgConnection) -> BoxFuture<'_, QueryResult<T>>,
    ) -> PortResult<T> {
        if !self.is_untouched() {
            return self.run(question).await;
        }
        let mut tries = self.tries();
        loop {
            let answer = self.lease.run(&question).await;
            if let Some(answer) = self.answered(answer, &mut tries).await? {
                return Ok(answer);
            }
        }
    }

    /// Runs one statement that may be run twice; how many rows it changed. It is the transaction of a unit of one call.
    pub(crate) async fn run_repeatable<Q>(&mut self, statement: Q) -> PortResult<usize>
    where
        Q: QueryFragment<Pg> + Send + Sync,
    {
        if !self.is_single || !self.is_untouched() {
            return self.run(|connection| fixed(&statement).execute(connection)).await;
        }
        let outcome = self.run_alone(&statement).await?;
        self.changed(outcome)
    }

    /// Whether the call of a unit of one call can be a transaction by itself, with what was deferred.
    pub(crate) fn is_call_alone(&self) -> bool {
        self.is_single && !self.has_begun && self.lease.is_sound() && self.goes_with_a_call()
    }

    /// Runs this call, with what was deferred: a row is added only where the call changes one. How many it changed. It may be run twice.
    pub(crate) async fn run_call<Q>(&mut self, call: Q) -> PortResult<usize>
    where
        Q: QueryFragment<Pg> + Send + Sync,
    {
        let call = self.with_call(call);
        let outcome = self.run_alone(&call).await?;
        self.changed(outcome)
    }

    /// How many rows a statement has changed that may have been run twice.
    fn changed(&mut self, outcome: (usize, Option<Cause>)) -> PortResult<usize> {
        match outcome {
            // A run whose answer was lost may have changed all that there was to change.
            (0, Some(lost)) => self.understood(Err(PortError::Unavailable(lost))),
            (changed, _lost) => Ok(changed),
        }
    }

    /// Commits what was deferred where nothing else was sent.
    pub(super) async fn commit_deferred(&mut self) -> PortResult<()> {
        let Some(writes) = self.all_deferred() else { return Ok(()) };
        self.run_alone(&writes).await.map(|_changed| ())
    }

    /// Runs one statement that is a transaction by itself; how many rows it changed, and how a run before was lost.
    ///
    /// It is sent again where its connection turns out to be dead. Whether it was run all the same is unknown then: where the
    /// second run fails, because it meets rows of the first, the loss is what is told.
    async fn run_alone<Q>(&mut self, statement: &Q) -> PortResult<(usize, Option<Cause>)>
    where
        Q: QueryFragment<Pg> + Sync,
    {
        let mut tries = self.tries();
        loop {
            let changed = self.lease.run(|connection| fixed(statement).execute(connection)).await;
            if let Some(changed) = self.answered(changed, &mut tries).await? {
                return Ok((changed, tries.lost));
            }
        }
    }

    fn tries(&self) -> Tries {
        Tries { left: self.pool.size(), lost: None }
    }

    /// The answer; `None` where it was lost with its connection, and another is in the place of that.
    async fn answered<T>(&mut self, answer: PortResult<T>, tries: &mut Tries) -> PortResult<Option<T>> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(PortError::Unavailable(cause)) if tries.left > 0 && is_lost(&cause) => {
                tries.left -= 1;
                self.replace_lease(&cause).await?;
                tries.lost = Some(cause);
                Ok(None)
            }
            Err(PortError::Unavailable(cause)) if cause.is::<Elapsed>() => {
                // The server hangs, and with it the other connections to it.
                self.pool.close_idle();
                Err(PortError::Unavailable(cause))
            }
            Err(error) => Err(tries.lost.take().map_or(error, PortError::Unavailable)),
        }
    }
}

/// Whether a statement failed with its connection.
fn is_lost(cause: &Cause) -> bool {
    cause.downcast_ref::<diesel::result::Error>().is_some_and(is_loss)
}
