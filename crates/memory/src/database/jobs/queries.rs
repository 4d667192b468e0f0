//! Questions about the queue.

use std::collections::BTreeMap;
use std::ops::Bound;

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::JobId;
use fm_domain::jobs::{JobKind, JobQueries, JobRecord, JobState, QueueDepth};

use super::super::tables::Tables;

#[async_trait]
impl JobQueries for Tables {
    async fn depths(&mut self, now: Timestamp) -> PortResult<Vec<QueueDepth>> {
        let mut depths: BTreeMap<&JobKind, QueueDepth> = BTreeMap::new();
        for row in self.jobs.by_id.values() {
            let depth = depths.entry(&row.kind).or_insert_with(|| QueueDepth {
                kind: row.kind.clone(),
                waiting: 0,
                running: 0,
                dead: 0,
                oldest_due: None,
            });
            match row.state() {
                JobState::Waiting => depth.waiting += 1,
                JobState::Running => depth.running += 1,
                JobState::Dead => depth.dead += 1,
            }
            let due = row.due_at().filter(|due_at| *due_at <= now);
            depth.oldest_due = depth.oldest_due.into_iter().chain(due).min();
        }
        Ok(depths.into_values().collect())
    }

    async fn list(
        &mut self,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: u32,
    ) -> PortResult<Vec<JobRecord>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let jobs = self.jobs.by_id.range((from, Bound::Unbounded));
        let wanted = jobs.filter(|(_, row)| state.is_none_or(|state| row.state() == state));
        Ok(wanted.take(limit as usize).map(|(id, row)| row.record(*id)).collect())
    }

    async fn has_living(&mut self, unique: &str) -> PortResult<bool> {
        Ok(self.jobs.by_name.contains_key(unique))
    }
}
