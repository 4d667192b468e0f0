//! The end of an upload: the parts become a blob, and the blob a file.

use super::ResumableError;
use super::context::Context;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::files::{Kept, doom_blob, keep};
use fm_domain::blobs::{BlobKey, CompleteParts, PartTag, StoredBlob, WrittenPart};
use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, MediaType, Revision, Sha256, ThumbnailState};
use fm_domain::idempotency::KEPT_FOR;
use fm_domain::ids::{BlobId, FileId, JobId};
use fm_domain::jobs::{NewJob, Work};
use fm_domain::uploads::{Upload, UploadStatus};

/// A blob that holds the whole upload.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    pub(super) blob: BlobId,
    pub(super) stored: StoredBlob,
    pub(super) content_type: MediaType,
    /// Unknown where nobody of us has read the bytes.
    pub(super) sha256: Option<Sha256>,
}

impl Context {
    /// Puts the parts of a resumable upload together, all of whose bytes came, and keeps the file. Whoever takes the
    /// upload up after a failure does the same once more.
    pub(super) async fn finish(&self, upload: &Upload) -> Result<File, ResumableError> {
        let write = upload.part_write().ok_or_else(|| defect("a whole upload was never begun"))?;
        let mut parts = self.parts_of(upload.id).await?;
        if parts.is_empty() {
            // The store needs no tags: one part stands for all.
            parts.push(WrittenPart { number: 1, size: upload.offset, tag: PartTag::new(String::new()) });
        }
        let fence = upload.epoch.number();
        let stored = match self.parts.complete(&write, fence, &parts, upload.offset).await {
            Ok(stored) => stored,
            Err(CompleteParts::Gone) => return Err(ResumableError::TAKEN_OVER),
            Err(CompleteParts::Mismatch) => {
                return Err(defect("the store lost parts of an upload").into());
            }
            Err(CompleteParts::Store(error)) => return Err(error.into()),
        };
        let whole = Whole {
            blob: upload.blob,
            stored,
            content_type: super::content_type(upload),
            sha256: Some(upload.hash.finish()),
        };
        self.keep(upload, &whole, &[]).await
    }

    /// The last unit: from its commit on the file exists. `doomed` are tails that are in the blob now.
    pub(super) async fn keep(
        &self,
        upload: &Upload,
        whole: &Whole,
        doomed: &[BlobId],
    ) -> Result<File, ResumableError> {
        if whole.stored.size != upload.offset {
            return Err(defect("the store kept another number of bytes than came").into());
        }
        let file = self.file_of(upload, whole);
        retry_conflicts(|| self.try_keep(upload, whole, doomed, &file)).await?;
        Ok(file)
    }

    fn file_of(&self, upload: &Upload, whole: &Whole) -> File {
        let now = self.clock.now();
        let pictured = self.thumbnailer.accepts(&whole.content_type);
        File {
            id: FileId::new(self.ids.uuid()),
            owner: upload.owner,
            name: upload.name.clone(),
            content_type: whole.content_type.clone(),
            size: whole.stored.size,
            sha256: whole.sha256,
            blob: whole.blob,
            thumbnail: if pictured { ThumbnailState::Pending } else { ThumbnailState::None },
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        }
    }

    async fn try_keep(
        &self,
        upload: &Upload,
        whole: &Whole,
        doomed: &[BlobId],
        file: &File,
    ) -> Result<(), ResumableError> {
        let mut unit = self.db.begin().await?;
        match self.keeping(unit.as_mut(), upload, whole, doomed, file).await {
            Ok(()) => Ok(confirm_commit(unit.commit().await, self.is_kept(file)).await?),
            Err(error) => Err(roll_back(unit, error).await),
        }
    }

    async fn keeping(
        &self,
        unit: &mut dyn UnitOfWork,
        upload: &Upload,
        whole: &Whole,
        doomed: &[BlobId],
        file: &File,
    ) -> Result<(), ResumableError> {
        let now = file.created_at;
        unit.uploads().update(&ended(upload, file), upload.epoch).await?;
        for tail in doomed {
            doom_blob(unit, BlobKey::file(*tail), self.ids.as_ref(), now).await?;
        }
        if whole.blob != upload.blob && unit.blobs().abandon(upload.blob, now).await? {
            let work = Work::purge(BlobKey::file(upload.blob));
            unit.jobs().enqueue(&NewJob::due(JobId::new(self.ids.uuid()), work, now)).await?;
        }
        if whole.sha256.is_none() {
            let (owner, promised) = (file.owner, upload.promised);
            let work = Work::VerifyBlob { owner, file: file.id, blob: file.blob, promised };
            unit.jobs().enqueue(&NewJob::due(JobId::new(self.ids.uuid()), work, now).once()).await?;
        }
        let kept = Kept {
            file,
            stored: whole.stored,
            reserved: upload.reserved,
            keyed: upload.key.is_some().then_some(upload.blob),
        };
        Ok(keep(unit, &kept, self.ids.as_ref(), self.quota).await?)
    }

    async fn is_kept(&self, file: &File) -> PortResult<bool> {
        Ok(self.db.read().await?.files().find(file.owner, file.id).await?.is_some())
    }
}

/// The row of an upload that is this file now.
fn ended(upload: &Upload, file: &File) -> Upload {
    Upload {
        status: UploadStatus::Complete(file.id),
        // Whoever does not know yet that it is a file can't change it any more.
        epoch: upload.epoch.next(),
        length: Some(file.size),
        is_held: false,
        reserved: ByteSize::ZERO,
        tails: Vec::new(),
        head: bytes::Bytes::new(),
        expires_at: file.created_at.plus(KEPT_FOR),
        ..upload.clone()
    }
}

pub(super) fn defect(what: &'static str) -> PortError {
    PortError::Unexpected(what.into())
}
