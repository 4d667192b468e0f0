//! The jobs that this program knows.

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Event;
use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, JobKind, JobPayload, NewJob};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::job::{Done, Job, JobContext, JobError, Lane, RetryPolicy, follow_up};
use super::payload;
use super::schedule_jobs::PeriodicJob;
use crate::engine::follow_ups::{FollowUp, FollowUps};

/// Why this node can't run a job: a newer one enqueued it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The node has no job of this name.
    #[error("unknown kind of job")]
    Kind,
    /// The node's job of this name has other fields.
    #[error("unknown payload: {0}")]
    Payload(String),
}

/// Jobs by their names.
#[derive(Clone, Default)]
pub struct JobRegistry {
    jobs: Vec<Known>,
}

/// What is known of a kind of job.
#[derive(Clone)]
struct Known {
    kind: JobKind,
    lane: Lane,
    read: fn(&JobPayload) -> Result<Box<dyn AnyJob>, serde_json::Error>,
    derive: fn(&Event<'_>) -> Option<PortResult<FollowUp>>,
    periodic: Option<PeriodicJob>,
}

impl Known {
    fn of<J: Job>() -> Self {
        Self {
            kind: J::kind(),
            lane: J::LANE,
            read: |payload| Ok(Box::new(payload::read::<J>(payload)?)),
            derive: |event| J::after(event).map(|job| follow_up(&job, J::DEDUPLICATE_FOLLOW_UPS)),
            periodic: periodic::<J>(),
        }
    }
}

fn periodic<J: Job>() -> Option<PeriodicJob> {
    let (every, job) = J::periodic()?;
    Some(PeriodicJob {
        kind: J::kind(),
        every,
        enqueued: Arc::new(move |id, at| Job::enqueued(&job, id, at)),
    })
}

impl JobRegistry {
    /// The same with this job, in place of one of the same name.
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        self.jobs.retain(|known| known.kind != J::kind());
        self.jobs.push(Known::of::<J>());
        self
    }

    /// The names of all jobs.
    #[must_use]
    pub fn kinds(&self) -> Vec<JobKind> {
        self.jobs.iter().map(|known| known.kind.clone()).collect()
    }

    /// The names of the jobs of a lane.
    #[must_use]
    pub fn kinds_of(&self, lane: Lane) -> Vec<JobKind> {
        let of_lane = self.jobs.iter().filter(|known| known.lane == lane);
        of_lane.map(|known| known.kind.clone()).collect()
    }

    /// What follows from the clock.
    pub(super) fn periodic(&self) -> Vec<PeriodicJob> {
        self.jobs.iter().filter_map(|known| known.periodic.clone()).collect()
    }

    /// What follows from events.
    #[must_use]
    pub fn follow_ups(&self) -> FollowUps {
        FollowUps::new(self.jobs.iter().map(|known| known.derive))
    }

    /// The job that was stored as this.
    pub(super) fn read(&self, kind: &JobKind, payload: &JobPayload) -> Result<Box<dyn AnyJob>, Unreadable> {
        let known = self.jobs.iter().find(|known| known.kind == *kind).ok_or(Unreadable::Kind)?;
        (known.read)(payload).map_err(|error| Unreadable::Payload(error.to_string()))
    }
}

impl fmt::Debug for JobRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.jobs.iter().map(|known| known.kind.as_str())).finish()
    }
}

/// A job of any kind.
#[async_trait]
pub(super) trait AnyJob: Send + Sync {
    fn retry(&self) -> RetryPolicy;
    fn time_limit(&self) -> Duration;
    fn enqueued(&self, id: JobId, run_at: Timestamp) -> PortResult<NewJob>;
    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError>;
    async fn buried(&self, context: &JobContext, unit: &mut dyn UnitOfWork) -> PortResult<()>;
    async fn revived(&self, context: &JobContext, unit: &mut dyn UnitOfWork) -> PortResult<()>;
}

#[async_trait]
impl<J: Job> AnyJob for J {
    fn retry(&self) -> RetryPolicy {
        J::RETRY
    }

    fn time_limit(&self) -> Duration {
        J::TIME_LIMIT
    }

    fn enqueued(&self, id: JobId, run_at: Timestamp) -> PortResult<NewJob> {
        Job::enqueued(self, id, run_at)
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        Job::run(self, context, claimed).await
    }

    async fn buried(&self, context: &JobContext, unit: &mut dyn UnitOfWork) -> PortResult<()> {
        Job::buried(self, context, unit).await
    }

    async fn revived(&self, context: &JobContext, unit: &mut dyn UnitOfWork) -> PortResult<()> {
        Job::revived(self, context, unit).await
    }
}

#[cfg(test)]
mod tests;
