//! An operation goes on after its request was answered.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::job::{Done, Job, JobContext, JobError, Lane, RetryPolicy};
use crate::engine::retry::retry_conflicts;
use crate::tree::{TreeError, advance_operation};
use fm_domain::access::Client;
use fm_domain::error::PortError;
use fm_domain::events::{Change, Event};
use fm_domain::ids::{JobId, OperationId, UserId};
use fm_domain::jobs::{ClaimedJob, Priority};

/// How long a run begins units. It then enqueues the job anew, so that others have their turn.
const RUN: Duration = Duration::from_secs(10);

/// Does an operation, in units of at most 1,000 items. What is left after each is stored with it: a run that dies is resumed where it was,
/// and two that run at one time take turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOperation {
    /// The user who asked for it.
    pub owner: UserId,
    /// The operation.
    pub operation: OperationId,
}

#[async_trait]
impl Job for RunOperation {
    const NAME: &'static str = "run_operation";
    const PRIORITY: Priority = Priority::HIGH;
    const LANE: Lane = Lane::Housekeeping;
    /// A run ends after its share of time: this is for a unit that hangs.
    const TIME_LIMIT: Duration = Duration::from_mins(5);
    /// A folder that is half in the trash would stay so for ever.
    const RETRY: RetryPolicy = RetryPolicy::ENDLESS;
    const DEDUPLICATE_FOLLOW_UPS: bool = true;

    fn unique_name(&self) -> String {
        format!("{}:{}", Self::NAME, self.operation)
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.owner)
    }

    fn after(event: &Event<'_>) -> Option<Self> {
        match event.change {
            Change::OperationBegun { operation, owner } => Some(Self { owner, operation }),
            _ => None,
        }
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        let until = context.ports.clock.now().plus(RUN);
        let tree = context.tree.by_user(self.owner, Client::default());
        while advance_operation(&tree, self.owner, self.operation).await.map_err(failed)? {
            if context.ports.clock.now() >= until {
                return retry_conflicts(|| self.again(context, claimed)).await;
            }
        }
        Ok(Done::Moot)
    }
}

impl RunOperation {
    /// One unit: this job is done, and another one goes on.
    async fn again(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        let mut unit = context.ports.db.begin().await?;
        if !unit.jobs().complete(claimed.id, claimed.attempt).await? {
            unit.rollback().await?;
            return Ok(Done::Lost);
        }
        let (id, now) = (JobId::new(context.ports.ids.uuid()), context.ports.clock.now());
        unit.jobs().enqueue(&self.enqueued(id, now)?).await?;
        unit.commit().await?;
        Ok(Done::Completed)
    }
}

/// A refusal ends the operation: what is left is a failure of the store.
fn failed(error: TreeError) -> JobError {
    match error {
        TreeError::Store(error) => error.into(),
        defect => PortError::Unexpected(Box::new(defect)).into(),
    }
}

#[cfg(test)]
mod tests;
