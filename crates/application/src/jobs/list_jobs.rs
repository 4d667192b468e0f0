//! What the queue holds.

use std::sync::Arc;

use crate::engine::retry::retry_conflicts;
use crate::ports::Ports;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::ids::JobId;
use fm_domain::jobs::{JobRecord, JobState};

/// How many jobs one page has at most.
const PAGE: u32 = 500;

/// Lists jobs, for operators.
pub struct ListJobs {
    db: Arc<dyn Database>,
}

impl ListJobs {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone() }
    }

    /// Jobs in this state, or all, oldest first: those after `after`, at most 500. An empty page is the end.
    pub async fn run(&self, state: Option<JobState>, after: Option<JobId>) -> PortResult<Vec<JobRecord>> {
        retry_conflicts(|| self.page(state, after)).await
    }

    async fn page(&self, state: Option<JobState>, after: Option<JobId>) -> PortResult<Vec<JobRecord>> {
        let mut unit = self.db.begin().await?;
        let jobs = unit.jobs().list(state, after, PAGE).await?;
        unit.rollback().await?;
        Ok(jobs)
    }
}
