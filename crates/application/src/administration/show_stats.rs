//! How many users there are, what they keep, and how many jobs failed for good.

use std::sync::Arc;

use super::{Administrator, NotAllowed};
use crate::jobs::MeasureQueue;
use crate::ports::Ports;
use fm_domain::accounts::UserCounts;
use fm_domain::database::Database;

/// The counts of a deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Users, and what they keep.
    pub users: UserCounts,
    /// Jobs that failed for good.
    pub dead_jobs: u64,
}

/// Counts users, what they keep, and jobs.
pub struct ShowStats {
    db: Arc<dyn Database>,
    queue: MeasureQueue,
}

impl ShowStats {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), queue: MeasureQueue::new(ports) }
    }

    /// The counts. They cost a walk along all users, and one along the queue.
    pub async fn run(&self, by: &Administrator) -> Result<Statistics, NotAllowed> {
        by.check(self.db.as_ref()).await?;
        let users = self.db.read().await?.users().count().await?;
        let (_, depths) = self.queue.run().await?;
        Ok(Statistics { users, dead_jobs: depths.iter().map(|depth| depth.dead).sum() })
    }
}

#[cfg(test)]
mod tests;
