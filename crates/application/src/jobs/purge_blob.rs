//! The end of a blob whose file is gone.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::job::{Done, Job, JobContext, JobError, Lane};
use super::sweep_blobs::close;
use crate::engine::retry::retry_conflicts;
use fm_domain::blobs::{BlobKey, Bucket, Tombstone};
use fm_domain::events::{Change, Event};
use fm_domain::ids::BlobId;
use fm_domain::jobs::{ClaimedJob, Priority};

/// Deletes the bytes of a tombstone; then, in one unit, the row is removed and the job is done. A purge that dies in
/// between is run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurgeBlob {
    /// The blob.
    pub blob: BlobId,
    /// Whether it is a thumbnail's.
    pub thumbnail: bool,
}

#[async_trait]
impl Job for PurgeBlob {
    const NAME: &'static str = "purge_blob";
    const PRIORITY: Priority = Priority::NORMAL;
    const LANE: Lane = Lane::Housekeeping;
    const TIME_LIMIT: Duration = Duration::from_mins(10);

    fn unique_name(&self) -> String {
        format!("{}:{}", Self::NAME, self.blob)
    }

    fn after(event: &Event<'_>) -> Option<Self> {
        match event.change {
            Change::BlobMarkedDeleted { key } => {
                Some(Self { blob: key.id, thumbnail: key.bucket == Bucket::Thumbnails })
            }
            _ => None,
        }
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        let key = if self.thumbnail { BlobKey::thumbnail(self.blob) } else { BlobKey::file(self.blob) };
        let Some(tombstone) = find(context, &key).await? else { return Ok(Done::Moot) };
        context.ports.blobs.delete(&key).await?;
        retry_conflicts(|| finish(context, claimed, &tombstone)).await
    }
}

async fn finish(context: &JobContext, claimed: &ClaimedJob, tombstone: &Tombstone) -> Result<Done, JobError> {
    // The bytes are gone: the tombstone may be closed even where another worker has the job by now.
    let mut unit = context.ports.db.begin_single().await?;
    let is_moving = context.ports.moving.is_some();
    close(&mut *unit, tombstone, is_moving, context.ports.clock.now()).await?;
    if unit.jobs().complete(claimed.id, claimed.attempt).await? {
        unit.commit().await?;
        Ok(Done::Completed)
    } else {
        unit.rollback().await?;
        Ok(Done::Lost)
    }
}

async fn find(context: &JobContext, key: &BlobKey) -> Result<Option<Tombstone>, JobError> {
    let mut unit = context.ports.db.begin().await?;
    let tombstone = unit.blobs().find_tombstone(key).await?;
    unit.rollback().await?;
    Ok(tombstone)
}

#[cfg(test)]
mod tests;
