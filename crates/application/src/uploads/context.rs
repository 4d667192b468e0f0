//! What the use cases of uploads share.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::access::{Access, Actor, Right};
use fm_domain::blobs::{BlobKey, BlobStore};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::idempotency::KEPT_FOR;
use fm_domain::ids::{IdSource, UploadId};
use fm_domain::thumbnails::Thumbnailer;
use fm_domain::uploads::{Upload, UploadStatus};
use fm_streaming::hashing::HashThreads;
use fm_streaming::{BufferBudget, BufferPool};

use super::ResumableError;
use crate::engine::events::EventRecorder;
use crate::engine::intents::Intents;
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use crate::tree::TreeContext;

/// How much longer the intent of the blob lives than its upload, so that it is the upload that expires.
const INTENT_MARGIN: Duration = Duration::from_mins(10);

/// By how much less an upload may live at most after its last bytes.
const MAX_EXPIRY_LAG: Duration = Duration::from_mins(1);

/// What the use cases of uploads share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    pub(super) db: Arc<dyn Database>,
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) intents: Intents,
    pub(super) thumbnailer: Arc<dyn Thumbnailer>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) events: EventRecorder,
    pub(super) tree: TreeContext,
    pub(super) budget: BufferBudget,
    pub(super) hash_threads: HashThreads,
    pub(super) pool: BufferPool,
    pub(super) max: ByteSize,
    pub(super) quota: Option<ByteSize>,
    pub(super) max_unfinished: u64,
    pub(super) ttl: Duration,
}

impl Context {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            blobs: ports.blobs.clone(),
            intents: Intents::new(ports),
            thumbnailer: ports.thumbnailer.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            events: EventRecorder::new(ports),
            tree: TreeContext::new(ports, settings),
            budget: settings.upload_buffer.clone(),
            hash_threads: settings.hash_threads.clone(),
            pool: BufferPool::default(),
            max: settings.max_resumable.min(ports.blobs.limits().max_blob),
            quota: settings.quota,
            max_unfinished: settings.max_unfinished_uploads,
            ttl: settings.upload_ttl,
        }
    }

    /// The same, for what this actor does.
    pub(super) fn by(&self, actor: &Actor) -> Self {
        Self { events: self.events.by(actor), tree: self.tree.by(actor), ..self.clone() }
    }

    /// Lets the upload live on from now. Whether its row says so: see [`later_expiry`].
    pub(super) fn extend(&self, upload: &mut Upload) -> bool {
        let later = later_expiry(upload.expires_at, self.clock.now(), self.ttl);
        upload.expires_at = later.unwrap_or(upload.expires_at);
        later.is_some()
    }

    /// Refuses a whole that is larger than the largest.
    pub(super) fn check_length(&self, length: ByteSize) -> Result<(), ResumableError> {
        if length > self.max { Err(BodyError::TooLarge { limit: self.max }.into()) } else { Ok(()) }
    }

    pub(super) async fn find(&self, access: &Access, id: UploadId) -> Result<Upload, ResumableError> {
        let found = self.db.read().await?.uploads().find(access, id).await?;
        found.ok_or(ResumableError::NotFound)
    }

    /// Whether an upload can't go on any more, though no sweep has seen it yet.
    pub(super) fn is_over(&self, upload: &Upload) -> bool {
        match upload.status {
            UploadStatus::Open => upload.expires_at <= self.clock.now(),
            UploadStatus::Complete(_) => false,
            UploadStatus::Expired => true,
        }
    }

    /// Removes an open upload that can't be completed; false when another request has acquired it.
    pub(super) async fn cancel(&self, upload: &Upload) -> Result<bool, ResumableError> {
        let own = Access::on_behalf_of(upload.owner, Right::Write);
        retry_conflicts(|| async {
            let mut unit = self.db.begin().await?;
            let found = unit.uploads().find_for_update(&own, upload.id).await?;
            let own = |found: &Upload| found.status == UploadStatus::Open && found.epoch == upload.epoch;
            let Some(found) = found.filter(own) else {
                unit.rollback().await?;
                return Ok(false);
            };
            let now = self.clock.now();
            release_blob(unit.as_mut(), &found, &self.events, now).await?;
            unit.uploads().remove(found.id).await?;
            self.events.record(unit.as_mut(), now, Change::UploadCancelled { upload: &found }).await?;
            unreserve(unit.as_mut(), &found).await?;
            unit.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Removes an upload that no later request can finish either; the error that tells of it.
    pub(super) async fn give_up(&self, upload: &Upload, because: ResumableError) -> ResumableError {
        match self.cancel(upload).await {
            Ok(true) => because,
            Ok(false) => ResumableError::TAKEN_OVER,
            Err(error) => error,
        }
    }
}

/// Until when the intent of an upload's blob lives.
pub(super) fn intent_expiry(upload: &Upload) -> Timestamp {
    upload.expires_at.plus(INTENT_MARGIN)
}

/// New expiry after bytes arrived; `None` when it would move too little to be worth a write.
fn later_expiry(expires_at: Timestamp, now: Timestamp, ttl: Duration) -> Option<Timestamp> {
    let later = now.plus(ttl);
    (later.since(expires_at) >= (ttl / 64).min(MAX_EXPIRY_LAG)).then_some(later)
}

/// Cancels the intent of an open upload and frees its idempotency key. The caller changes its row, and then releases its
/// reservation.
pub(crate) async fn release_blob(
    unit: &mut dyn UnitOfWork,
    upload: &Upload,
    events: &EventRecorder,
    now: Timestamp,
) -> PortResult<()> {
    if unit.blobs().cancel_intent(upload.blob, now).await? {
        let keys = [BlobKey::file(upload.blob)];
        events.record(unit, now, Change::BlobsMarkedDeleted { keys: &keys }).await?;
    }
    if upload.key.is_some() {
        unit.keys().free(upload.blob).await?;
    }
    Ok(())
}

/// Releases the reserved bytes. The row of the user comes last in every unit.
pub(crate) async fn unreserve(unit: &mut dyn UnitOfWork, upload: &Upload) -> PortResult<()> {
    if upload.reserved > ByteSize::ZERO {
        unit.users().unreserve(upload.owner, upload.reserved).await?;
    }
    Ok(())
}

/// The row of an upload that was not finished in time, kept for a while so that its client learns of it.
pub(crate) fn expire(upload: &Upload, now: Timestamp) -> Upload {
    Upload {
        status: UploadStatus::Expired,
        epoch: upload.epoch.next(),
        reserved: ByteSize::ZERO,
        state: None,
        head: bytes::Bytes::new(),
        expires_at: now.plus(KEPT_FOR),
        ..upload.clone()
    }
}

#[cfg(test)]
mod tests;
