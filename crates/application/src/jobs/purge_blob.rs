//! The end of blobs whose file is gone.

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

/// How many blobs one job takes; more that got their tombstones in one unit are left to a sweep.
pub(super) const MOST_BLOBS: usize = 8;

/// Deletes the bytes of tombstones; then, in one unit, their rows are removed and the job is done. A purge that dies in
/// between is run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurgeBlob {
    /// The blob.
    pub blob: BlobId,
    /// Whether it is a thumbnail's.
    pub thumbnail: bool,
    /// Blobs that got their tombstones with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherBlob>,
}

/// A blob that is purged with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherBlob {
    /// The blob.
    pub blob: BlobId,
    /// Whether it is a thumbnail's.
    pub thumbnail: bool,
}

impl PurgeBlob {
    /// The purge of these blobs; none of none.
    fn of(keys: &[BlobKey]) -> Option<Self> {
        let thumbnail = |key: &BlobKey| key.bucket == Bucket::Thumbnails;
        let (first, others) = keys.split_first()?;
        let others = others.iter().map(|key| OtherBlob { blob: key.id, thumbnail: thumbnail(key) }).collect();
        Some(Self { blob: first.id, thumbnail: thumbnail(first), others })
    }

    fn keys(&self) -> Vec<BlobKey> {
        let first = OtherBlob { blob: self.blob, thumbnail: self.thumbnail };
        let key = |OtherBlob { blob, thumbnail }| {
            if thumbnail { BlobKey::thumbnail(blob) } else { BlobKey::file(blob) }
        };
        std::iter::once(first).chain(self.others.iter().copied()).map(key).collect()
    }
}

#[async_trait]
impl Job for PurgeBlob {
    const NAME: &'static str = "purge_blob";
    const PRIORITY: Priority = Priority::NORMAL;
    const LANE: Lane = Lane::Housekeeping;
    const TIME_LIMIT: Duration = Duration::from_mins(10);

    fn unique_name(&self) -> String {
        self.keys().iter().fold(Self::NAME.to_owned(), |name, key| format!("{name}:{}", key.id))
    }

    fn after(event: &Event<'_>) -> Option<Self> {
        match event.change {
            Change::BlobsMarkedDeleted { keys } if keys.len() <= MOST_BLOBS => Self::of(keys),
            _ => None,
        }
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        let tombstones = find(context, &self.keys()).await?;
        if tombstones.is_empty() {
            return Ok(Done::Moot);
        }
        for tombstone in &tombstones {
            context.ports.blobs.delete(&tombstone.key).await?;
        }
        retry_conflicts(|| finish(context, claimed, &tombstones)).await
    }
}

async fn finish(
    context: &JobContext,
    claimed: &ClaimedJob,
    tombstones: &[Tombstone],
) -> Result<Done, JobError> {
    // The bytes are gone: the tombstones may be closed even where another worker has the job by now.
    let mut unit = context.ports.db.begin_single().await?;
    let (is_moving, now) = (context.ports.moving.is_some(), context.ports.clock.now());
    for tombstone in tombstones {
        close(&mut *unit, tombstone, is_moving, now).await?;
    }
    if unit.jobs().complete(claimed.id, claimed.attempt).await? {
        unit.commit().await?;
        Ok(Done::Completed)
    } else {
        unit.rollback().await?;
        Ok(Done::Lost)
    }
}

async fn find(context: &JobContext, keys: &[BlobKey]) -> Result<Vec<Tombstone>, JobError> {
    let mut unit = context.ports.db.begin().await?;
    let tombstones = unit.blobs().find_tombstones(keys).await?;
    unit.rollback().await?;
    Ok(tombstones)
}

#[cfg(test)]
mod tests;
