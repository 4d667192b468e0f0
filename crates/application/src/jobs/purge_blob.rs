//! The end of a blob whose file is gone.

use std::sync::Arc;

use super::{Done, JobError};
use crate::engine::retry::retry_conflicts;
use crate::jobs::sweep_blobs::close;
use crate::ports::Ports;
use fm_domain::blobs::{BlobKey, BlobStore, Tombstone};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::ids::BlobId;
use fm_domain::jobs::ClaimedJob;

/// Purges blobs.
pub(super) struct PurgeBlob {
    db: Arc<dyn Database>,
    blobs: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
}

impl PurgeBlob {
    pub(super) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), blobs: ports.blobs.clone(), clock: ports.clock.clone() }
    }

    /// Discards the bytes; then, in one unit, their row goes and the job is done. A purge that dies in between is
    /// simply run again.
    pub(super) async fn run(
        &self,
        job: &ClaimedJob,
        blob: BlobId,
        thumbnail: bool,
    ) -> Result<Done, JobError> {
        let key = if thumbnail { BlobKey::thumbnail(blob) } else { BlobKey::file(blob) };
        let Some(tombstone) = self.find(&key).await? else { return Ok(Done::Moot) };
        self.blobs.delete(&key).await?;
        retry_conflicts(|| self.close(job, &tombstone)).await
    }

    async fn close(&self, job: &ClaimedJob, tombstone: &Tombstone) -> Result<Done, JobError> {
        let mut unit = self.db.begin().await?;
        close(&mut *unit, tombstone, self.clock.now()).await?;
        if unit.jobs().complete(job.id, job.attempt).await? {
            unit.commit().await?;
            Ok(Done::Completed)
        } else {
            unit.rollback().await?;
            Ok(Done::Lost)
        }
    }

    async fn find(&self, key: &BlobKey) -> Result<Option<Tombstone>, JobError> {
        let mut unit = self.db.begin().await?;
        let tombstone = unit.blobs().find_tombstone(key).await?;
        unit.rollback().await?;
        Ok(tombstone)
    }
}
