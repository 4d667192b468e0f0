//! The queue, as admins see it.

use std::sync::Arc;

use super::pages::List;
use super::{Administrator, PageError};
use crate::jobs::{JobRegistry, ListJobs, ListedJob};
use crate::ports::Ports;
use fm_domain::database::Database;
use fm_domain::ids::JobId;
use fm_domain::jobs::JobState;
use fm_domain::mac::MacSigner;

/// The jobs to list, from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListJobsCommand {
    /// Those in this state alone.
    pub state: Option<JobState>,
    /// The most jobs in a page, fewer than 500.
    pub limit: u32,
    /// The end of the page before.
    pub cursor: Option<String>,
}

/// A page of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPage {
    /// The jobs, oldest first.
    pub items: Vec<ListedJob>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
}

/// Lists jobs for admins.
pub struct ListJobsForAdmins {
    db: Arc<dyn Database>,
    macs: Arc<dyn MacSigner>,
    jobs: ListJobs,
}

impl ListJobsForAdmins {
    pub(crate) fn new(ports: &Ports, registry: &JobRegistry) -> Self {
        Self { db: ports.db.clone(), macs: ports.macs.clone(), jobs: ListJobs::new(ports, registry) }
    }

    /// One page.
    pub async fn run(&self, by: &Administrator, command: ListJobsCommand) -> Result<JobPage, PageError> {
        by.check(self.db.as_ref()).await?;
        let ListJobsCommand { state, limit, cursor } = command;
        let (macs, filter) = (self.macs.as_ref(), state.map_or("", JobState::as_str));
        let list = List { name: "jobs", filter };
        let after = list.place(cursor.as_deref(), macs)?.map(JobId::new);
        let mut items = self.jobs.run(state, after).await?;
        let next_cursor = list.next(&mut items, limit, |job| job.record.id.uuid(), macs)?;
        Ok(JobPage { items, next_cursor })
    }
}

#[cfg(test)]
mod tests;
