//! What the use cases of uploads share.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::retry::retry_conflicts;
use crate::files::doom_blob;
use crate::wiring::{Ports, Settings};
use fm_domain::blobs::{BlobKey, BlobStore, PartUpload, WrittenPart};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::PortResult;
use fm_domain::idempotency::KEPT_FOR;
use fm_domain::ids::{IdSource, JobId, UploadId, UserId};
use fm_domain::jobs::{NewJob, Work};
use fm_domain::thumbnails::Thumbnailer;
use fm_domain::uploads::{Upload, UploadStatus};
use fm_streaming::hashing::HashThreads;
use fm_streaming::{BufferBudget, BufferPool};

use super::ResumableError;

/// How much longer the intent of the blob lives than its upload, so that it is the upload that expires.
const GRACE: Duration = Duration::from_mins(10);

/// By how much less an upload may live at most after its last piece.
const LONGEST_SLACK: Duration = Duration::from_mins(1);

/// What the use cases of uploads share.
#[derive(Clone)]
pub(crate) struct Context {
    pub(super) db: Arc<dyn Database>,
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) parts: Arc<dyn PartUpload>,
    pub(super) thumbnailer: Arc<dyn Thumbnailer>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) budget: BufferBudget,
    pub(super) hash_threads: HashThreads,
    pub(super) pool: BufferPool,
    pub(super) max: ByteSize,
    pub(super) quota: Option<ByteSize>,
    pub(super) ttl: Duration,
}

impl Context {
    pub(crate) fn new(ports: &Ports, store: &Arc<dyn PartUpload>, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            blobs: ports.blobs.clone(),
            parts: store.clone(),
            thumbnailer: ports.thumbnailer.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            budget: settings.upload_buffer.clone(),
            hash_threads: settings.hash_threads.clone(),
            pool: BufferPool::default(),
            max: settings.max_resumable.min(ports.blobs.limits().max_blob),
            quota: settings.quota,
            ttl: settings.upload_ttl,
        }
    }

    /// Until when the intent of an upload's blob lives.
    pub(super) fn intent_until(upload: &Upload) -> Timestamp {
        upload.expires_at.plus(GRACE)
    }

    /// What is reserved for so many bytes: nothing where there is no quota.
    pub(super) const fn reservation(&self, length: ByteSize) -> ByteSize {
        if self.quota.is_some() { length } else { ByteSize::ZERO }
    }

    /// Lets the upload live on from now. Whether its row says so: see [`later`].
    pub(super) fn slide(&self, upload: &mut Upload) -> bool {
        let later = later(upload.expires_at, self.clock.now(), self.ttl);
        upload.expires_at = later.unwrap_or(upload.expires_at);
        later.is_some()
    }

    pub(super) fn allows(&self, length: ByteSize) -> Result<(), ResumableError> {
        if length > self.max { Err(BodyError::TooLarge { limit: self.max }.into()) } else { Ok(()) }
    }

    pub(super) async fn find(&self, owner: UserId, id: UploadId) -> Result<Upload, ResumableError> {
        let found = self.db.read().await?.uploads().find(owner, id).await?;
        found.ok_or(ResumableError::NotFound)
    }

    /// The parts that the database knows of, by number.
    pub(super) async fn parts_of(&self, id: UploadId) -> PortResult<Vec<WrittenPart>> {
        retry_conflicts(|| async {
            let mut unit = self.db.begin().await?;
            let parts = unit.uploads().parts(id).await?;
            unit.rollback().await?;
            PortResult::Ok(parts)
        })
        .await
    }

    /// Whether an upload can't go on any more, though no sweep has seen it yet.
    pub(super) fn is_over(&self, upload: &Upload) -> bool {
        match upload.status {
            UploadStatus::Open => upload.expires_at <= self.clock.now(),
            UploadStatus::Complete(_) => false,
            UploadStatus::Expired => true,
        }
    }

    /// Gives an open upload up, and takes it out; false when somebody else has it.
    pub(super) async fn give_up(&self, upload: &Upload) -> Result<bool, ResumableError> {
        retry_conflicts(|| async {
            let mut unit = self.db.begin().await?;
            let found = unit.uploads().find_for_update(upload.owner, upload.id).await?;
            let own = |found: &Upload| found.status == UploadStatus::Open && found.epoch == upload.epoch;
            let Some(found) = found.filter(own) else {
                unit.rollback().await?;
                return Ok(false);
            };
            clear(unit.as_mut(), &found, self.ids.as_ref(), self.clock.now()).await?;
            unit.uploads().remove(found.id).await?;
            unreserve(unit.as_mut(), &found).await?;
            unit.commit().await?;
            Ok(true)
        })
        .await
    }
}

/// Until when an upload lives of which something came now. `None` where that is hardly longer than it did: the rows that
/// say so are not written with each piece.
fn later(expires_at: Timestamp, now: Timestamp, ttl: Duration) -> Option<Timestamp> {
    let later = now.plus(ttl);
    (later.since(expires_at) >= (ttl / 64).min(LONGEST_SLACK)).then_some(later)
}

/// Lets the blobs and the key of an open upload go; what becomes of its row, and then of its reservation, is the
/// caller's.
pub(crate) async fn clear(
    unit: &mut dyn UnitOfWork,
    upload: &Upload,
    ids: &dyn IdSource,
    now: Timestamp,
) -> PortResult<()> {
    let key = BlobKey::file(upload.blob);
    if unit.blobs().abandon(upload.blob, now).await? {
        unit.jobs().enqueue(&NewJob::due(JobId::new(ids.uuid()), Work::purge(key), now)).await?;
    }
    for tail in &upload.tails {
        doom_blob(unit, BlobKey::file(tail.blob), ids, now).await?;
    }
    if upload.key.is_some() {
        unit.keys().free(upload.blob).await?;
    }
    Ok(())
}

/// Gives back what was reserved. The row of the user comes last in every unit.
pub(crate) async fn unreserve(unit: &mut dyn UnitOfWork, upload: &Upload) -> PortResult<()> {
    if upload.reserved > ByteSize::ZERO {
        unit.users().unreserve(upload.owner, upload.reserved).await?;
    }
    Ok(())
}

/// An upload that was not finished in time, remembered for a while so that its client is told.
pub(crate) fn expire(upload: &Upload, now: Timestamp) -> Upload {
    Upload {
        status: UploadStatus::Expired,
        epoch: upload.epoch.next(),
        reserved: ByteSize::ZERO,
        tails: Vec::new(),
        head: bytes::Bytes::new(),
        expires_at: now.plus(KEPT_FOR),
        ..upload.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_an_upload_lives_is_written_where_it_makes_a_difference() {
        let (begin, day, seconds) =
            (Timestamp::from_unix_seconds(0), Duration::from_hours(24), Duration::from_secs);
        let after = |passed, ttl| later(begin.plus(ttl), begin.plus(passed), ttl);
        assert_eq!(after(seconds(59), day), None);
        assert_eq!(after(seconds(60), day), Some(begin.plus(seconds(60)).plus(day)));
        // A sixty-fourth of one that lives short.
        assert_eq!(after(Duration::from_millis(999), seconds(64)), None);
        assert_eq!(after(seconds(1), seconds(64)), Some(begin.plus(seconds(65))));
        assert_eq!(later(begin, begin, Duration::ZERO), Some(begin));
    }
}
