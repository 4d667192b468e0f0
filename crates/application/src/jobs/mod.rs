//! The work of the queue.

mod dead_jobs;
mod list_jobs;
mod make_thumbnail;
mod preview_sweep;
mod purge_blob;
mod revoke_sessions;
mod run_next_job;
mod schedule_sweep;
mod sweep_blobs;
mod verify_blob;

pub use dead_jobs::{DeadJobError, DiscardJob, RetryJob};
pub use list_jobs::ListJobs;
pub use preview_sweep::PreviewSweep;
pub use run_next_job::{Ran, RunNextJob};
pub use schedule_sweep::ScheduleSweep;
pub use sweep_blobs::{Sweep, Swept};

use crate::ports::Ports;
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::jobs::ClaimedJob;

/// The use cases of jobs.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Jobs {
    pub run_next: RunNextJob,
    pub schedule_sweep: ScheduleSweep,
    pub sweep: Sweep,
    pub preview_sweep: PreviewSweep,
    pub list: ListJobs,
    pub retry: RetryJob,
    pub discard: DiscardJob,
}

impl Jobs {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self {
            run_next: RunNextJob::new(ports),
            schedule_sweep: ScheduleSweep::new(ports),
            sweep: Sweep::new(ports),
            preview_sweep: PreviewSweep::new(ports),
            list: ListJobs::new(ports),
            retry: RetryJob::new(ports),
            discard: DiscardJob::new(ports),
        }
    }
}

/// How a job ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// Its work was done, and the job is complete, in one unit.
    Completed,
    /// There was nothing to do (any more): the job is still to be completed.
    Moot,
    /// Another worker has it: its lease ran out.
    Lost,
}

/// Why a job has to be tried again.
#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error(transparent)]
    Store(#[from] PortError),
    #[error("{0}")]
    Failed(String),
}

crate::engine::retry::failure!(JobError);

/// Completes a job that has no other effect to commit.
async fn complete(db: &dyn Database, job: &ClaimedJob) -> PortResult<Done> {
    let mut unit = db.begin().await?;
    if unit.jobs().complete(job.id, job.attempt).await? {
        unit.commit().await?;
        Ok(Done::Completed)
    } else {
        unit.rollback().await?;
        Ok(Done::Lost)
    }
}

#[cfg(test)]
mod tests;
