//! The end of an upload: its bytes become a blob, and the blob a file.

use fm_domain::access::{Access, Right};
use fm_domain::blobs::{BlobKey, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::events::Change;
use fm_domain::files::{File, MediaType, Revision, Sha256, ThumbnailState, VersionNumber};
use fm_domain::idempotency::KEPT_FOR;
use fm_domain::ids::{BlobId, DriveId, FileId, NodeId, UserId};
use fm_domain::uploads::{CompleteError, ResumableStore, Upload, UploadStatus};
use std::time::Duration;

use super::ResumableError;
use super::context::Context;
use crate::engine::intents::Intent;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::files::{NewFile, commit_file};
use crate::tree::Placed;

/// How long the intent of a fresh blob lives until it is the upload's: longer than storing one chunk takes.
const FRESH_BLOB_LEASE: Duration = Duration::from_mins(10);

/// A blob that holds the whole upload.
#[derive(Debug, Clone)]
pub(super) struct StoredUpload {
    pub(super) blob: BlobId,
    pub(super) stored: StoredBlob,
    pub(super) content_type: MediaType,
    /// The hash; unknown where the bytes did not pass through us.
    pub(super) sha256: Option<Sha256>,
}

/// Completes a resumable upload all of whose bytes are in the store. A request that acquires the upload after a failure
/// does the same once more.
pub(super) async fn complete_resumable(
    context: &Context,
    store: &dyn ResumableStore,
    upload: &Upload,
) -> Result<Placed, ResumableError> {
    let position = upload.position().ok_or_else(|| defect("a whole upload was never begun"))?;
    let _memory = context.budget.acquire(Some(upload.owner), store.read_back(&position.state)).await?;
    let stored = match store.complete(&BlobKey::file(upload.blob), &position).await {
        Ok(stored) => stored,
        Err(CompleteError::Gone) => return Err(ResumableError::TAKEN_OVER),
        Err(CompleteError::TooLarge) => return Err(ResumableError::TooLargeForStore),
        Err(CompleteError::Incomplete) => return Err(defect("the store lost bytes of an upload").into()),
        Err(CompleteError::Store(error)) => return Err(error.into()),
    };
    let whole = StoredUpload {
        blob: upload.blob,
        stored,
        content_type: super::content_type(upload),
        sha256: Some(upload.hash.finish()),
    };
    commit_upload(context, upload, &whole).await
}

/// Stores bytes as a blob of their own instead of the upload's; its intent is the caller's to cancel.
pub(super) async fn store_fresh_blob(
    context: &Context,
    owner: UserId,
    size: ByteSize,
    put: impl AsyncFnOnce(BlobKey) -> Result<StoredBlob, ResumableError>,
) -> Result<(Intent, StoredBlob), ResumableError> {
    let key = BlobKey::file(BlobId::new(context.ids.uuid()));
    let intent = Intent::bare(key, owner);
    context.intents.record(key, owner, FRESH_BLOB_LEASE).await?;
    let error = match put(key).await {
        Ok(stored) if stored.size == size => return Ok((intent, stored)),
        Ok(_) => defect("the store has another number of bytes than it was sent").into(),
        Err(error) => error,
    };
    context.intents.cancel(&intent).await;
    Err(error)
}

/// The last unit: from its commit on the file exists.
pub(super) async fn commit_upload(
    context: &Context,
    upload: &Upload,
    whole: &StoredUpload,
) -> Result<Placed, ResumableError> {
    if whole.stored.size != upload.offset {
        return Err(defect("the store has another number of bytes than were received").into());
    }
    let file = file_of(context, upload, whole);
    retry_conflicts(|| try_commit(context, upload, whole, &file)).await
}

fn file_of(context: &Context, upload: &Upload, whole: &StoredUpload) -> File {
    let now = context.clock.now();
    let has_thumbnail = context.thumbnailer.accepts(&whole.content_type);
    File {
        id: FileId::new(context.ids.uuid()),
        owner: upload.owner,
        parent: NodeId::root(DriveId::of_user(upload.owner)),
        name: upload.name.clone(),
        content_type: whole.content_type.clone(),
        size: whole.stored.size,
        sha256: whole.sha256,
        blob: whole.blob,
        version: VersionNumber::FIRST,
        thumbnail: if has_thumbnail { ThumbnailState::Pending } else { ThumbnailState::None },
        revision: Revision::FIRST,
        created_at: now,
        updated_at: now,
        content_at: now,
        modified_at: now,
    }
}

async fn try_commit(
    context: &Context,
    upload: &Upload,
    whole: &StoredUpload,
    file: &File,
) -> Result<Placed, ResumableError> {
    let mut unit = context.db.begin().await?;
    match commit_in(context, unit.as_mut(), upload, whole, file).await {
        Ok(placed) => {
            let file = &placed.file;
            let own = Access::on_behalf_of(file.owner, Right::Read);
            let exists = async {
                let found = context.db.read().await?.files().find(&own, file.id).await?;
                PortResult::Ok(found.is_some_and(|found| found.blob == file.blob))
            };
            confirm_commit(unit.commit().await, exists).await?;
            Ok(placed)
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

async fn commit_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    upload: &Upload,
    whole: &StoredUpload,
    file: &File,
) -> Result<Placed, ResumableError> {
    let now = file.created_at;
    unit.uploads().update(&completed(upload, file), upload.epoch).await?;
    if whole.blob != upload.blob && unit.blobs().cancel_intent(upload.blob, now).await? {
        let keys = [BlobKey::file(upload.blob)];
        context.events.record(unit, now, Change::BlobsMarkedDeleted { keys: &keys }).await?;
    }
    let new = NewFile {
        file,
        stored: whole.stored,
        reserved: upload.reserved,
        keyed: upload.key.is_some().then_some(upload.blob),
        placing: &upload.placing,
    };
    let placed = commit_file(unit, &new, &context.tree).await?;
    if placed.file.id != file.id {
        // It is the content of a file that was there.
        unit.uploads().update(&completed(upload, &placed.file), upload.epoch.next()).await?;
    }
    context.events.record(unit, now, Change::UploadCompleted { upload, file: &placed.file }).await?;
    Ok(placed)
}

/// The row of an upload that is this file now.
fn completed(upload: &Upload, file: &File) -> Upload {
    Upload {
        status: UploadStatus::Complete(file.id),
        // A request that does not know yet that it is a file can't change it any more.
        epoch: upload.epoch.next(),
        length: Some(file.size),
        is_locked: false,
        reserved: ByteSize::ZERO,
        state: None,
        head: bytes::Bytes::new(),
        expires_at: file.created_at.plus(KEPT_FOR),
        ..upload.clone()
    }
}

pub(super) fn defect(what: &'static str) -> PortError {
    PortError::Unexpected(what.into())
}

#[cfg(test)]
mod tests;
