//! Accounts by their ids, asked for together.
//!
//! Every request of a user reads their account, so this is the statement that the server sees most. While one such statement
//! is under way the questions that come wait, and leave together in the next: under load many requests cost one statement,
//! and without load a question waits for no other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Array, Bool, Uuid as SqlUuid};
use diesel::{Expression, QueryResult};
use diesel_async::RunQueryDsl;
use fm_domain::error::{Cause, PortError, PortResult};
use fm_domain::ids::UserId;
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};
use uuid::Uuid;

use crate::pool::PgPool;
use crate::rows::UserRow;
use crate::schema::users;
use crate::shared::{Shared, thread};
use crate::sql::of_any_row;
use crate::timing::UNANSWERED;

/// Accounts that one statement asks for at most.
const MOST: usize = 64;

type Found = PortResult<Option<UserRow>>;

struct Question {
    id: Uuid,
    answer: oneshot::Sender<Found>,
}

/// The questions of the threads that share a connection.
#[derive(Default)]
struct Lane {
    waiting: Vec<Question>,
    /// The task that asks, while there is one.
    asker: Option<Asker>,
    /// Where that task runs: it ends with the pool.
    tasks: JoinSet<()>,
}

struct Asker {
    task: AbortHandle,
    /// Since when it has waited for an answer.
    since: Instant,
}

/// All questions about accounts.
pub(crate) struct Gathered {
    lanes: Vec<Arc<Mutex<Lane>>>,
}

impl Gathered {
    /// As many lanes as there are connections, so that the statements of different connections don't wait for each other.
    pub(crate) fn new(lanes: usize) -> Self {
        Self { lanes: std::iter::repeat_with(Arc::default).take(lanes).collect() }
    }

    /// The user, unless they are marked as removed. What was committed before the call is seen.
    pub(crate) async fn find(&self, pool: &PgPool, id: UserId) -> Found {
        let lane = self.lanes.get(thread() % self.lanes.len().max(1));
        let lane = lane.ok_or_else(|| PortError::Unexpected("no lanes".into()))?;
        for _ in 0..2 {
            let (answer, answered) = oneshot::channel();
            ask(lane, pool, Question { id: id.uuid(), answer });
            let mut given_up = GivenUp { lane, is_answered: false };
            let found = answered.await;
            given_up.is_answered = true;
            // Without an answer its task was ended, because others had waited too long for the server.
            if let Ok(found) = found {
                return found;
            }
        }
        Err(PortError::Unavailable("the server left the statement without an answer".into()))
    }
}

/// Adds the question, and begins to ask where no task does.
fn ask(lane: &Arc<Mutex<Lane>>, pool: &PgPool, question: Question) {
    let mut locked = lock(lane);
    locked.waiting.push(question);
    if locked.asker.is_none() {
        let round = Round { lane: Arc::clone(lane), is_over: false };
        while locked.tasks.try_join_next().is_some() {}
        let task = locked.tasks.spawn(round.run(pool.clone()));
        locked.asker = Some(Asker { task, since: Instant::now() });
    }
}

/// The statements of a task, until no question is left.
struct Round {
    lane: Arc<Mutex<Lane>>,
    is_over: bool,
}

impl Round {
    async fn run(mut self, pool: PgPool) {
        // Requests that are ready to run ask first.
        tokio::task::yield_now().await;
        while let Some(batch) = self.next() {
            let mut ids: Vec<Uuid> = batch.iter().map(|question| question.id).collect();
            ids.sort_unstable();
            ids.dedup();
            answer(batch, rows(&pool, &ids).await);
        }
    }

    /// The questions to ask next; without any the round is over.
    fn next(&mut self) -> Option<Vec<Question>> {
        let mut lane = lock(&self.lane);
        lane.waiting.retain(|question| !question.answer.is_closed());
        if lane.waiting.is_empty() {
            lane.asker = None;
            self.is_over = true;
            return None;
        }
        if let Some(asker) = &mut lane.asker {
            asker.since = Instant::now();
        }
        let most = lane.waiting.len().min(MOST);
        Some(lane.waiting.drain(..most).collect())
    }
}

/// A task that ends early leaves its place to the next.
impl Drop for Round {
    fn drop(&mut self) {
        if !self.is_over {
            let mut lane = lock(&self.lane);
            lane.asker = None;
            lane.waiting.clear();
        }
    }
}

/// One who waits for an answer. When clients give up on a server that hangs, the statement is ended, and its connection is
/// taken out of use: those who come next would wait behind it.
struct GivenUp<'a> {
    lane: &'a Mutex<Lane>,
    is_answered: bool,
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        let asker = lock(self.lane).asker.as_ref().map(|asker| (asker.task.clone(), asker.since));
        if let Some((task, since)) = asker
            && since.elapsed() >= UNANSWERED
        {
            task.abort();
        }
    }
}

async fn rows(pool: &PgPool, ids: &[Uuid]) -> PortResult<Vec<UserRow>> {
    let load = |shared: Arc<Shared>| async move {
        let those = users::table.filter(OneOf(ids.to_vec())).filter(users::removed_at.is_null());
        those.select(UserRow::as_select()).load(&mut &**shared).await
    };
    pool.ask(load).await
}

/// A user is one of these. The array is the answer of a query: [`crate::sql`] says why.
#[derive(Debug, Clone)]
struct OneOf(Vec<Uuid>);

impl QueryFragment<Pg> for OneOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("users.id = ANY ((SELECT ");
        out.push_bind_param::<Array<SqlUuid>, Vec<Uuid>>(&self.0)?;
        out.push_sql(")::uuid[])");
        Ok(())
    }
}

impl Expression for OneOf {
    type SqlType = Bool;
}

of_any_row!(OneOf);

fn answer(batch: Vec<Question>, rows: PortResult<Vec<UserRow>>) {
    match rows {
        Ok(rows) => {
            let rows: HashMap<Uuid, UserRow> = rows.into_iter().map(|row| (row.id(), row)).collect();
            for question in batch {
                // No request waits any more where its receiver is gone.
                let _gone = question.answer.send(Ok(rows.get(&question.id).cloned()));
            }
        }
        Err(error) => {
            let copy = copies(error);
            for question in batch {
                let _gone = question.answer.send(Err(copy()));
            }
        }
    }
}

/// The same failure for each of those who asked together.
fn copies(error: PortError) -> impl Fn() -> PortError {
    type Shared = Arc<dyn std::error::Error + Send + Sync>;
    let kind: fn(Cause) -> PortError = match &error {
        PortError::Unavailable(_) => PortError::Unavailable,
        PortError::Contended(_) => PortError::Contended,
        PortError::Corrupt { .. } => |source| PortError::Corrupt { what: "a row", source },
        PortError::Poisoned | PortError::Unexpected(_) => PortError::Unexpected,
    };
    let cause: Shared = match error {
        PortError::Unavailable(cause) | PortError::Contended(cause) | PortError::Unexpected(cause) => {
            cause.into()
        }
        PortError::Corrupt { source, .. } => source.into(),
        PortError::Poisoned => Arc::new(error),
    };
    move || kind(Box::new(Arc::clone(&cause)))
}

fn lock(lane: &Mutex<Lane>) -> MutexGuard<'_, Lane> {
    lane.lock().unwrap_or_else(PoisonError::into_inner)
}
