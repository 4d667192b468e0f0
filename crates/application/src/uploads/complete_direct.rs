//! The end of a direct upload.

use futures_util::{StreamExt as _, stream};

use super::ResumableError;
use super::complete::{StoredUpload, commit_upload, store_fresh_blob};
use super::context::Context;
use super::part_plan::{PlannedPart, plan};
use crate::engine::intents::Intent;
use crate::engine::retry::retry_conflicts;
use crate::files::{FilePresenter, Uploaded};
use crate::ports::{DirectPorts, Ports, Settings};
use crate::tree::Placed;
use fm_domain::access::{Access, Actor, Right};
use fm_domain::blobs::{
    BlobKey, ByteRange, CompleteParts, GetBlob, PartTag, PutHint, StoredBlob, WrittenPart,
};
use fm_domain::body::ByteSize;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{CharsetCheck, FileName, HEAD_BYTES, MediaType, sniff};
use fm_domain::ids::{BlobId, FileId, UploadId};
use fm_domain::uploads::{HashState, Transport, Upload, UploadStatus};

/// The parts that were sent.
#[derive(Debug, Clone)]
pub struct CompleteDirectCommand {
    /// The upload.
    pub upload: UploadId,
    /// The parts by number, with the tags that the store answered.
    pub parts: Vec<(u32, String)>,
}

/// Completes direct uploads.
pub struct CompleteDirect {
    context: Context,
    direct: DirectPorts,
    presenter: FilePresenter,
}

impl CompleteDirect {
    pub(crate) fn new(context: &Context, direct: &DirectPorts, ports: &Ports, settings: &Settings) -> Self {
        Self {
            context: context.clone(),
            direct: direct.clone(),
            presenter: FilePresenter::new(ports, settings),
        }
    }

    /// The file; a second completion gets the same. The client is not believed: the store is asked for the size, the
    /// first bytes are read to see what it is, and a job reads them all for the hash. With parts that are not those
    /// that were sent, or are too large for the store, the upload is gone.
    pub async fn run(
        &self,
        actor: &Actor,
        command: CompleteDirectCommand,
    ) -> Result<Uploaded, ResumableError> {
        let access = actor.access(Right::Write)?;
        let upload = retry_conflicts(|| self.acquire(&access, command.upload)).await?;
        if let UploadStatus::Complete(file) = upload.status {
            return self.found(&access, file, &upload.name).await;
        }
        let outcome = match self.complete(actor, &upload, &command.parts).await {
            Err(error) if error.ends_upload() => Err(self.context.give_up(&upload, error).await),
            outcome => outcome,
        };
        match outcome {
            Ok(placed) => Ok(Uploaded::of(&self.presenter, placed).await?),
            Err(ResumableError::TakenOver { retry_after }) => {
                // A second completion may have been faster.
                match self.context.find(&access, upload.id).await?.status {
                    UploadStatus::Complete(file) => self.found(&access, file, &upload.name).await,
                    UploadStatus::Open => Err(ResumableError::TakenOver { retry_after }),
                    UploadStatus::Expired => Err(ResumableError::Expired),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn found(
        &self,
        access: &Access,
        file: FileId,
        name: &FileName,
    ) -> Result<Uploaded, ResumableError> {
        let found = self.context.db.read().await?.files().find(access, file).await?;
        let file = found.ok_or(ResumableError::NotFound)?;
        Ok(Uploaded::again(&self.presenter, file, name).await?)
    }

    async fn acquire(&self, access: &Access, id: UploadId) -> Result<Upload, ResumableError> {
        let mut unit = self.context.db.begin().await?;
        let found = unit.uploads().find_for_update(access, id).await?;
        let direct = found.filter(|upload| upload.transport == Transport::Direct);
        let refusal = match direct {
            Some(upload) if self.context.is_over(&upload) => ResumableError::Expired,
            Some(upload) if upload.status != UploadStatus::Open => {
                unit.rollback().await?;
                return Ok(upload);
            }
            Some(mut upload) => {
                let seen = upload.epoch;
                upload.acquire();
                unit.uploads().update(&upload, seen).await?;
                unit.commit().await?;
                return Ok(upload);
            }
            None => ResumableError::NotFound,
        };
        unit.rollback().await?;
        Err(refusal)
    }

    async fn complete(
        &self,
        actor: &Actor,
        upload: &Upload,
        told: &[(u32, String)],
    ) -> Result<Placed, ResumableError> {
        let parts = self.checked(upload, told).await?;
        let (blob, stored) = self.put_together(upload, &parts).await?;
        let head = self.head(blob, stored).await?;
        let is_whole = head.len() as u64 == stored.size.bytes();
        let content_type = sniff(&head, upload.claimed_type.as_ref());
        let is_checked = is_whole && content_type.lacks_charset();
        let content_type = content_type.or_charset(is_checked.then(|| CharsetCheck::of(&head)).flatten());
        let upload = Upload { offset: stored.size, ..upload.clone() };
        // The hash of a blob without bytes is known without reading.
        let sha256 = (stored.size == ByteSize::ZERO).then(|| HashState::new().finish());
        let whole = StoredUpload { blob, stored, content_type, sha256 };
        let outcome = commit_upload(&self.context.by(actor), &upload, &whole).await;
        if outcome.is_err() && blob != upload.blob {
            self.context.intents.cancel(&Intent::bare(BlobKey::file(blob), upload.owner)).await;
        }
        outcome
    }

    /// The parts, if they are all there: each once, none more, and, where they were sent to ourselves, as we received
    /// them.
    async fn checked(
        &self,
        upload: &Upload,
        told: &[(u32, String)],
    ) -> Result<Vec<WrittenPart>, ResumableError> {
        let planned: Vec<PlannedPart> =
            plan(upload.length.unwrap_or_default(), self.direct.store.part_limits()).collect();
        let mut told: Vec<&(u32, String)> = told.iter().collect();
        told.sort_by_key(|(number, _)| *number);
        let numbers_match = told.len() == planned.len()
            && told.iter().zip(&planned).all(|((number, _), planned)| *number == planned.number);
        if !numbers_match {
            return Err(ResumableError::PartMismatch);
        }
        let parts = planned.iter().zip(&told).map(|(planned, (_, tag))| WrittenPart {
            number: planned.number,
            size: planned.size,
            tag: PartTag::new(tag.clone()),
        });
        let parts: Vec<WrittenPart> = parts.collect();
        if self.direct.receiver.is_some() {
            self.compare(upload, &parts).await?;
        }
        Ok(parts)
    }

    async fn compare(&self, upload: &Upload, parts: &[WrittenPart]) -> Result<(), ResumableError> {
        let known = self.received_parts(upload.id).await?;
        let same = known.len() == parts.len()
            && known.iter().zip(parts).all(|(known, part)| {
                known.number == part.number && known.size == part.size && known.tag.is(part.tag.as_str())
            });
        if same { Ok(()) } else { Err(ResumableError::PartMismatch) }
    }

    async fn put_together(
        &self,
        upload: &Upload,
        parts: &[WrittenPart],
    ) -> Result<(BlobId, StoredBlob), ResumableError> {
        let size = upload.length.unwrap_or_default();
        let Some(write) = upload.part_write() else {
            if size > ByteSize::ZERO {
                return Err(ResumableError::PartMismatch);
            }
            return self.store_nothing(upload).await;
        };
        match self.direct.store.complete(&write, upload.epoch.number(), parts, size).await {
            Ok(stored) if stored.size == size => Ok((upload.blob, stored)),
            Ok(_) | Err(CompleteParts::Mismatch) => Err(ResumableError::PartMismatch),
            Err(CompleteParts::Gone) => Err(ResumableError::TAKEN_OVER),
            Err(CompleteParts::TooLarge) => Err(ResumableError::TooLargeForStore),
            Err(CompleteParts::Store(error)) => Err(error.into()),
        }
    }

    /// The parts that we received, by number.
    async fn received_parts(&self, id: UploadId) -> PortResult<Vec<WrittenPart>> {
        retry_conflicts(|| async {
            let mut unit = self.context.db.begin().await?;
            let parts = unit.uploads().parts(id).await?;
            unit.rollback().await?;
            PortResult::Ok(parts)
        })
        .await
    }

    /// A blob without bytes: it has no parts.
    async fn store_nothing(&self, upload: &Upload) -> Result<(BlobId, StoredBlob), ResumableError> {
        let blobs = &self.context.blobs;
        let put = async |key| {
            let hint = PutHint {
                owner: None,
                length: Some(ByteSize::ZERO),
                content_type: MediaType::octet_stream(),
            };
            Ok(blobs.put(&key, stream::empty().boxed(), &hint).await?)
        };
        let (intent, stored) = store_fresh_blob(&self.context, upload.owner, ByteSize::ZERO, put).await?;
        Ok((intent.key.id, stored))
    }

    /// The first bytes, to see what it is.
    async fn head(&self, blob: BlobId, stored: StoredBlob) -> Result<Vec<u8>, ResumableError> {
        if stored.size == ByteSize::ZERO {
            return Ok(Vec::new());
        }
        let range = ByteRange::Between { first: 0, last: HEAD_BYTES as u64 - 1 };
        let reader = match self.context.blobs.get(&BlobKey::file(blob), Some(range)).await {
            Ok(reader) => reader,
            Err(GetBlob::Store(error)) => return Err(error.into()),
            Err(GetBlob::NotFound | GetBlob::Range(_)) => return Err(ResumableError::TAKEN_OVER),
        };
        let mut head = Vec::with_capacity(HEAD_BYTES);
        let mut bytes = reader.bytes;
        while head.len() < HEAD_BYTES
            && let Some(chunk) = bytes.next().await
        {
            let chunk = chunk.map_err(|error| PortError::Unavailable(Box::new(error)))?;
            let room = (HEAD_BYTES - head.len()).min(chunk.len());
            head.extend_from_slice(&chunk[..room]);
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests;
