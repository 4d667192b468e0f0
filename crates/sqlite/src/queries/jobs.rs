//! Questions about the queue.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::jobs::{JobQueries, QueueDepth};

use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::number;
use crate::sql::fixed;

const DEPTHS: &str = "SELECT kind, sum(dead = 0 AND lease_until IS NULL) AS waiting, \
        sum(dead = 0 AND lease_until IS NOT NULL) AS running, sum(dead) AS dead, \
        min(CASE WHEN dead = 0 AND coalesce(lease_until, run_at) <= ?1 THEN coalesce(lease_until, run_at) END) AS oldest_due \
    FROM jobs GROUP BY kind ORDER BY kind";

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
}
