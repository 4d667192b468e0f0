//! What follows from an event, without knowing any job.

use std::fmt;
use std::sync::Arc;

use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::events::Event;
use fm_domain::ids::{JobId, UserId};
use fm_domain::jobs::{JobKind, JobPayload, NewJob, Priority};

/// A job to be enqueued, but for its id and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FollowUp {
    pub(crate) kind: JobKind,
    pub(crate) payload: JobPayload,
    pub(crate) priority: Priority,
    pub(crate) owner: Option<UserId>,
    pub(crate) unique: Option<String>,
}

impl FollowUp {
    /// The job, due at `run_at`.
    pub(crate) fn due(self, id: JobId, run_at: Timestamp) -> NewJob {
        let Self { kind, payload, priority, owner, unique } = self;
        NewJob { id, kind, payload, priority, run_at, owner, unique, trace: None }
    }
}

/// Derives at most one job of one kind from an event.
type Derivation = fn(&Event<'_>) -> Option<PortResult<FollowUp>>;

/// The jobs that follow from events. Cheap to clone.
#[derive(Clone, Default)]
pub struct FollowUps(Arc<[Derivation]>);

impl FollowUps {
    pub(crate) fn new(derivations: impl IntoIterator<Item = Derivation>) -> Self {
        Self(derivations.into_iter().collect())
    }

    /// The jobs that follow from this event.
    pub(crate) fn of(&self, event: &Event<'_>) -> PortResult<Vec<FollowUp>> {
        self.0.iter().filter_map(|derive| derive(event)).collect()
    }
}

impl fmt::Debug for FollowUps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowUps").field("kinds", &self.0.len()).finish()
    }
}
