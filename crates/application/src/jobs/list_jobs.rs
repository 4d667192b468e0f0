//! What the queue holds.

use std::sync::Arc;

use super::registry::{JobRegistry, Unreadable};
use crate::ports::Ports;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::ids::JobId;
use fm_domain::jobs::{JobRecord, JobState};

/// How many jobs one page has at most.
const PAGE: u32 = 500;

/// A job, and whether this node could run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedJob {
    /// The job.
    pub record: JobRecord,
    /// Why this node can't run it; such a job waits for a node of a newer version.
    pub unreadable: Option<Unreadable>,
}

/// Lists jobs, for operators.
pub struct ListJobs {
    db: Arc<dyn Database>,
    registry: JobRegistry,
}

impl ListJobs {
    pub(crate) fn new(ports: &Ports, registry: &JobRegistry) -> Self {
        Self { db: ports.db.clone(), registry: registry.clone() }
    }

    /// Jobs in this state, or all, oldest first: those after `after`, at most 500. An empty page is the end. It only reads: a sealed
    /// database answers too.
    pub async fn run(&self, state: Option<JobState>, after: Option<JobId>) -> PortResult<Vec<ListedJob>> {
        let page = self.db.read().await?.jobs().list(state, after, PAGE).await?;
        Ok(page.into_iter().map(|record| self.listed(record)).collect())
    }

    fn listed(&self, record: JobRecord) -> ListedJob {
        let unreadable = self.registry.read(&record.kind, &record.payload).err();
        ListedJob { record, unreadable }
    }
}

#[cfg(test)]
mod tests;
