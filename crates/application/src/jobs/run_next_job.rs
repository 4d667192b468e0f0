//! One job of the queue, from its claim to its end, whatever it is.

use std::time::Duration;

use tokio::time::timeout;

use super::complete;
use super::job::{Done, JobContext, JobError, Lane, halved_by};
use super::registry::{AnyJob, JobRegistry};
use super::swept::Swept;
use crate::engine::lease::{LEASE, Leased, renew_until_lost};
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::jobs::{ClaimedJob, JobKind};

/// How long a job that this node can't read is left to others, and how long one waits for a store at most before it looks
/// again.
const PUT_BACK_FOR: Duration = Duration::from_mins(1);

/// What a worker did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It ran a job of this kind, well or not.
    Job(JobKind),
    /// Nothing was due.
    Idle {
        /// When the next job is, if one waits.
        next_due: Option<Timestamp>,
    },
}

/// How an attempt of a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobOutcome {
    /// The work is done.
    Done,
    /// It failed, and is tried again.
    Retried,
    /// It failed for good.
    Dead,
    /// Another worker has it, or had it first.
    Lost,
}

impl JobOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Done, Self::Retried, Self::Dead, Self::Lost];

    /// Its stable name: `done`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::Dead => "dead",
            Self::Lost => "lost",
        }
    }
}

/// A claimed job that this node can run.
pub struct ReadyJob {
    claimed: ClaimedJob,
    job: Box<dyn AnyJob>,
}

impl ReadyJob {
    /// The job, as this attempt holds it.
    #[must_use]
    pub const fn claimed(&self) -> &ClaimedJob {
        &self.claimed
    }
}

/// The outcome of a unit that claims.
enum Claim {
    Ready(ReadyJob),
    /// One was due that this node can't read: it waits again, and others may be due.
    PutBack,
    Nothing,
}

/// Runs jobs, one a call.
pub struct RunNextJob {
    context: JobContext,
    registry: JobRegistry,
}

impl RunNextJob {
    pub(crate) fn new(ports: &Ports, settings: &Settings, registry: &JobRegistry) -> Self {
        Self { context: JobContext::new(ports, settings), registry: registry.clone() }
    }

    /// The kinds of jobs that this node knows.
    #[must_use]
    pub fn kinds(&self) -> Vec<JobKind> {
        self.registry.kinds()
    }

    /// Those of a lane.
    #[must_use]
    pub fn kinds_of(&self, lane: Lane) -> Vec<JobKind> {
        self.registry.kinds_of(lane)
    }

    /// What all sweeps of this process did together since its start.
    #[must_use]
    pub fn swept(&self) -> Swept {
        self.context.swept.total()
    }

    /// Claims one job of these kinds that is due and runs it to its end. Workers that have more to do in between take
    /// the steps themselves: [`Self::claim`], [`Self::finish`] and [`Self::next_due`].
    pub async fn run(&self, kinds: &[JobKind]) -> PortResult<Ran> {
        let Some(ready) = self.claim(kinds).await? else {
            return Ok(Ran::Idle { next_due: self.next_due(kinds).await? });
        };
        self.finish(&ready).await?;
        Ok(Ran::Job(ready.claimed.kind))
    }

    /// Runs one job of any kind that this node knows.
    pub async fn run_any(&self) -> PortResult<Ran> {
        self.run(&self.kinds()).await
    }

    /// Claims one job of these kinds that is due. One that this node can't read stays in the queue for a node that can,
    /// its attempt uncounted, and the next one is claimed.
    pub async fn claim(&self, kinds: &[JobKind]) -> PortResult<Option<ReadyJob>> {
        loop {
            match retry_conflicts(|| self.try_claim(kinds)).await? {
                Claim::Ready(ready) => return Ok(Some(ready)),
                Claim::PutBack => {}
                Claim::Nothing => return Ok(None),
            }
        }
    }

    /// Runs a claimed job to its end, renewing its lease. A job that fails is logged and tried again later; an error
    /// here means that the queue itself is out of reach.
    pub async fn finish(&self, ready: &ReadyJob) -> PortResult<JobOutcome> {
        let ReadyJob { claimed, .. } = ready;
        let JobContext { ports, .. } = &self.context;
        let lease = Leased::Job(claimed.id, claimed.attempt);
        let outcome = tokio::select! {
            outcome = self.attempt(ready) => outcome,
            _lost = renew_until_lost(ports.db.as_ref(), ports.clock.as_ref(), lease) => Ok(Done::Lost),
        };
        match outcome {
            Ok(Done::Completed) => Ok(JobOutcome::Done),
            Ok(Done::Moot) => match retry_conflicts(|| complete(ports.db.as_ref(), claimed)).await? {
                Done::Completed | Done::Moot => Ok(JobOutcome::Done),
                Done::Lost => Ok(JobOutcome::Lost),
            },
            Ok(Done::Lost) => {
                tracing::warn!(job.id = %claimed.id, "a job was lost to another worker");
                Ok(JobOutcome::Lost)
            }
            Err(error) => self.fail(ready, &error).await,
        }
    }

    /// When the next job of these kinds is due, or the lease of one ends, if there is one.
    pub async fn next_due(&self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        retry_conflicts(|| self.try_next_due(kinds)).await
    }

    async fn try_claim(&self, kinds: &[JobKind]) -> PortResult<Claim> {
        let JobContext { ports, .. } = &self.context;
        let now = ports.clock.now();
        let mut unit = ports.db.begin().await?;
        let claim = match unit.jobs().claim(kinds, now, now.plus(LEASE), 1).await?.pop() {
            None => Claim::Nothing,
            Some(claimed) => match self.registry.read(&claimed.kind, &claimed.payload) {
                Ok(job) => Claim::Ready(ReadyJob { claimed, job }),
                Err(unreadable) => {
                    let (id, kind) = (claimed.id, claimed.kind.as_str());
                    tracing::warn!(job.id = %id, job.kind = kind, %unreadable, "a job waits for another version");
                    let reason = format!("put back by a node that can't run it: {unreadable}");
                    unit.jobs().put_back(id, claimed.attempt, now.plus(PUT_BACK_FOR), &reason).await?;
                    Claim::PutBack
                }
            },
        };
        unit.commit().await?;
        Ok(claim)
    }

    async fn try_next_due(&self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        let mut unit = self.context.ports.db.begin().await?;
        let next_due = unit.jobs().next_due(kinds).await?;
        unit.rollback().await?;
        Ok(next_due)
    }

    async fn attempt(&self, ReadyJob { claimed, job }: &ReadyJob) -> Result<Done, JobError> {
        let limit = job.time_limit();
        match timeout(limit, job.run(&self.context, claimed)).await {
            Ok(outcome) => outcome,
            Err(_late) => Err(JobError::Failed(format!("it took longer than {} s", limit.as_secs()))),
        }
    }

    async fn fail(&self, ready: &ReadyJob, error: &JobError) -> PortResult<JobOutcome> {
        let JobContext { ports, .. } = &self.context;
        let (retry, attempt) = (ready.job.retry(), ready.claimed.attempt);
        let dead = retry.is_last(attempt);
        if dead && error.is_outage() && !retry.counts_outages {
            return self.wait(ready, &chain(error)).await;
        }
        let retry_at = (!dead).then(|| ports.clock.now().plus(retry.pause(attempt, ports.ids.random()[0])));
        let error = chain(error);
        log_failure(&ready.claimed, &error, dead);
        if !retry_conflicts(|| self.record(ready, retry_at, &error)).await? {
            return Ok(JobOutcome::Lost);
        }
        Ok(if dead { JobOutcome::Dead } else { JobOutcome::Retried })
    }

    /// Leaves the job in the queue, its attempt uncounted: between half a minute and a whole one, so that jobs which met the
    /// same outage come back one after the other.
    async fn wait(&self, ReadyJob { claimed, .. }: &ReadyJob, error: &str) -> PortResult<JobOutcome> {
        let JobContext { ports, .. } = &self.context;
        let until = ports.clock.now().plus(halved_by(PUT_BACK_FOR, ports.ids.random()[0]));
        tracing::warn!(job.id = %claimed.id, job.kind = claimed.kind.as_str(), error, "a job waits for a store");
        let is_put_back = retry_conflicts(|| async {
            let mut unit = ports.db.begin().await?;
            let is_put_back = unit.jobs().put_back(claimed.id, claimed.attempt, until, error).await?;
            unit.commit().await?;
            Ok::<bool, PortError>(is_put_back)
        });
        // Where another worker has claimed it by now it is that one's.
        Ok(if is_put_back.await? { JobOutcome::Retried } else { JobOutcome::Lost })
    }

    /// One unit: what a dead job leaves behind is so if, and only if, the job is dead by this very attempt. False where
    /// another worker has claimed it by now, and decides.
    async fn record(&self, ready: &ReadyJob, retry_at: Option<Timestamp>, error: &str) -> PortResult<bool> {
        let ReadyJob { claimed, job } = ready;
        let mut unit = self.context.ports.db.begin().await?;
        if retry_at.is_none() {
            job.buried(&self.context, unit.as_mut()).await?;
        }
        if unit.jobs().fail(claimed.id, claimed.attempt, retry_at, error).await? {
            unit.commit().await?;
            Ok(true)
        } else {
            unit.rollback().await?;
            Ok(false)
        }
    }
}

fn log_failure(job: &ClaimedJob, error: &str, dead: bool) {
    let (id, kind, attempt) = (job.id, job.kind.as_str(), job.attempt);
    // That of the worker who runs it.
    tracing::Span::current().record("otel.status_code", "ERROR");
    if dead {
        tracing::error!(job.id = %id, job.kind = kind, job.attempt = attempt, error, "a job failed for good");
    } else {
        tracing::warn!(
            job.id = %id,
            job.kind = kind,
            job.attempt = attempt,
            error,
            "a job failed and is tried again"
        );
    }
}

#[cfg(test)]
mod tests;
