//! The queue.

mod queries;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Bound;

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{JobId, UserId};
use fm_domain::jobs::{
    ClaimedJob, Enqueued, JobKind, JobPayload, JobQueue, JobRecord, JobState, NewJob, Priority,
};
use fm_domain::trace::TraceContext;
use uuid::Uuid;

use super::tables::{Map, Set};
use super::unit::MemoryUnitOfWork;

/// The most urgent first, then the longest due.
type Place = (Reverse<Priority>, Timestamp, JobId);

/// Jobs by id, by unique name, and in the orders in which they are claimed and awaited.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jobs {
    by_id: Map<JobId, JobRow>,
    by_name: Map<String, JobId>,
    urgent: Set<Place>,
    due: Set<(Timestamp, JobId)>,
}

#[derive(Debug, Clone)]
struct JobRow {
    kind: JobKind,
    payload: JobPayload,
    priority: Priority,
    run_at: Timestamp,
    owner: Option<UserId>,
    unique: Option<String>,
    trace: Option<TraceContext>,
    attempt: u32,
    last_error: Option<String>,
    state: Held,
}

#[derive(Debug, Clone)]
enum Held {
    Waiting { due_at: Timestamp },
    Running { lease_until: Timestamp },
    Dead,
}

impl JobRow {
    const fn state(&self) -> JobState {
        match self.state {
            Held::Waiting { .. } => JobState::Waiting,
            Held::Running { .. } => JobState::Running,
            Held::Dead => JobState::Dead,
        }
    }

    fn record(&self, id: JobId) -> JobRecord {
        JobRecord {
            id,
            kind: self.kind.clone(),
            payload: self.payload.clone(),
            state: self.state(),
            attempt: self.attempt,
            run_at: self.run_at,
            last_error: self.last_error.clone(),
        }
    }

    /// When it can be claimed; the dead never.
    const fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            Held::Waiting { due_at } => Some(due_at),
            Held::Running { lease_until } => Some(lease_until),
            Held::Dead => None,
        }
    }
}

impl Jobs {
    fn take(&mut self, id: JobId) -> Option<JobRow> {
        let row = self.by_id.get(&id).cloned()?;
        self.by_id.remove_mut(&id);
        if let Some(due_at) = row.due_at() {
            self.urgent.remove_mut(&(Reverse(row.priority), due_at, id));
            self.due.remove_mut(&(due_at, id));
            if let Some(name) = &row.unique {
                self.by_name.remove_mut(name);
            }
        }
        Some(row)
    }

    fn put(&mut self, id: JobId, row: JobRow) {
        if let Some(due_at) = row.due_at() {
            self.urgent.insert_mut((Reverse(row.priority), due_at, id));
            self.due.insert_mut((due_at, id));
            if let Some(name) = &row.unique {
                self.by_name.insert_mut(name.clone(), id);
            }
        }
        self.by_id.insert_mut(id, row);
    }

    /// Takes the job that the attempt runs.
    fn take_running(&mut self, id: JobId, attempt: u32) -> Option<JobRow> {
        let row = self.by_id.get(&id)?;
        let holds = row.attempt == attempt && matches!(row.state, Held::Running { .. });
        if holds { self.take(id) } else { None }
    }

    fn is_of(&self, kinds: &[JobKind], id: JobId) -> bool {
        self.by_id.get(&id).is_some_and(|row| kinds.contains(&row.kind))
    }

    /// What can be claimed at `now`, in order. Jobs that are not due are stepped over by priority, not one by one.
    fn claimable(&self, kinds: &[JobKind], now: Timestamp, limit: usize) -> Vec<JobId> {
        let mut found = Vec::new();
        let mut from = Bound::Unbounded;
        while let Some((priority, _, _)) = self.urgent.range((from, Bound::Unbounded)).next() {
            let least = (*priority, Timestamp::from_unix_micros(i64::MIN), JobId::new(Uuid::nil()));
            let most = (*priority, now, JobId::new(Uuid::max()));
            let due = self.urgent.range(least..=most).map(|(_, _, id)| *id);
            found.extend(due.filter(|id| self.is_of(kinds, *id)).take(limit.saturating_sub(found.len())));
            from =
                Bound::Excluded((*priority, Timestamp::from_unix_micros(i64::MAX), JobId::new(Uuid::max())));
        }
        found
    }

    fn owner(&self, id: JobId) -> Option<UserId> {
        self.by_id.get(&id).and_then(|row| row.owner)
    }

    /// The job that goes in the place of `first`, which has an owner.
    fn fairest(&self, kinds: &[JobKind], now: Timestamp, first: JobId) -> JobId {
        let mut running: HashMap<Option<UserId>, usize> = HashMap::new();
        for row in self.by_id.values() {
            if matches!(row.state, Held::Running { lease_until } if lease_until > now) {
                *running.entry(row.owner).or_default() += 1;
            }
        }
        let Some(priority) = self.by_id.get(&first).map(|row| Reverse(row.priority)) else { return first };
        let least = (priority, Timestamp::from_unix_micros(i64::MIN), JobId::new(Uuid::nil()));
        let due = self.urgent.range(least..=(priority, now, JobId::new(Uuid::max())));
        let owned = due.filter(|(_, _, id)| self.is_of(kinds, *id)).filter_map(|(_, due_at, id)| {
            let owner = Some(self.owner(*id)?);
            Some((running.get(&owner).copied().unwrap_or_default(), *due_at, *id))
        });
        owned.min().map_or(first, |(_, _, id)| id)
    }

    /// The jobs to claim next, some of those that can be: the first ones without an owner, or one of a user's.
    fn next(&self, kinds: &[JobKind], now: Timestamp, limit: usize) -> Vec<JobId> {
        let mut next = self.claimable(kinds, now, limit);
        match next.iter().position(|id| self.owner(*id).is_some()) {
            None => {}
            Some(0) => next = vec![self.fairest(kinds, now, next[0])],
            Some(unowned) => next.truncate(unowned),
        }
        next
    }
}

#[async_trait]
impl JobQueue for MemoryUnitOfWork {
    async fn enqueue(&mut self, job: &NewJob) -> PortResult<Enqueued> {
        let jobs = &self.tables.jobs;
        if job.unique.as_ref().is_some_and(|name| jobs.by_name.contains_key(name)) {
            return Ok(Enqueued::AlreadyThere);
        }
        if jobs.by_id.contains_key(&job.id) {
            return Err(self.fail("a second job with one id"));
        }
        let row = JobRow {
            kind: job.kind.clone(),
            payload: job.payload.clone(),
            priority: job.priority,
            run_at: job.run_at,
            owner: job.owner,
            unique: job.unique.clone(),
            trace: job.trace,
            attempt: 0,
            last_error: None,
            state: Held::Waiting { due_at: job.run_at },
        };
        self.tables.jobs.put(job.id, row);
        self.has_jobs = true;
        Ok(Enqueued::Added)
    }

    async fn claim(
        &mut self,
        kinds: &[JobKind],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> PortResult<Vec<ClaimedJob>> {
        let (jobs, limit) = (&mut self.tables.jobs, limit as usize);
        let mut claimed = Vec::new();
        loop {
            let next = jobs.next(kinds, now, limit - claimed.len());
            // A lease that is over already would have the same jobs claimed again.
            let is_done = next.is_empty() || lease_until <= now;
            for id in next {
                let Some(mut row) = jobs.take(id) else { continue };
                row.attempt = row.attempt.saturating_add(1);
                row.state = Held::Running { lease_until };
                claimed.push(ClaimedJob {
                    id,
                    kind: row.kind.clone(),
                    payload: row.payload.clone(),
                    attempt: row.attempt,
                    run_at: row.run_at,
                    trace: row.trace,
                });
                jobs.put(id, row);
            }
            if is_done {
                return Ok(claimed);
            }
        }
    }

    async fn renew(&mut self, id: JobId, attempt: u32, lease_until: Timestamp) -> PortResult<bool> {
        let jobs = &mut self.tables.jobs;
        let Some(row) = jobs.take_running(id, attempt) else { return Ok(false) };
        jobs.put(id, JobRow { state: Held::Running { lease_until }, ..row });
        Ok(true)
    }

    async fn complete(&mut self, id: JobId, attempt: u32) -> PortResult<bool> {
        Ok(self.tables.jobs.take_running(id, attempt).is_some())
    }

    async fn fail(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Option<Timestamp>,
        reason: &str,
    ) -> PortResult<bool> {
        let jobs = &mut self.tables.jobs;
        let Some(row) = jobs.take_running(id, attempt) else { return Ok(false) };
        let state = match retry_at {
            Some(due_at) => Held::Waiting { due_at },
            None => Held::Dead,
        };
        jobs.put(id, JobRow { state, last_error: Some(reason.to_owned()), ..row });
        Ok(true)
    }

    async fn put_back(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Timestamp,
        reason: &str,
    ) -> PortResult<bool> {
        let jobs = &mut self.tables.jobs;
        let Some(row) = jobs.take_running(id, attempt) else { return Ok(false) };
        let attempt = row.attempt.saturating_sub(1);
        let state = Held::Waiting { due_at: retry_at };
        jobs.put(id, JobRow { attempt, state, last_error: Some(reason.to_owned()), ..row });
        Ok(true)
    }

    async fn next_due(&mut self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        let jobs = &self.tables.jobs;
        Ok(jobs.due.iter().find(|(_, id)| jobs.is_of(kinds, *id)).map(|(due_at, _)| *due_at))
    }

    async fn count_living(&mut self) -> PortResult<u64> {
        Ok(self.tables.jobs.due.size() as u64)
    }

    async fn take_dead(&mut self, id: JobId) -> PortResult<Option<JobRecord>> {
        let jobs = &mut self.tables.jobs;
        let is_dead = jobs.by_id.get(&id).is_some_and(|row| row.state() == JobState::Dead);
        Ok(if is_dead { jobs.take(id).map(|row| row.record(id)) } else { None })
    }
}
