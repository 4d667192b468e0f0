//! What is left of an account that was removed.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::job::{Done, Job, JobContext, JobError, Lane, RetryPolicy};
use crate::engine::retry::retry_conflicts;
use fm_domain::clock::Timestamp;
use fm_domain::events::{Change, Event};
use fm_domain::ids::{JobId, UserId};
use fm_domain::jobs::{ClaimedJob, Priority};

/// How many rows one unit takes. A unit holds the only writer of SQLite, so others wait for one batch and not for the account.
const BATCH: u32 = 1_000;
/// How long a run begins units. It then enqueues the job anew, so that other housekeeping has its turn.
const RUN: Duration = Duration::from_secs(10);

/// Removes the rows of a user who is marked as removed, in units of at most 1,000 rows: uploads, old versions, files, folders and
/// idempotency keys, and with the last of them the row of the user. Intents turn into tombstones, and so do blobs with the last
/// reference to them; the sweep deletes their bytes. What the drive of another user refers to as well stays. Each unit stands
/// for itself: a run that dies is resumed where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveContents {
    /// The user.
    pub user: UserId,
}

#[async_trait]
impl Job for RemoveContents {
    const NAME: &'static str = "remove_contents";
    const PRIORITY: Priority = Priority::NORMAL;
    const LANE: Lane = Lane::Housekeeping;
    /// A run ends after its share of time: this is for a unit that hangs.
    const TIME_LIMIT: Duration = Duration::from_mins(5);
    /// An account that is half removed would stay so for ever: its user can't ask again.
    const RETRY: RetryPolicy = RetryPolicy::ENDLESS;

    fn unique_name(&self) -> String {
        format!("{}:{}", Self::NAME, self.user)
    }

    fn after(event: &Event<'_>) -> Option<Self> {
        match event.change {
            Change::AccountRemoved { user } => Some(Self { user }),
            _ => None,
        }
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        let until = context.ports.clock.now().plus(RUN);
        loop {
            if let Some(done) = retry_conflicts(|| self.take(context, claimed, until)).await? {
                return Ok(done);
            }
        }
    }
}

impl RemoveContents {
    /// One unit; `None` when the run goes on.
    async fn take(
        &self,
        context: &JobContext,
        claimed: &ClaimedJob,
        until: Timestamp,
    ) -> Result<Option<Done>, JobError> {
        let now = context.ports.clock.now();
        let mut unit = context.ports.db.begin().await?;
        let is_last = unit.users().remove_contents(self.user, now, BATCH).await? < BATCH;
        if !is_last && now < until {
            unit.commit().await?;
            return Ok(None);
        }
        if !unit.jobs().complete(claimed.id, claimed.attempt).await? {
            unit.rollback().await?;
            return Ok(Some(Done::Lost));
        }
        if is_last {
            unit.users().remove(self.user).await?;
            let change = Change::ContentsRemoved { user: self.user };
            context.events.record(unit.as_mut(), now, change).await?;
        } else {
            unit.jobs().enqueue(&self.enqueued(JobId::new(context.ports.ids.uuid()), now)?).await?;
        }
        unit.commit().await?;
        Ok(Some(Done::Completed))
    }
}

#[cfg(test)]
mod tests;
