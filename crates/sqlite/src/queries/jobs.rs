//! Questions about the queue.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::JobId;
use fm_domain::jobs::{JobQueries, JobRecord, JobState, QueueDepth};

use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{Id, JobRecordRow, number};
use crate::schema::jobs;
use crate::sql::fixed;

const DEPTHS: &str = "SELECT kind, sum(dead = 0 AND lease_until IS NULL) AS waiting, \
        sum(dead = 0 AND lease_until IS NOT NULL) AS running, sum(dead) AS dead, \
        min(CASE WHEN dead = 0 AND coalesce(lease_until, run_at) <= ?1 THEN coalesce(lease_until, run_at) END) AS oldest_due \
    FROM jobs GROUP BY kind ORDER BY kind";

/// With the condition of the index of unique names.
const HAS_LIVING: &str =
    "SELECT EXISTS (SELECT 1 FROM jobs WHERE unique_name = ?1 AND dead = 0) AS is_living";

#[derive(QueryableByName)]
struct LivingRow {
    #[diesel(sql_type = Bool)]
    is_living: bool,
}

#[derive(QueryableByName)]
struct DepthRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = BigInt)]
    running: i64,
    #[diesel(sql_type = BigInt)]
    dead: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    oldest_due: Option<i64>,
}

impl DepthRow {
    fn depth(self) -> PortResult<QueueDepth> {
        let count = |stored| number("the number of jobs", stored);
        Ok(QueueDepth {
            kind: self.kind.into(),
            waiting: count(self.waiting)?,
            running: count(self.running)?,
            dead: count(self.dead)?,
            oldest_due: self.oldest_due.map(Timestamp::from_unix_micros),
        })
    }
}

#[async_trait]
impl JobQueries for SqliteReadRepos {
    async fn depths(&mut self, now: Timestamp) -> PortResult<Vec<QueueDepth>> {
        self.ask(move |connection| {
            let depths = fixed(diesel::sql_query(DEPTHS).bind::<BigInt, _>(now.unix_micros()));
            let rows: Vec<DepthRow> = depths.load(connection).map_err(store_error)?;
            rows.into_iter().map(DepthRow::depth).collect()
        })
        .await
    }

    async fn list(
        &mut self,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: u32,
    ) -> PortResult<Vec<JobRecord>> {
        let after = after.map(|after| Id::of(after.uuid()));
        self.ask(move |connection| {
            let mut query = jobs::table.select(JobRecordRow::as_select()).order(jobs::id).into_boxed();
            if let Some(after) = after {
                query = query.filter(jobs::id.gt(after));
            }
            query = match state {
                None => query,
                Some(JobState::Dead) => query.filter(jobs::dead.eq(true)),
                Some(JobState::Running) => query.filter(jobs::lease_until.is_not_null()),
                Some(JobState::Waiting) => {
                    query.filter(jobs::dead.eq(false)).filter(jobs::lease_until.is_null())
                }
            };
            let rows = query.limit(limit.into()).load(connection).map_err(store_error)?;
            rows.into_iter().map(JobRecordRow::record).collect()
        })
        .await
    }

    async fn has_living(&mut self, unique: &str) -> PortResult<bool> {
        let unique = unique.to_owned();
        self.ask(move |connection| {
            let question = fixed(diesel::sql_query(HAS_LIVING).bind::<Text, _>(unique));
            question.get_result::<LivingRow>(connection).map(|row| row.is_living).map_err(store_error)
        })
        .await
    }
}
