//! What was put into the trash goes for good after a while.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::job::{Done, Job, JobContext, JobError, Lane, RetryPolicy};
use crate::engine::retry::retry_conflicts;
use crate::tree::{TrashLeft, TreeError, purge_trash, trash_left};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortError;
use fm_domain::events::{Change, Event};
use fm_domain::ids::{DriveId, JobId};
use fm_domain::jobs::{ClaimedJob, Priority};
use fm_domain::tree::{Delta, EnterDrive};

/// How long a run begins units. It then enqueues the job anew, so that other housekeeping has its turn.
const RUN: Duration = Duration::from_secs(10);
/// The longest pause between two looks: a retention that was made shorter counts no later.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);
/// The pause where something changed while the trash was looked at.
const SHORT_PAUSE: Duration = Duration::from_mins(1);

/// Purges the trash of a drive of what is due, oldest first, in units of at most 1,000 items; those without entries go first. As long as
/// something is in the trash one such job waits for the next that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurgeTrash {
    /// The drive.
    pub drive: DriveId,
}

#[async_trait]
impl Job for PurgeTrash {
    const NAME: &'static str = "purge_trash";
    const PRIORITY: Priority = Priority::NORMAL;
    const LANE: Lane = Lane::Housekeeping;
    /// A run ends after its share of time: this is for a unit that hangs.
    const TIME_LIMIT: Duration = Duration::from_mins(5);
    /// Without it the trash of the drive would be kept until something is put there again.
    const RETRY: RetryPolicy = RetryPolicy::ENDLESS;
    const DEDUPLICATE_FOLLOW_UPS: bool = true;

    fn unique_name(&self) -> String {
        format!("{}:{}", Self::NAME, self.drive)
    }

    /// Operations put something into the trash as well: a deletion that is cancelled leaves the rest there.
    fn after(event: &Event<'_>) -> Option<Self> {
        match event.change {
            Change::ItemTrashed { item } => Some(Self { drive: item.drive() }),
            Change::OperationBegun { owner, .. } => Some(Self { drive: DriveId::of_user(owner) }),
            _ => None,
        }
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        let now = context.ports.clock.now();
        let is_over = match purge_trash(&context.tree, self.drive, now.plus(RUN)).await {
            Ok(is_over) => is_over,
            // The account is gone, and its trash goes with it.
            Err(TreeError::NotFound) => return Ok(Done::Moot),
            Err(TreeError::Store(error)) => return Err(error.into()),
            Err(defect) => return Err(PortError::Unexpected(Box::new(defect)).into()),
        };
        let Some(left) = trash_left(&context.tree, self.drive).await? else { return Ok(Done::Moot) };
        let next = next_look(is_over, &left, context.ports.clock.now());
        retry_conflicts(|| self.finish(context, claimed, next, &left)).await
    }
}

/// When the trash is to be looked at again; `None` where it is empty.
fn next_look(is_over: bool, left: &TrashLeft, now: Timestamp) -> Option<Timestamp> {
    if !is_over {
        return Some(now);
    }
    Some(left.due?.max(now).min(now.plus(LONGEST_PAUSE)))
}

impl PurgeTrash {
    /// One unit: this job is done, and another one waits where something is left. Where the trash is empty, the unit is in the drive and
    /// nothing else has been since it was looked at: what is put there next finds no job and brings one.
    async fn finish(
        &self,
        context: &JobContext,
        claimed: &ClaimedJob,
        next: Option<Timestamp>,
        left: &TrashLeft,
    ) -> Result<Done, JobError> {
        let now = context.ports.clock.now();
        let mut unit = context.ports.db.begin().await?;
        let next = match next {
            Some(next) => Some(next),
            None => match unit.drives().enter(self.drive, &Delta::default(), None).await {
                Ok(entered) => (entered.seq != left.seq.next()).then(|| now.plus(SHORT_PAUSE)),
                Err(EnterDrive::Store(error)) => return Err(error.into()),
                Err(EnterDrive::NoDrive | EnterDrive::QuotaExceeded { .. }) => {
                    unit.rollback().await?;
                    return Ok(Done::Moot);
                }
            },
        };
        if !unit.jobs().complete(claimed.id, claimed.attempt).await? {
            unit.rollback().await?;
            return Ok(Done::Lost);
        }
        if let Some(at) = next {
            unit.jobs().enqueue(&self.enqueued(JobId::new(context.ports.ids.uuid()), at)?).await?;
        }
        unit.commit().await?;
        Ok(Done::Completed)
    }
}

#[cfg(test)]
mod tests;
