//! The queue inside a unit of work.

use std::cmp::Reverse;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection as _};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{JobId, UserId};
use fm_domain::jobs::{ClaimedJob, Enqueued, JobKind, JobPayload, JobQueue, JobRecord, JobState, NewJob};
use serde_json::Value;
use uuid::Uuid;

use crate::schema::jobs;
use crate::sql::{statement, typed};
use crate::unit_of_work::PgUnitOfWork;
use crate::value::{Moment, count, integer, text};

const LIVING: &str = "living";
const DEAD: &str = "dead";

const ENQUEUE: &str = "INSERT INTO jobs (id, kind, payload, priority, run_at, due_at, unique_name, owner_id) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
    ON CONFLICT (unique_name) WHERE state = 'living' AND unique_name IS NOT NULL DO NOTHING";

/// The rows are chosen and locked first, passing over those that others are just claiming. They are chosen once: as a
/// mere subquery the choice may be made again for each row of the outer table, and then claims more than `LIMIT`. Where one of
/// them has an owner, none is claimed: it is another job's turn.
pub(crate) const CLAIM: &str = "WITH due AS MATERIALIZED (\
        SELECT id AS due_id, due_at AS due_since, owner_id AS due_owner FROM jobs \
        WHERE state = 'living' AND kind = ANY (?) AND due_at <= ? \
        ORDER BY priority DESC, due_at, id LIMIT ? FOR UPDATE SKIP LOCKED\
    ) UPDATE jobs SET attempt = attempt + 1, lease_until = ?, due_at = ? FROM due \
    WHERE id = due_id AND NOT EXISTS (SELECT FROM due AS owned WHERE owned.due_owner IS NOT NULL) \
    RETURNING id, kind, payload, attempt, run_at, priority, due_since";

/// One job of the user with the fewest running jobs: along the indexes from owner to owner, from each to the first of their
/// jobs, passing over those that others are just claiming.
pub(crate) const CLAIM_FAIRLY: &str = "WITH RECURSIVE owners (owner) AS (\
        (SELECT owner_id FROM jobs WHERE state = 'living' AND owner_id IS NOT NULL ORDER BY owner_id LIMIT 1) \
        UNION ALL \
        SELECT further.owner_id FROM owners, LATERAL (\
            SELECT owner_id FROM jobs WHERE state = 'living' AND owner_id > owners.owner ORDER BY owner_id LIMIT 1\
        ) AS further\
    ), running (owner, jobs) AS (\
        SELECT owner_id, count(*) FROM jobs WHERE owner_id IS NOT NULL AND lease_until > ? GROUP BY owner_id\
    ), first AS MATERIALIZED (\
        SELECT heads.*, coalesce(running.jobs, 0) AS running FROM owners CROSS JOIN LATERAL (\
            SELECT id AS first_id, priority AS first_priority, due_at AS first_due_at FROM jobs \
            WHERE state = 'living' AND owner_id = owners.owner AND kind = ANY (?) AND due_at <= ? \
            ORDER BY priority DESC, due_at, id LIMIT 1\
        ) AS heads LEFT JOIN running ON running.owner = owners.owner \
        ORDER BY first_priority DESC, running, first_due_at, first_id LIMIT 8\
    ), due AS MATERIALIZED (\
        SELECT jobs.id AS due_id, jobs.due_at AS due_since FROM first JOIN jobs ON jobs.id = first_id \
        WHERE jobs.state = 'living' AND jobs.due_at <= ? \
        ORDER BY first_priority DESC, running, first_due_at, first_id LIMIT 1 FOR UPDATE OF jobs SKIP LOCKED\
    ) UPDATE jobs SET attempt = attempt + 1, lease_until = ?, due_at = ? FROM due WHERE id = due_id \
    RETURNING id, kind, payload, attempt, run_at, priority, due_since";

/// The longest due job, of any owner: where the first job of each user is just being claimed by others.
const CLAIM_ANY: &str = "WITH due AS MATERIALIZED (\
        SELECT id AS due_id, due_at AS due_since FROM jobs \
        WHERE state = 'living' AND kind = ANY (?) AND due_at <= ? \
        ORDER BY priority DESC, due_at, id LIMIT ? FOR UPDATE SKIP LOCKED\
    ) UPDATE jobs SET attempt = attempt + 1, lease_until = ?, due_at = ? FROM due WHERE id = due_id \
    RETURNING id, kind, payload, attempt, run_at, priority, due_since";

/// A queue is empty most of the time, and that is what the statistics say of it. After a burst the planner would sort all
/// that is due for each claim, until it is told of the burst within a minute or so. For this transaction alone.
const WALK_ALONG_INDEX: &str = "SET LOCAL enable_sort = off";

/// The first jobs of all users have to be sorted, and they are few, whatever the statistics make of it.
const SORT_FEW: &str = "SET LOCAL enable_sort = on; SET LOCAL jit = off";

type ClaimedColumns = (SqlUuid, Text, Jsonb, Integer, Timestamptz, SmallInt, Timestamptz);

/// A claimed job, as it is read.
#[derive(Queryable)]
struct ClaimedRow {
    id: Uuid,
    kind: String,
    payload: Value,
    attempt: i32,
    run_at: Moment,
    priority: i16,
    due_since: Moment,
}

impl ClaimedRow {
    fn claimed(self) -> ClaimedJob {
        ClaimedJob {
            id: JobId::new(self.id),
            kind: self.kind.into(),
            payload: JobPayload::new(self.payload),
            attempt: u32::try_from(self.attempt).unwrap_or_default(),
            run_at: self.run_at.0,
        }
    }
}

/// A job as an operator sees it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(diesel::pg::Pg))]
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

fn names(kinds: &[JobKind]) -> Vec<&str> {
    kinds.iter().map(JobKind::as_str).collect()
}

/// What is claimed, and until when.
struct Claim<'a> {
    kinds: &'a [JobKind],
    now: Timestamp,
    lease_until: Timestamp,
}

impl PgUnitOfWork {
    /// Claims the first due jobs, if none of them has an owner, or one job.
    async fn claim_next(&mut self, claim: &Claim<'_>, limit: u32) -> PortResult<Vec<ClaimedJob>> {
        self.run(|connection| connection.batch_execute(WALK_ALONG_INDEX)).await?;
        let unowned = self.claim_first(CLAIM, claim, limit).await?;
        if !unowned.is_empty() {
            return Ok(unowned);
        }
        if limit > 1 {
            let unowned = self.claim_first(CLAIM, claim, 1).await?;
            if !unowned.is_empty() {
                return Ok(unowned);
            }
        }
        self.run(|connection| connection.batch_execute(SORT_FEW)).await?;
        let fairly = self.claim_fairly(claim).await?;
        if !fairly.is_empty() {
            return Ok(fairly);
        }
        self.claim_first(CLAIM_ANY, claim, 1).await
    }

    async fn claim_first(
        &mut self,
        text: &'static str,
        claim: &Claim<'_>,
        limit: u32,
    ) -> PortResult<Vec<ClaimedJob>> {
        let (now, lease_until) = (Moment(claim.now), Moment(claim.lease_until));
        let first = statement::<ClaimedColumns, _>(
            text,
            (
                typed::<Array<Text>, _>(names(claim.kinds)),
                typed::<Timestamptz, _>(now),
                typed::<BigInt, _>(i64::from(limit)),
                typed::<Timestamptz, _>(lease_until),
                typed::<Timestamptz, _>(lease_until),
            ),
        );
        let mut rows: Vec<ClaimedRow> = self.run(|connection| first.load(connection)).await?;
        rows.sort_by_key(|row| (Reverse(row.priority), row.due_since.0, row.id));
        Ok(rows.into_iter().map(ClaimedRow::claimed).collect())
    }

    async fn claim_fairly(&mut self, claim: &Claim<'_>) -> PortResult<Vec<ClaimedJob>> {
        let (now, lease_until) = (Moment(claim.now), Moment(claim.lease_until));
        let fairly = statement::<ClaimedColumns, _>(
            CLAIM_FAIRLY,
            (
                typed::<Timestamptz, _>(now),
                typed::<Array<Text>, _>(names(claim.kinds)),
                typed::<Timestamptz, _>(now),
                typed::<Timestamptz, _>(now),
                typed::<Timestamptz, _>(lease_until),
                typed::<Timestamptz, _>(lease_until),
            ),
        );
        let rows: Vec<ClaimedRow> = self.run(|connection| fairly.load(connection)).await?;
        Ok(rows.into_iter().map(ClaimedRow::claimed).collect())
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
            ),
        );
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
        let claim = Claim { kinds, now, lease_until };
        let mut claimed = Vec::new();
        loop {
            let left = limit.saturating_sub(u32::try_from(claimed.len()).unwrap_or(u32::MAX));
            let next = if left > 0 { self.claim_next(&claim, left).await? } else { Vec::new() };
            // A lease that is over already would have the same jobs claimed again.
            let is_done = next.is_empty() || lease_until <= now;
            claimed.extend(next);
            if is_done || claimed.len() >= limit as usize {
                return Ok(claimed);
            }
        }
    }

    async fn renew(&mut self, id: JobId, attempt: u32, lease_until: Timestamp) -> PortResult<bool> {
        let until = Moment(lease_until);
        let update = diesel::update(held(id.uuid(), integer(attempt)))
            .set((jobs::lease_until.eq(until), jobs::due_at.eq(until)));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn complete(&mut self, id: JobId, attempt: u32) -> PortResult<bool> {
        let delete = diesel::delete(held(id.uuid(), integer(attempt)));
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
        let failed = if let Some(retry_at) = retry_at {
            let update = diesel::update(held(id.uuid(), integer(attempt)))
                .set((let_go, jobs::due_at.eq(Moment(retry_at))));
            self.run(|connection| update.execute(connection)).await?
        } else {
            let update =
                diesel::update(held(id.uuid(), integer(attempt))).set((let_go, jobs::state.eq(DEAD)));
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
        let update = diesel::update(held(id.uuid(), integer(attempt))).set((
            jobs::attempt.eq(jobs::attempt - 1),
            jobs::lease_until.eq(None::<Moment>),
            jobs::due_at.eq(Moment(retry_at)),
            jobs::last_error.eq(text(reason)),
        ));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn next_due(&mut self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        let living = jobs::table.filter(jobs::state.eq(LIVING)).filter(jobs::kind.eq_any(names(kinds)));
        let next = living.select(jobs::due_at).order(jobs::due_at).limit(1);
        let next: Vec<Moment> = self.run(|connection| next.load::<Moment>(connection)).await?;
        Ok(next.into_iter().next().map(|moment| moment.0))
    }

    async fn count_living(&mut self) -> PortResult<u64> {
        let living = jobs::table.filter(jobs::state.eq(LIVING)).count();
        let living: i64 = self.run(|connection| living.get_result(connection)).await?;
        self.understood(count("jobs", living))
    }

    async fn list(
        &mut self,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: u32,
    ) -> PortResult<Vec<JobRecord>> {
        let mut query = jobs::table.select(JobRecordRow::as_select()).order(jobs::id).into_boxed();
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
        let rows = self.run(|connection| query.load(connection)).await?;
        Ok(rows.into_iter().map(JobRecordRow::record).collect())
    }

    async fn take_dead(&mut self, id: JobId) -> PortResult<Option<JobRecord>> {
        let dead = jobs::table.find(id.uuid()).filter(jobs::state.eq(DEAD));
        let delete = diesel::delete(dead).returning(JobRecordRow::as_returning());
        let rows: Vec<JobRecordRow> = self.run(|connection| delete.load(connection)).await?;
        Ok(rows.into_iter().next().map(JobRecordRow::record))
    }
}
