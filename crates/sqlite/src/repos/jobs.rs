//! Jobs.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, Enqueued, JobKind, JobQueue, JobRecord, NewJob};

use super::claim::next;
use crate::error::store_error;
use crate::rows::{Id, JobRecordRow, NewJobRow, number};
use crate::schema::jobs;
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl JobQueue for SqliteUnitOfWork {
    async fn enqueue(&mut self, job: &NewJob) -> PortResult<Enqueued> {
        let (row, unique) = (NewJobRow::from(job), job.unique.clone());
        let enqueued = self
            .run(move |connection| {
                if let Some(name) = unique {
                    let taken = jobs::table.filter(living()).filter(jobs::unique_name.eq(name));
                    if diesel::select(diesel::dsl::exists(taken))
                        .get_result(connection)
                        .map_err(store_error)?
                    {
                        return Ok(Enqueued::AlreadyThere);
                    }
                }
                diesel::insert_into(jobs::table).values(row).execute(connection).map_err(store_error)?;
                Ok(Enqueued::Added)
            })
            .await?;
        self.enqueued |= enqueued == Enqueued::Added;
        Ok(enqueued)
    }

    async fn claim(
        &mut self,
        kinds: &[JobKind],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> PortResult<Vec<ClaimedJob>> {
        let (kinds, limit, turns) = (names(kinds), limit as usize, self.job_turns.clone());
        self.run(move |connection| {
            let mut claimed = Vec::new();
            loop {
                let next = next(connection, &kinds, now, limit - claimed.len(), &turns)?;
                // A lease that is over already would have the same jobs claimed again.
                let is_done = next.is_empty() || lease_until <= now;
                for row in next {
                    fixed(diesel::update(jobs::table.find(row.id)).set((
                        jobs::attempt.eq(row.next_attempt()),
                        jobs::lease_until.eq(lease_until.unix_micros()),
                    )))
                    .execute(connection)
                    .map_err(store_error)?;
                    claimed.push(row.claimed()?);
                }
                if is_done {
                    return Ok(claimed);
                }
            }
        })
        .await
    }

    async fn renew(&mut self, id: JobId, attempt: u32, lease_until: Timestamp) -> PortResult<bool> {
        self.run(move |connection| {
            fixed(diesel::update(held(id, attempt)).set(jobs::lease_until.eq(lease_until.unix_micros())))
                .execute(connection)
                .map(|renewed| renewed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn complete(&mut self, id: JobId, attempt: u32) -> PortResult<bool> {
        self.run(move |connection| {
            diesel::delete(held(id, attempt))
                .execute(connection)
                .map(|completed| completed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn fail(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Option<Timestamp>,
        reason: &str,
    ) -> PortResult<bool> {
        let reason = reason.to_owned();
        self.run(move |connection| {
            let freed = (jobs::lease_until.eq(None::<i64>), jobs::last_error.eq(reason));
            let failed = match retry_at {
                Some(at) => {
                    fixed(diesel::update(held(id, attempt)).set((freed, jobs::run_at.eq(at.unix_micros()))))
                        .execute(connection)
                }
                None => fixed(diesel::update(held(id, attempt)).set((freed, jobs::dead.eq(true))))
                    .execute(connection),
            };
            failed.map(|failed| failed > 0).map_err(store_error)
        })
        .await
    }

    async fn put_back(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Timestamp,
        reason: &str,
    ) -> PortResult<bool> {
        let reason = reason.to_owned();
        self.run(move |connection| {
            fixed(diesel::update(held(id, attempt)).set((
                jobs::attempt.eq(jobs::attempt - 1),
                jobs::lease_until.eq(None::<i64>),
                jobs::run_at.eq(retry_at.unix_micros()),
                jobs::last_error.eq(reason),
            )))
            .execute(connection)
            .map(|put_back| put_back > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn next_due(&mut self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        let kinds = names(kinds);
        self.run(move |connection| {
            jobs::table
                .filter(living())
                .filter(jobs::kind.eq_any(kinds))
                .order(sql::<BigInt>("coalesce(lease_until, run_at)"))
                .select(sql::<BigInt>("coalesce(lease_until, run_at)"))
                .first(connection)
                .optional()
                .map(|due| due.map(Timestamp::from_unix_micros))
                .map_err(store_error)
        })
        .await
    }

    async fn count_living(&mut self) -> PortResult<u64> {
        self.run(|connection| {
            let count = jobs::table.filter(living()).count().get_result(connection).map_err(store_error)?;
            number("the number of jobs", count)
        })
        .await
    }

    async fn take_dead(&mut self, id: JobId) -> PortResult<Option<JobRecord>> {
        let id = Id::of(id.uuid());
        self.run(move |connection| {
            let dead = jobs::table.find(id).filter(jobs::dead.eq(true));
            let delete = diesel::delete(dead).returning(JobRecordRow::as_returning());
            let row = delete.get_result(connection).optional().map_err(store_error)?;
            row.map(JobRecordRow::record).transpose()
        })
        .await
    }
}

fn names(kinds: &[JobKind]) -> Vec<String> {
    kinds.iter().map(|kind| kind.as_str().to_owned()).collect()
}

/// Literal, so that SQLite sees that the indexes on living jobs hold all that is asked for.
pub(super) fn living() -> SqlLiteral<Bool> {
    sql("dead = 0")
}

/// The job as long as this attempt holds it. A lease that ran out still counts until a worker claims the job again.
#[diesel::dsl::auto_type(no_type_alias)]
fn held(id: JobId, attempt: u32) -> _ {
    let id: Id = Id::of(id.uuid());
    let attempt: i64 = i64::from(attempt);
    jobs::table
        .filter(jobs::id.eq(id))
        .filter(jobs::attempt.eq(attempt))
        .filter(jobs::lease_until.is_not_null())
}
