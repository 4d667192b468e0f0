//! A dead job that an admin has tried again.

use std::sync::Arc;

use super::{Administrator, NotAllowed};
use crate::jobs::{DeadJobError, JobRegistry, RetryJob};
use crate::ports::{Ports, Settings};
use fm_domain::access::Actor;
use fm_domain::database::Database;
use fm_domain::ids::JobId;

/// Why a dead job stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum RetryJobError {
    /// The one who asks is no admin, or the store failed.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The job can't be tried again.
    #[error(transparent)]
    Job(#[from] DeadJobError),
}

/// Tries dead jobs again, for admins.
pub struct RetryJobForAdmins {
    db: Arc<dyn Database>,
    jobs: RetryJob,
}

impl RetryJobForAdmins {
    pub(crate) fn new(ports: &Ports, settings: &Settings, registry: &JobRegistry) -> Self {
        Self { db: ports.db.clone(), jobs: RetryJob::new(ports, settings, registry) }
    }

    /// Enqueues its work anew; the id of the new job.
    pub async fn run(&self, actor: &Actor, job: JobId) -> Result<JobId, RetryJobError> {
        Administrator::Admin(actor.clone()).check(self.db.as_ref()).await?;
        Ok(self.jobs.run_by(Some(actor), job).await?)
    }
}

#[cfg(test)]
mod tests;
