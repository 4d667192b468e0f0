//! The queue.

use std::time::Duration;

use async_trait::async_trait;

use super::{ClaimedJob, JobKind, JobRecord, JobState, NewJob, QueueDepth};
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::ids::JobId;

/// The outcome of enqueuing a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// The job was added and waits.
    Added,
    /// A living job has its unique name already; nothing was added, and the unit is not poisoned.
    AlreadyThere,
}

/// The queue inside a unit of work: a job is there if, and only if, its unit was committed (JOB-01).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait JobQueue: Send {
    /// Adds a job. On commit, waiters on the [`JobSignal`] are woken, those too that looked shortly before it (JOB-32). A
    /// second job with one id is an error (JOB-26).
    async fn enqueue(&mut self, job: &NewJob) -> PortResult<Enqueued>;

    /// Claims up to `limit` jobs of these kinds that are due at `now` and that no worker holds, until `lease_until`:
    /// the most urgent first, then the longest due: a retry since its `retry_at` (JOB-30). Jobs of other kinds are passed over,
    /// and keep none of these from being claimed (JOB-34). A job whose lease ran out is claimed again, with a higher
    /// attempt; a lease is over at `lease_until` itself (JOB-23). Where the job that would be claimed has an owner, users have
    /// their turns: of the due jobs of its urgency that have an owner, one of the user with the fewest running jobs (of any kind,
    /// under a lease that is not over) is claimed in its place, the longest due of those (JOB-36). Where the jobs of more than
    /// 256 users wait, a claim need look only at those whose jobs are due first and at so many others, other ones each time; a
    /// busy user is behind those with less all the same, whatever the backlog (JOB-41). No job is claimed twice for one attempt,
    /// however many claim at once (JOB-02), and none waits for another's lock.
    async fn claim(
        &mut self,
        kinds: &[JobKind],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> PortResult<Vec<ClaimedJob>>;

    /// Prolongs the lease; false when the attempt holds the job no longer.
    async fn renew(&mut self, id: JobId, attempt: u32, lease_until: Timestamp) -> PortResult<bool>;

    /// Removes a job whose work is done. False when the attempt holds the job no longer (JOB-04).
    async fn complete(&mut self, id: JobId, attempt: u32) -> PortResult<bool>;

    /// Records that the work failed: the job is due again at `retry_at`, or, with `None`, it is dead and kept with its
    /// reason for a human. A retry keeps the job's priority, unique name and `run_at` (JOB-25). False when the attempt holds
    /// the job no longer, or never did (JOB-24).
    async fn fail(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Option<Timestamp>,
        reason: &str,
    ) -> PortResult<bool>;

    /// Gives back a job that was claimed in this unit and can't be run here, as if it had not been claimed: the attempt
    /// is not counted, and the job keeps its priority, unique name and `run_at`. It can be claimed again at `retry_at`,
    /// and is listed with the reason (JOB-28). False when the attempt does not hold the job (JOB-29).
    async fn put_back(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Timestamp,
        reason: &str,
    ) -> PortResult<bool>;

    /// When the next waiting job of these kinds is due (a retry at its `retry_at`, JOB-30) or its lease runs out, if there
    /// is one.
    async fn next_due(&mut self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>>;

    /// How many jobs wait or run; the dead are not counted.
    async fn count_living(&mut self) -> PortResult<u64>;

    /// Removes a dead job from the queue and answers it as it was (JOB-31); `None` when no dead job has this
    /// id.
    async fn take_dead(&mut self, id: JobId) -> PortResult<Option<JobRecord>>;
}

/// What can be asked of the queue without a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait JobQueries: Send {
    /// How many jobs of each kind there are, in the order of the names of the kinds; a kind without a job is left out. A job is due
    /// that could be claimed at `now`: since its start, its retry or the end of its lease (JOB-39). It reads the whole queue.
    async fn depths(&mut self, now: Timestamp) -> PortResult<Vec<QueueDepth>>;

    /// Jobs in this state, or all, by their ids (the oldest first), those after `after`, at most `limit`: fewer only when
    /// there are no more (JOB-22, JOB-33).
    async fn list(
        &mut self,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: u32,
    ) -> PortResult<Vec<JobRecord>>;

    /// Whether a job with this unique name waits or runs (JOB-42): equal work that was enqueued now would add nothing. It reads one row
    /// at most, and lets callers that ask often leave the queue alone.
    async fn has_living(&mut self, unique: &str) -> PortResult<bool>;
}

/// How long a signal lets its caller wait while it is not notified of every commit.
pub const MAX_UNNOTIFIED_WAIT: Duration = Duration::from_secs(5);

/// Wakes the poller of the queue when a job was committed, on whichever node.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait JobSignal: Send + Sync {
    /// Waits until a job may have been added since the last call, but at most this long; whether one was heard of.
    ///
    /// It may say so for nothing, and it may return early without a reason. It misses no job that was committed after
    /// the last call by more than `at_most`; so callers sleep long, and an adapter that does not hear of every commit
    /// (for the moment, because a connection was lost, or by its nature) returns after [`MAX_UNNOTIFIED_WAIT`] at the latest for
    /// its caller to look (JOB-14). Dropping the future loses nothing: the next call returns for what this one heard.
    async fn wait(&self, at_most: Duration) -> bool;
}
