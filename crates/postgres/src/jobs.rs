//! The queue.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{JobId, UserId};
use fm_domain::jobs::{
    ClaimedJob, Enqueued, JobKind, JobPayload, JobQueries, JobQueue, JobRecord, JobState, NewJob, QueueDepth,
};
use futures_util::FutureExt as _;
use serde_json::Value;
use uuid::Uuid;

use crate::claim::{Claim, names};
use crate::read::PgReadRepos;
use crate::schema::jobs;
use crate::shared::Shared;
use crate::sql::{fixed, statement, typed};
use crate::unit_of_work::PgUnitOfWork;
use crate::value::{Moment, count, integer, text};

const LIVING: &str = "living";
const DEAD: &str = "dead";

const ENQUEUE: &str = "INSERT INTO jobs (id, kind, payload, priority, run_at, due_at, unique_name, owner_id, \
        trace_context) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) \
    ON CONFLICT (unique_name) WHERE state = 'living' AND unique_name IS NOT NULL DO NOTHING";

const DEPTHS: &str = "SELECT kind, \
        count(*) FILTER (WHERE state = 'living' AND lease_until IS NULL), \
        count(*) FILTER (WHERE lease_until IS NOT NULL), \
        count(*) FILTER (WHERE state = 'dead'), \
        min(due_at) FILTER (WHERE state = 'living' AND due_at <= ?) \
    FROM jobs GROUP BY kind ORDER BY kind";

const NEXT_DUE: &str =
    "SELECT due_at FROM jobs WHERE state = 'living' AND kind = ANY (?) ORDER BY due_at LIMIT 1";

/// When the next job of these kinds is due.
fn next_due(kinds: &[JobKind]) -> impl Query<SqlType = Timestamptz> + QueryFragment<Pg> + QueryId + Send {
    statement::<Timestamptz, _>(NEXT_DUE, (typed::<Array<Text>, _>(names(kinds)),))
}

/// With the condition of the index of unique names.
const HAS_LIVING: &str = "SELECT EXISTS (SELECT FROM jobs WHERE unique_name = ? AND state = 'living')";

/// Whether a job with this unique name waits or runs.
fn has_living(unique: String) -> impl Query<SqlType = Bool> + QueryFragment<Pg> + QueryId + Send + 'static {
    statement::<Bool, _>(HAS_LIVING, (typed::<Text, _>(unique),))
}

type DepthColumns = (Text, BigInt, BigInt, BigInt, Nullable<Timestamptz>);
type DepthRow = (String, i64, i64, i64, Option<Moment>);

fn depth((kind, waiting, running, dead, oldest_due): DepthRow) -> PortResult<QueueDepth> {
    Ok(QueueDepth {
        kind: kind.into(),
        waiting: count("jobs", waiting)?,
        running: count("jobs", running)?,
        dead: count("jobs", dead)?,
        oldest_due: oldest_due.map(|moment| moment.0),
    })
}

/// A job as an operator sees it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(Pg))]
struct JobRecordRow {
    id: Uuid,
    kind: String,
    payload: Value,
    run_at: Moment,
    attempt: i32,
    lease_until: Option<Moment>,
    state: String,
    last_error: Option<String>,
}

impl JobRecordRow {
    fn record(self) -> JobRecord {
        let state = match (self.state.as_str(), self.lease_until) {
            (DEAD, _) => JobState::Dead,
            (_, Some(_)) => JobState::Running,
            (_, None) => JobState::Waiting,
        };
        JobRecord {
            id: JobId::new(self.id),
            kind: self.kind.into(),
            payload: JobPayload::new(self.payload),
            state,
            attempt: u32::try_from(self.attempt).unwrap_or_default(),
            run_at: self.run_at.0,
            last_error: self.last_error,
        }
    }
}

/// The job, if this attempt holds it still.
#[diesel::dsl::auto_type]
fn held(id: Uuid, attempt: i32) -> _ {
    jobs::table.find(id).filter(jobs::attempt.eq(attempt)).filter(jobs::lease_until.is_not_null())
}

#[async_trait]
impl JobQueries for PgReadRepos {
    async fn depths(&mut self, now: Timestamp) -> PortResult<Vec<QueueDepth>> {
        let depths = statement::<DepthColumns, _>(DEPTHS, (typed::<Timestamptz, _>(Moment(now)),));
        let mut lease = self.pool.lease().await?;
        let rows: Vec<DepthRow> = lease.run(|connection| depths.load(connection)).await?;
        rows.into_iter().map(depth).collect()
    }

    async fn list(
        &mut self,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: u32,
    ) -> PortResult<Vec<JobRecord>> {
        let mut query = jobs::table.select(JobRecordRow::as_select()).order(jobs::id).into_boxed::<Pg>();
        if let Some(after) = after {
            query = query.filter(jobs::id.gt(after.uuid()));
        }
        query = match state {
            None => query,
            Some(JobState::Dead) => query.filter(jobs::state.eq(DEAD)),
            Some(JobState::Running) => query.filter(jobs::lease_until.is_not_null()),
            Some(JobState::Waiting) => {
                query.filter(jobs::state.eq(LIVING)).filter(jobs::lease_until.is_null())
            }
        };
        let query = query.limit(i64::from(limit));
        let mut lease = self.pool.lease().await?;
        let rows: Vec<JobRecordRow> = lease.run(|connection| query.load(connection)).await?;
        Ok(rows.into_iter().map(JobRecordRow::record).collect())
    }

    async fn has_living(&mut self, unique: &str) -> PortResult<bool> {
        let find = |shared: Arc<Shared>| {
            let question = has_living(unique.to_owned());
            async move { question.get_result::<bool>(&mut &**shared).await }
        };
        self.pool.ask(find).await
    }
}

#[async_trait]
impl JobQueue for PgUnitOfWork {
    async fn enqueue(&mut self, job: &NewJob) -> PortResult<Enqueued> {
        let insert = statement::<(), _>(
            ENQUEUE,
            (
                typed::<SqlUuid, _>(job.id.uuid()),
                typed::<Text, _>(job.kind.as_str()),
                typed::<Jsonb, _>(job.payload.json()),
                typed::<SmallInt, _>(job.priority.number()),
                typed::<Timestamptz, _>(Moment(job.run_at)),
                typed::<Timestamptz, _>(Moment(job.run_at)),
                typed::<Nullable<Text>, _>(job.unique.clone()),
                typed::<Nullable<SqlUuid>, _>(job.owner.map(UserId::uuid)),
                typed::<Nullable<Text>, _>(job.trace.map(|trace| trace.to_string())),
            ),
        );
        let insert = self.together(insert);
        if self.run(|connection| insert.execute(connection)).await? == 0 {
            return Ok(Enqueued::AlreadyThere);
        }
        self.wake_on_commit();
        Ok(Enqueued::Added)
    }

    async fn claim(
        &mut self,
        kinds: &[JobKind],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> PortResult<Vec<ClaimedJob>> {
        self.claim_all(&Claim { kinds, now, lease_until }, limit).await
    }

    async fn renew(&mut self, id: JobId, attempt: u32, lease_until: Timestamp) -> PortResult<bool> {
        let until = Moment(lease_until);
        let held = diesel::update(held(id.uuid(), integer(attempt)));
        let update = held.set((jobs::lease_until.eq(until), jobs::due_at.eq(until)));
        Ok(self.run_repeatable(update).await? > 0)
    }

    async fn complete(&mut self, id: JobId, attempt: u32) -> PortResult<bool> {
        let delete = diesel::delete(held(id.uuid(), integer(attempt)));
        if self.is_call_alone() {
            return Ok(self.run_call(delete).await? > 0);
        }
        let delete = self.together(delete);
        Ok(self.run(|connection| delete.execute(connection)).await? > 0)
    }

    async fn fail(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Option<Timestamp>,
        reason: &str,
    ) -> PortResult<bool> {
        let let_go = (jobs::lease_until.eq(None::<Moment>), jobs::last_error.eq(text(reason)));
        let held = diesel::update(held(id.uuid(), integer(attempt)));
        let failed = if let Some(retry_at) = retry_at {
            let update = fixed(held.set((let_go, jobs::due_at.eq(Moment(retry_at)))));
            self.run(|connection| update.execute(connection)).await?
        } else {
            let update = fixed(held.set((let_go, jobs::state.eq(DEAD))));
            self.run(|connection| update.execute(connection)).await?
        };
        Ok(failed > 0)
    }

    async fn put_back(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Timestamp,
        reason: &str,
    ) -> PortResult<bool> {
        let update = fixed(diesel::update(held(id.uuid(), integer(attempt))).set((
            jobs::attempt.eq(jobs::attempt - 1),
            jobs::lease_until.eq(None::<Moment>),
            jobs::due_at.eq(Moment(retry_at)),
            jobs::last_error.eq(text(reason)),
        )));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn next_due(&mut self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        let mut next = self.ask(|connection| next_due(kinds).load::<Moment>(connection).boxed()).await?;
        Ok(next.pop().map(|moment| moment.0))
    }

    async fn count_living(&mut self) -> PortResult<u64> {
        let living = jobs::table.filter(jobs::state.eq(LIVING)).count();
        let living: i64 = self.run(|connection| living.get_result(connection)).await?;
        self.understood(count("jobs", living))
    }

    async fn take_dead(&mut self, id: JobId) -> PortResult<Option<JobRecord>> {
        let dead = jobs::table.find(id.uuid()).filter(jobs::state.eq(DEAD));
        let delete = diesel::delete(dead).returning(JobRecordRow::as_returning());
        let rows: Vec<JobRecordRow> = self.run(|connection| delete.load(connection)).await?;
        Ok(rows.into_iter().next().map(JobRecordRow::record))
    }
}

#[cfg(test)]
mod tests;
