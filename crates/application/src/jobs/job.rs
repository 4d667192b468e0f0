//! What a job is to the program that runs it.

use std::time::Duration;

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::events::Event;
use fm_domain::ids::{JobId, UserId};
use fm_domain::jobs::{ClaimedJob, JobKind, NewJob, Priority};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::payload;
use super::swept::SweptTotal;
use crate::engine::events::EventRecorder;
use crate::engine::follow_ups::FollowUp;
use crate::engine::intents::Intents;
use crate::engine::retry::failure;
use crate::ports::{Ports, Settings};
use crate::tree::TreeContext;

/// A kind of job. The struct is what the queue stores, so it needs all that the job has to know, as named fields.
///
/// Nodes of several versions share one queue. Derive `Deserialize` with `deny_unknown_fields`: a node that does not know a
/// field then leaves the job to one that does. A field that is added later needs `#[serde(default)]` to read the jobs of older
/// nodes.
#[async_trait]
pub trait Job: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// Its stable name. A job keeps it for ever.
    const NAME: &'static str;
    /// How urgent it is.
    const PRIORITY: Priority;
    /// Which workers run it.
    const LANE: Lane;
    /// How long one attempt may take. It fails then, and is tried again.
    const TIME_LIMIT: Duration;
    /// How often it is tried, and how soon again.
    const RETRY: RetryPolicy = RetryPolicy::STANDARD;
    /// Whether a job that follows from an event is left out while equal work waits or runs.
    const DEDUPLICATE_FOLLOW_UPS: bool = false;

    /// A name that equal work shares, for queues that shall hold it once.
    fn unique_name(&self) -> String;

    /// The user whom it works for: users share its workers, however much one of them has asked for. Housekeeping has none.
    fn owner(&self) -> Option<UserId> {
        None
    }

    /// The job that follows from this event, if one does.
    #[must_use]
    fn after(_event: &Event<'_>) -> Option<Self> {
        None
    }

    /// The job that the program enqueues by itself, and the pause between two times. It is left out while equal work waits or
    /// runs. Each process also enqueues it when it starts, so one that is due once a week may run more often.
    #[must_use]
    fn periodic() -> Option<(Duration, Self)> {
        None
    }

    /// Does the work. It may be done more than once: a worker can die after its effect and before its answer.
    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError>;

    /// The job is dead in this unit: it failed for good.
    async fn buried(&self, _context: &JobContext, _unit: &mut dyn UnitOfWork) -> PortResult<()> {
        Ok(())
    }

    /// The dead job is enqueued again in this unit.
    async fn revived(&self, _context: &JobContext, _unit: &mut dyn UnitOfWork) -> PortResult<()> {
        Ok(())
    }

    /// Its name as the queue has it.
    #[must_use]
    fn kind() -> JobKind {
        JobKind::new(Self::NAME)
    }

    /// The job for the queue, due at `run_at`; left out while equal work waits or runs.
    fn enqueued(&self, id: JobId, run_at: Timestamp) -> PortResult<NewJob> {
        Ok(follow_up(self, true)?.due(id, run_at))
    }
}

/// The job for the queue, but for its id and time.
pub(super) fn follow_up<J: Job>(job: &J, deduplicate: bool) -> PortResult<FollowUp> {
    Ok(FollowUp {
        kind: J::kind(),
        payload: payload::write(job)?,
        priority: J::PRIORITY,
        owner: job.owner(),
        unique: deduplicate.then(|| job.unique_name()),
    })
}

/// Which workers run a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Short jobs: in each process one worker runs nothing else, so that long ones never hold them up.
    Housekeeping,
    /// Jobs that may take long.
    Bulk,
}

/// How often a job is tried before it is dead, and how soon again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many attempts there are; `None`: it is tried until it succeeds.
    pub attempts: Option<u32>,
    /// The pause after the first attempt. It doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// Whether the last attempt counts where it met a store out of reach. Where it does not, the job is tried every minute
    /// until the store is back.
    pub counts_outages: bool,
}

impl RetryPolicy {
    /// Eight attempts within some two minutes.
    pub const STANDARD: Self = Self {
        attempts: Some(8),
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_mins(5),
        counts_outages: true,
    };

    /// Until it succeeds: for work that must not stay half done.
    pub const ENDLESS: Self = Self { attempts: None, ..Self::STANDARD };

    /// Whether this attempt is the last one.
    pub(super) const fn is_last(&self, attempt: u32) -> bool {
        match self.attempts {
            Some(attempts) => attempt >= attempts,
            None => false,
        }
    }

    /// The pause after this attempt: doubled each time, and between half of it and all of it, by `dice`.
    pub(super) fn pause(&self, attempt: u32, dice: u8) -> Duration {
        let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let whole = self.first_pause.saturating_mul(doubled).min(self.longest_pause);
        halved_by(whole, dice)
    }
}

/// Between half of a pause and all of it.
pub(super) fn halved_by(whole: Duration, dice: u8) -> Duration {
    whole / 2 + whole / 2 * u32::from(dice) / 255
}

/// What jobs work with.
#[derive(Clone)]
pub struct JobContext {
    /// One adapter for every port.
    pub ports: Ports,
    pub(crate) intents: Intents,
    pub(crate) events: EventRecorder,
    pub(crate) tree: TreeContext,
    /// Whether the small preview of a picture is made as soon as its thumbnail is there.
    pub(super) eager_previews: bool,
    /// What the sweeps that ran with this context did.
    pub(super) swept: SweptTotal,
}

impl JobContext {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            ports: ports.clone(),
            intents: Intents::new(ports),
            events: EventRecorder::new(ports),
            tree: TreeContext::new(ports, settings),
            eager_previews: settings.eager_previews,
            swept: SweptTotal::default(),
        }
    }
}

/// How a job ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Its work was done, and the job is complete, in one unit.
    Completed,
    /// There was nothing to do, or nothing that a unit could hold: the job is still to be completed.
    Moot,
    /// Another worker has it: its lease ran out.
    Lost,
}

/// Why a job has to be tried again.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
    /// The work failed.
    #[error("{0}")]
    Failed(String),
}

failure!(JobError);

impl JobError {
    /// Whether a store was out of reach, which says nothing of the work.
    pub(super) const fn is_outage(&self) -> bool {
        matches!(self, Self::Store(PortError::Unavailable(_) | PortError::Contended(_)))
    }
}

#[cfg(test)]
mod tests;
