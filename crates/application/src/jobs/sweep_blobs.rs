//! The sweep: it cleans up what was begun and never finished.
//!
//! It cancels intents first, commits, and only then deletes bytes: an upload that commits at the same moment either marks
//! its blob as stored before, or is refused after. Deleting first would delete bytes while the upload commits.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::job::{Done, Job, JobContext, JobError, Lane};
use super::purge_blob::MOST_BLOBS;
use super::swept::Swept;
use crate::engine::events::EventRecorder;
use crate::engine::retry::retry_conflicts;
use crate::ports::Ports;
use crate::uploads::{expire, release_blob, unreserve};
use fm_domain::blobs::{BlobStore, Tombstone};
use fm_domain::body::ByteSize;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::{PortResult, chain};
use fm_domain::events::{Change, Event};
use fm_domain::jobs::{ClaimedJob, Priority};
use fm_domain::sessions::SessionStore;
use fm_domain::tree::Operation;
use fm_domain::uploads::UpdateUpload;

/// How long a tombstone is kept where a write of the blob may still be under way: longer than any takes. Such a write can bring the
/// object back, so the sweep deletes it once more then.
const TOMBSTONE: Duration = Duration::from_hours(1);
/// How many rows one step takes whose rows cost more than their removal: a charge, or a call of the blob store.
const BATCH: u32 = 100;
/// How many rows one step takes that only removes them.
const PURGE_BATCH: u32 = 1_000;
/// How many steps one run takes at most; the next run goes on.
const STEPS: u32 = 100;
/// How long a blob that can't be deleted stays out of the way of those after it.
const PUT_OFF: Duration = Duration::from_mins(10);
/// How many such blobs a run meets before it takes the store for broken.
const MOST_FAILURES: u32 = 3;

/// The job that runs a [`Sweep`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepBlobs {}

#[async_trait]
impl Job for SweepBlobs {
    const NAME: &'static str = "sweep_blobs";
    const PRIORITY: Priority = Priority::NORMAL;
    const LANE: Lane = Lane::Housekeeping;
    const TIME_LIMIT: Duration = Duration::from_hours(1);

    fn unique_name(&self) -> String {
        Self::NAME.to_owned()
    }

    /// Not deduplicated: a sweep that runs may have passed the blobs of the account already.
    fn after(event: &Event<'_>) -> Option<Self> {
        match event.change {
            Change::ContentsRemoved { .. } => Some(Self {}),
            Change::BlobsMarkedDeleted { keys } if keys.len() > MOST_BLOBS => Some(Self {}),
            _ => None,
        }
    }

    fn periodic() -> Option<(Duration, Self)> {
        Some((Duration::from_mins(1), Self {}))
    }

    async fn run(&self, context: &JobContext, _claimed: &ClaimedJob) -> Result<Done, JobError> {
        let swept = Sweep::new(&context.ports).run().await?;
        context.swept.add(&swept);
        Ok(Done::Moot)
    }
}

/// What a run does, in this order.
#[derive(Clone, Copy)]
enum Step {
    ExpireUploads,
    PurgeUploads,
    CancelExpired,
    DeleteDue,
    PurgeKeys,
    PurgeSessions,
    PurgeAudit,
    PurgeOperations,
}

impl Step {
    const ALL: [Self; 8] = [
        Self::ExpireUploads,
        Self::PurgeUploads,
        Self::CancelExpired,
        Self::DeleteDue,
        Self::PurgeKeys,
        Self::PurgeSessions,
        Self::PurgeAudit,
        Self::PurgeOperations,
    ];

    /// How many rows it takes at once.
    const fn batch(self) -> u32 {
        match self {
            Self::ExpireUploads | Self::CancelExpired | Self::DeleteDue => BATCH,
            Self::PurgeUploads
            | Self::PurgeKeys
            | Self::PurgeSessions
            | Self::PurgeAudit
            | Self::PurgeOperations => PURGE_BATCH,
        }
    }
}

/// Sweeps: cancels intents that expired, deletes the bytes of tombstones that are due, removes keys, sessions and operations that
/// ended, and entries of the audit trail that are too old.
pub struct Sweep {
    db: Arc<dyn Database>,
    blobs: Arc<dyn BlobStore>,
    /// Whether blobs that were stored are being copied to another store.
    is_moving: bool,
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
    audit_retention: Duration,
}

impl Sweep {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            db: ports.db.clone(),
            blobs: ports.blobs.clone(),
            is_moving: ports.moving.is_some(),
            sessions: ports.sessions.clone(),
            clock: ports.clock.clone(),
            events: EventRecorder::new(ports),
            audit_retention: ports.audit_retention,
        }
    }

    /// One run, of at most 10,000 rows of each sort that costs more than its removal and 100,000 of others. Nothing younger than its lease (60 s without a sign of life) is
    /// touched.
    pub async fn run(&self) -> PortResult<Swept> {
        let mut swept = Swept::default();
        for step in Step::ALL {
            for _ in 0..STEPS {
                if self.take(step, &mut swept).await? < step.batch() {
                    break;
                }
            }
        }
        Ok(swept)
    }

    /// One batch of a step; how many rows it found.
    async fn take(&self, step: Step, swept: &mut Swept) -> PortResult<u32> {
        let (found, counted) = match step {
            Step::ExpireUploads => (retry_conflicts(|| self.expire_uploads()).await?, &mut swept.cancelled),
            Step::PurgeUploads => (retry_conflicts(|| self.purge_uploads()).await?, &mut swept.uploads),
            Step::CancelExpired => (retry_conflicts(|| self.cancel_expired()).await?, &mut swept.cancelled),
            Step::DeleteDue => {
                let (found, failed) = self.delete_due().await?;
                swept.failed += u64::from(failed);
                swept.deleted += u64::from(found - failed);
                return Ok(found);
            }
            Step::PurgeKeys => (retry_conflicts(|| self.purge_keys()).await?, &mut swept.keys),
            Step::PurgeSessions => {
                (self.sessions.purge_expired(self.clock.now(), PURGE_BATCH).await?, &mut swept.sessions)
            }
            Step::PurgeAudit => (retry_conflicts(|| self.purge_audit()).await?, &mut swept.audit),
            Step::PurgeOperations => {
                (retry_conflicts(|| self.purge_operations()).await?, &mut swept.operations)
            }
        };
        *counted += u64::from(found);
        Ok(found)
    }

    /// Uploads of many requests that were not finished in time. Their rows stay for a while, so that their clients learn
    /// of it.
    async fn expire_uploads(&self) -> PortResult<u32> {
        let now = self.clock.now();
        let mut unit = self.db.begin().await?;
        let expired = unit.uploads().expired(now, BATCH).await?;
        for upload in &expired {
            release_blob(unit.as_mut(), upload, &self.events, now).await?;
            match unit.uploads().update(&expire(upload, now), upload.epoch).await {
                Ok(()) => {}
                // The row is locked, so this can't be; were it so, another request has acquired the upload.
                Err(UpdateUpload::Fenced) => {
                    unit.rollback().await?;
                    return Ok(0);
                }
                Err(UpdateUpload::Store(error)) => return Err(error),
            }
            self.events.record(unit.as_mut(), now, Change::UploadExpired { upload }).await?;
            unreserve(unit.as_mut(), upload).await?;
        }
        unit.commit().await?;
        Ok(u32::try_from(expired.len()).unwrap_or(BATCH))
    }

    async fn purge_uploads(&self) -> PortResult<u32> {
        let mut unit = self.db.begin().await?;
        let purged = unit.uploads().purge_ended(self.clock.now(), PURGE_BATCH).await?;
        unit.commit().await?;
        Ok(purged)
    }

    async fn cancel_expired(&self) -> PortResult<u32> {
        let mut unit = self.db.begin().await?;
        let expired = unit.blobs().cancel_expired(self.clock.now(), BATCH).await?;
        for intent in &expired {
            if intent.reserved > ByteSize::ZERO {
                unit.users().unreserve(intent.owner, intent.reserved).await?;
            }
        }
        unit.commit().await?;
        Ok(u32::try_from(expired.len()).unwrap_or(BATCH))
    }

    /// How many tombstones were due, and how many of their blobs could not be deleted.
    async fn delete_due(&self) -> PortResult<(u32, u32)> {
        let now = self.clock.now();
        let mut unit = self.db.begin().await?;
        let due = unit.blobs().due(now, BATCH).await?;
        unit.rollback().await?;
        let mut failures = 0;
        for tombstone in &due {
            let Err(error) = self.delete(tombstone, now).await else { continue };
            failures += 1;
            if failures == MOST_FAILURES {
                return Err(error);
            }
            tracing::warn!(blob.id = %tombstone.key.id, error = chain(&error), "a blob could not be deleted");
            retry_conflicts(|| self.put_off(tombstone, now.plus(PUT_OFF))).await?;
        }
        Ok((u32::try_from(due.len()).unwrap_or(BATCH), failures))
    }

    /// Deletes the bytes of a tombstone, then closes it.
    async fn delete(&self, tombstone: &Tombstone, now: Timestamp) -> PortResult<()> {
        self.blobs.delete(&tombstone.key).await?;
        retry_conflicts(|| async {
            let mut unit = self.db.begin().await?;
            close(&mut *unit, tombstone, self.is_moving, now).await?;
            unit.commit().await
        })
        .await
    }

    async fn put_off(&self, tombstone: &Tombstone, until: Timestamp) -> PortResult<()> {
        let mut unit = self.db.begin().await?;
        unit.blobs().postpone(tombstone.key.id, until).await?;
        unit.commit().await
    }

    async fn purge_keys(&self) -> PortResult<u32> {
        let mut unit = self.db.begin().await?;
        let purged = unit.keys().purge_expired(self.clock.now(), PURGE_BATCH).await?;
        unit.commit().await?;
        Ok(purged)
    }

    async fn purge_audit(&self) -> PortResult<u32> {
        let before = self.clock.now().minus(self.audit_retention);
        let mut unit = self.db.begin().await?;
        let purged = unit.audit().purge_before(before, PURGE_BATCH).await?;
        unit.commit().await?;
        Ok(purged)
    }

    async fn purge_operations(&self) -> PortResult<u32> {
        let before = self.clock.now().minus(Operation::KEPT_FOR);
        let mut unit = self.db.begin().await?;
        let purged = unit.operations().purge_ended(before, PURGE_BATCH).await?;
        unit.commit().await?;
        Ok(purged)
    }
}

/// Removes the tombstone of a blob whose bytes were deleted; postpones it while a late write may still bring them back: by
/// an upload that was not finished, or by a copy to another store.
pub(super) async fn close(
    unit: &mut dyn UnitOfWork,
    tombstone: &Tombstone,
    is_moving: bool,
    now: Timestamp,
) -> PortResult<()> {
    let end = tombstone.deleted_at.plus(TOMBSTONE);
    if (tombstone.was_stored && !is_moving) || end <= now {
        unit.blobs().remove(tombstone.key.id).await
    } else {
        unit.blobs().postpone(tombstone.key.id, end).await
    }
}

#[cfg(test)]
mod tests;
