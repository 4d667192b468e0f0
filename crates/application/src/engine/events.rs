//! Events, recorded in the unit of work that makes the change.

use std::sync::Arc;

use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::{Change, Event};
use fm_domain::ids::{IdSource, JobId};

use super::follow_ups::FollowUps;
use crate::ports::Ports;

/// Records events: what follows from a change is enqueued in its unit, so that a commit carries both or neither. Cheap to
/// clone.
#[derive(Clone)]
pub(crate) struct EventRecorder {
    follow_ups: FollowUps,
    ids: Arc<dyn IdSource>,
}

impl EventRecorder {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { follow_ups: ports.follow_ups.clone(), ids: ports.ids.clone() }
    }

    /// Records a change that the unit makes. Nothing but the jobs that follow from it is stored.
    pub(crate) async fn record(
        &self,
        unit: &mut dyn UnitOfWork,
        at: Timestamp,
        change: Change<'_>,
    ) -> PortResult<()> {
        for follow_up in self.follow_ups.of(&Event { at, change })? {
            let job = follow_up.due(JobId::new(self.ids.uuid()), at);
            // Where equal work waits already there is nothing to add.
            unit.jobs().enqueue(&job).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
