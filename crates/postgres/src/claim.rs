//! How jobs are claimed: users have their turns.

use std::cmp::Reverse;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, JobKind, JobPayload};
use futures_util::FutureExt as _;
use serde_json::Value;
use uuid::Uuid;

use crate::sql::{statement, typed};
use crate::unit_of_work::PgUnitOfWork;
use crate::value::Moment;

/// Claims the first due jobs that the condition allows. The rows are chosen and locked first, passing over those that others
/// are just claiming. They are chosen once: as a mere subquery the choice may be made again for each row of the outer table,
/// and then claims more than `LIMIT`.
macro_rules! claim_first {
    ($condition:literal) => {
        concat!(
            "WITH due AS MATERIALIZED (\
                SELECT id AS due_id, due_at AS due_since, owner_id AS due_owner FROM jobs \
                WHERE state = 'living' AND kind = ANY (?) AND due_at <= ? \
                ORDER BY priority DESC, due_at, id LIMIT ? FOR UPDATE SKIP LOCKED\
            ) UPDATE jobs SET attempt = attempt + 1, lease_until = ?, due_at = ? FROM due WHERE id = due_id",
            $condition,
            " RETURNING id, kind, payload, attempt, run_at, trace_context, priority, due_since"
        )
    };
}

/// Whether anything is due.
pub(crate) const ANY_DUE: &str =
    "SELECT EXISTS (SELECT FROM jobs WHERE state = 'living' AND kind = ANY (?) AND due_at <= ?)";

/// A queue is empty most of the time, and that is what the statistics say of it. After a burst the planner would sort all
/// that is due for each claim, until it is told of the burst within a minute or so. So it walks along the index, for this
/// transaction alone. What has to be sorted all the same is little, but counts as dear: nothing is compiled for it.
const WITHOUT_SORTS: &str = "SET LOCAL enable_sort = off; SET LOCAL jit = off";

/// The same for a transaction that begins with a claim.
const BEGIN_WITHOUT_SORTS: &str = "BEGIN; SET LOCAL enable_sort = off; SET LOCAL jit = off";

/// Where one of the first has an owner, none is claimed: it is another job's turn.
pub(crate) const CLAIM: &str =
    claim_first!(" AND NOT EXISTS (SELECT FROM due AS owned WHERE owned.due_owner IS NOT NULL)");

/// The longest due job, of any owner: where the first job of each user is just being claimed by others.
const CLAIM_ANY: &str = claim_first!("");

/// One job of the user with the fewest running jobs, of the users whose jobs are due first and of 256 more: along the
/// indexes from owner to owner, from each to the first of their jobs, passing over those that others are just claiming. The
/// walk over the owners begins behind the given one, goes round, and answers where it ended.
pub(crate) const CLAIM_FAIRLY: &str = "WITH RECURSIVE owners (owner, start, place) AS (\
        SELECT owner, owner, 1 FROM (SELECT coalesce(\
            (SELECT owner_id FROM jobs WHERE state = 'living' AND owner_id > ? ORDER BY owner_id LIMIT 1), \
            (SELECT owner_id FROM jobs WHERE state = 'living' AND owner_id IS NOT NULL ORDER BY owner_id LIMIT 1)\
        )) AS next (owner) WHERE owner IS NOT NULL \
        UNION ALL \
        SELECT coalesce(\
            (SELECT owner_id FROM jobs WHERE state = 'living' AND owner_id > owners.owner ORDER BY owner_id LIMIT 1), \
            (SELECT owner_id FROM jobs WHERE state = 'living' AND owner_id IS NOT NULL ORDER BY owner_id LIMIT 1)\
        ), start, place + 1 FROM owners WHERE place < 256 AND (place = 1 OR owner <> start)\
    ), early (owner) AS MATERIALIZED (\
        SELECT owner_id FROM jobs WHERE state = 'living' AND kind = ANY (?) AND due_at <= ? \
        ORDER BY priority DESC, due_at, id LIMIT 64\
    ), candidates (owner) AS (\
        SELECT owner FROM owners UNION SELECT owner FROM early WHERE owner IS NOT NULL\
    ), running (owner, jobs) AS (\
        SELECT owner_id, count(*) FROM jobs WHERE owner_id IS NOT NULL AND lease_until > ? GROUP BY owner_id\
    ), first AS MATERIALIZED (\
        SELECT heads.*, coalesce(running.jobs, 0) AS running FROM candidates CROSS JOIN LATERAL (\
            SELECT id AS first_id, priority AS first_priority, due_at AS first_due_at FROM jobs \
            WHERE state = 'living' AND owner_id = candidates.owner AND kind = ANY (?) AND due_at <= ? \
            ORDER BY priority DESC, due_at, id LIMIT 1\
        ) AS heads LEFT JOIN running ON running.owner = candidates.owner \
        ORDER BY first_priority DESC, running, first_due_at, first_id LIMIT 8\
    ), due AS MATERIALIZED (\
        SELECT jobs.id AS due_id, jobs.due_at AS due_since FROM first JOIN jobs ON jobs.id = first_id \
        WHERE jobs.state = 'living' AND jobs.due_at <= ? \
        ORDER BY first_priority DESC, running, first_due_at, first_id LIMIT 1 FOR UPDATE OF jobs SKIP LOCKED\
    ) UPDATE jobs SET attempt = attempt + 1, lease_until = ?, due_at = ? FROM due WHERE id = due_id \
    RETURNING id, kind, payload, attempt, run_at, trace_context, priority, due_since, \
        (SELECT owner FROM owners ORDER BY place DESC LIMIT 1)";

type ClaimedColumns = (SqlUuid, Text, Jsonb, Integer, Timestamptz, Nullable<Text>, SmallInt, Timestamptz);

/// A claimed job, as it is read.
#[derive(Queryable)]
struct ClaimedRow {
    id: Uuid,
    kind: String,
    payload: Value,
    attempt: i32,
    run_at: Moment,
    trace_context: Option<String>,
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
            // One that a later version wrote is no reason to leave the job.
            trace: self.trace_context.and_then(|text| text.parse().ok()),
        }
    }
}

/// Kinds by their names.
pub(crate) fn names(kinds: &[JobKind]) -> Vec<&str> {
    kinds.iter().map(JobKind::as_str).collect()
}

/// Whether anything of these kinds is due.
fn any_due(claim: &Claim<'_>) -> impl Query<SqlType = Bool> + QueryFragment<Pg> + QueryId + Send {
    let (kinds, now) =
        (typed::<Array<Text>, _>(names(claim.kinds)), typed::<Timestamptz, _>(Moment(claim.now)));
    statement::<Bool, _>(ANY_DUE, (kinds, now))
}

/// What is claimed, and until when.
pub(crate) struct Claim<'a> {
    pub(crate) kinds: &'a [JobKind],
    pub(crate) now: Timestamp,
    pub(crate) lease_until: Timestamp,
}

impl PgUnitOfWork {
    /// Claims jobs, `limit` at most.
    pub(crate) async fn claim_all(&mut self, claim: &Claim<'_>, limit: u32) -> PortResult<Vec<ClaimedJob>> {
        let mut claimed = Vec::new();
        loop {
            let left = limit.saturating_sub(u32::try_from(claimed.len()).unwrap_or(u32::MAX));
            let next = if left > 0 { self.claim_next(claim, left).await? } else { Vec::new() };
            // A lease that is over already would have the same jobs claimed again.
            let is_done = next.is_empty() || claim.lease_until <= claim.now;
            claimed.extend(next);
            if is_done || claimed.len() >= limit as usize {
                return Ok(claimed);
            }
        }
    }

    /// Claims the first due jobs, if none of them has an owner, or one job.
    async fn claim_next(&mut self, claim: &Claim<'_>, limit: u32) -> PortResult<Vec<ClaimedJob>> {
        if !self.is_any_due(claim).await? {
            return Ok(Vec::new());
        }
        self.plan_without_sorts().await?;
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
        let fairly = self.claim_fairly(claim).await?;
        if !fairly.is_empty() {
            return Ok(fairly);
        }
        self.claim_first(CLAIM_ANY, claim, 1).await
    }

    pub(crate) async fn is_any_due(&mut self, claim: &Claim<'_>) -> PortResult<bool> {
        self.ask(|connection| any_due(claim).get_result::<bool>(connection).boxed()).await
    }

    /// Has the planner walk along indexes, for the statements after it in this transaction.
    pub(crate) async fn plan_without_sorts(&mut self) -> PortResult<()> {
        if self.is_untouched() {
            self.begin_by(BEGIN_WITHOUT_SORTS).await
        } else {
            self.run_batch(WITHOUT_SORTS).await
        }
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
        let fairly = statement::<(ClaimedColumns, Nullable<SqlUuid>), _>(
            CLAIM_FAIRLY,
            (
                typed::<SqlUuid, _>(self.turns.last()),
                typed::<Array<Text>, _>(names(claim.kinds)),
                typed::<Timestamptz, _>(now),
                typed::<Timestamptz, _>(now),
                typed::<Array<Text>, _>(names(claim.kinds)),
                typed::<Timestamptz, _>(now),
                typed::<Timestamptz, _>(now),
                typed::<Timestamptz, _>(lease_until),
                typed::<Timestamptz, _>(lease_until),
            ),
        );
        let rows: Vec<(ClaimedRow, Option<Uuid>)> = self.run(|connection| fairly.load(connection)).await?;
        if let [(_, Some(last)), ..] = rows.as_slice() {
            self.turns.go_on_after(*last);
        }
        Ok(rows.into_iter().map(|(row, _)| row.claimed()).collect())
    }
}

#[cfg(test)]
mod tests;
