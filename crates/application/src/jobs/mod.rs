//! The work of the queue.
//!
//! A job is a file here: its payload, its priority, what it follows from, and what it does ([`Job`]). To add one, write the file
//! and add two lines below: its module, and its place in the registry.

mod dead_jobs;
mod dry_run_sweep;
mod find_file;
mod job;
mod list_jobs;
mod make_preview;
mod make_thumbnail;
mod measure_queue;
pub(crate) mod payload;
mod purge_blob;
mod purge_trash;
mod registry;
mod remove_contents;
mod rendering;
mod revoke_sessions;
mod run_next_job;
mod run_operation;
mod schedule_jobs;
mod sweep_blobs;
mod swept;
mod verify_blob;

pub use dead_jobs::{DeadJobError, DiscardJob, RetryJob};
pub use dry_run_sweep::DryRunSweep;
pub use job::{Done, Job, JobContext, JobError, Lane, RetryPolicy};
pub use list_jobs::{ListJobs, ListedJob};
pub use make_preview::MakePreview;
pub use make_thumbnail::MakeThumbnail;
pub use measure_queue::MeasureQueue;
pub use purge_blob::{OtherBlob, PurgeBlob};
pub use purge_trash::PurgeTrash;
pub use registry::{JobRegistry, Unreadable};
pub use remove_contents::RemoveContents;
pub use revoke_sessions::RevokeSessions;
pub use run_next_job::{JobOutcome, Ran, ReadyJob, RunNextJob};
pub use run_operation::RunOperation;
pub use schedule_jobs::{PeriodicJob, ScheduleJobs};
pub use sweep_blobs::{Sweep, SweepBlobs};
pub use swept::Swept;
pub use verify_blob::VerifyBlob;

use crate::ports::{Ports, Settings};
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::jobs::ClaimedJob;

impl JobRegistry {
    /// The jobs of this version, one a line.
    #[must_use]
    pub fn standard() -> Self {
        Self::default()
            .with::<RevokeSessions>()
            .with::<RemoveContents>()
            .with::<RunOperation>()
            .with::<PurgeTrash>()
            .with::<PurgeBlob>()
            .with::<SweepBlobs>()
            .with::<MakeThumbnail>()
            .with::<MakePreview>()
            .with::<VerifyBlob>()
    }
}

/// The use cases of jobs.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Jobs {
    pub run_next: RunNextJob,
    pub schedule: ScheduleJobs,
    pub sweep: Sweep,
    pub dry_run_sweep: DryRunSweep,
    pub list: ListJobs,
    pub measure: MeasureQueue,
    pub retry: RetryJob,
    pub discard: DiscardJob,
}

impl Jobs {
    /// The use cases on these ports, which know these jobs.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings, registry: &JobRegistry) -> Self {
        Self {
            run_next: RunNextJob::new(ports, settings, registry),
            schedule: ScheduleJobs::new(ports, registry),
            sweep: Sweep::new(ports),
            dry_run_sweep: DryRunSweep::new(ports),
            list: ListJobs::new(ports, registry),
            measure: MeasureQueue::new(ports),
            retry: RetryJob::new(ports, settings, registry),
            discard: DiscardJob::new(ports),
        }
    }
}

/// Completes a job that has no other effect to commit.
async fn complete(db: &dyn Database, job: &ClaimedJob) -> PortResult<Done> {
    let mut unit = db.begin_single().await?;
    if unit.jobs().complete(job.id, job.attempt).await? {
        unit.commit().await?;
        Ok(Done::Completed)
    } else {
        unit.rollback().await?;
        Ok(Done::Lost)
    }
}
