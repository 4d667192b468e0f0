//! The thumbnail of a file.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};

use super::{Done, JobError};
use crate::engine::intents::{Intent, Intents};
use crate::engine::lease::{LEASE, Leased, renew_until_lost};
use crate::engine::retry::retry_conflicts;
use crate::ports::Ports;
use fm_domain::access::{Access, Right};
use fm_domain::blobs::{BlobKey, BlobStore, GetBlob, MarkStored, PutBlob, PutHint, StoredBlob};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::files::{File, MediaType, ThumbnailState};
use fm_domain::ids::{BlobId, FileId, IdSource, UserId};
use fm_domain::jobs::ClaimedJob;
use fm_domain::thumbnails::{RenderBudget, RenderThumbnail, Thumbnail, ThumbnailSpec, Thumbnailer};

/// The largest picture file that is read: it is held in memory while it is decoded.
const MAX_SOURCE: ByteSize = ByteSize::new(128 * 1024 * 1024);
/// How often a picture may take too long before it counts as one that can't be decoded.
const TIMED_ATTEMPTS: u32 = 3;

/// Makes thumbnails.
pub(super) struct MakeThumbnail {
    db: Arc<dyn Database>,
    blobs: Arc<dyn BlobStore>,
    thumbnailer: Arc<dyn Thumbnailer>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    intents: Intents,
}

impl MakeThumbnail {
    pub(super) fn new(ports: &Ports) -> Self {
        Self {
            db: ports.db.clone(),
            blobs: ports.blobs.clone(),
            thumbnailer: ports.thumbnailer.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            intents: Intents::new(ports),
        }
    }

    /// Makes it, as long as the file still points to `blob` and wants one.
    pub(super) async fn run(
        &self,
        job: &ClaimedJob,
        owner: UserId,
        id: FileId,
        blob: BlobId,
    ) -> Result<Done, JobError> {
        let access = Access::on_behalf_of(owner, Right::Read);
        let found = self.db.read().await?.files().find(&access, id).await?;
        let wanted = |file: &File| file.blob == blob && file.thumbnail == ThumbnailState::Pending;
        let Some(file) = found.filter(wanted) else { return Ok(Done::Moot) };
        if file.size > MAX_SOURCE {
            return self.finish(job, &file, ThumbnailState::Failed, None).await;
        }
        let Some(source) = self.read(&file).await? else { return Ok(Done::Moot) };
        match self.thumbnailer.render(source, ThumbnailSpec::STANDARD, RenderBudget::STANDARD).await {
            Ok(thumbnail) => self.store(job, &file, thumbnail).await,
            Err(RenderThumbnail::Store(error)) => Err(error.into()),
            // A busy machine may have been the reason; a hostile picture shall not cost more than a few tries.
            Err(late @ RenderThumbnail::TimedOut) if job.attempt < TIMED_ATTEMPTS => {
                Err(JobError::Failed(late.to_string()))
            }
            Err(refusal) => {
                tracing::info!(file.id = %file.id, reason = %refusal, "no thumbnail can be made");
                self.finish(job, &file, ThumbnailState::Failed, None).await
            }
        }
    }

    /// The whole picture file; `None` when its blob is gone.
    async fn read(&self, file: &File) -> Result<Option<Bytes>, JobError> {
        let reader = match self.blobs.get(&BlobKey::file(file.blob), None).await {
            Ok(reader) => reader,
            Err(GetBlob::NotFound) => return self.gone(file).await,
            // No range was asked for; an empty picture is no picture.
            Err(GetBlob::Range(_)) => return Ok(Some(Bytes::new())),
            Err(GetBlob::Store(error)) => return Err(error.into()),
        };
        let mut bytes = reader.bytes;
        let mut source = BytesMut::with_capacity(usize::try_from(file.size.bytes()).unwrap_or_default());
        while let Some(chunk) = bytes.next().await {
            source.extend_from_slice(&chunk.map_err(|error| JobError::Failed(error.to_string()))?);
        }
        Ok(Some(source.freeze()))
    }

    /// A blob that is not there is fine only when its file is gone too.
    async fn gone(&self, file: &File) -> Result<Option<Bytes>, JobError> {
        let access = Access::on_behalf_of(file.owner, Right::Read);
        let now = self.db.read().await?.files().find(&access, file.id).await?;
        if now.is_some_and(|now| now.blob == file.blob) {
            return Err(JobError::Failed("the bytes of a file are missing in the blob store".to_owned()));
        }
        Ok(None)
    }

    async fn store(&self, job: &ClaimedJob, file: &File, thumbnail: Thumbnail) -> Result<Done, JobError> {
        let key = BlobKey::thumbnail(BlobId::new(self.ids.uuid()));
        self.intents.record(key, file.owner, LEASE).await?;
        let Thumbnail { png, width, height } = thumbnail;
        let hint = PutHint {
            length: Some(ByteSize::new(png.len() as u64)),
            content_type: "image/png".parse().unwrap_or_else(|_| MediaType::octet_stream()),
        };
        let body: ByteStream = stream::iter([Ok(png)]).boxed();
        let put = tokio::select! {
            put = self.blobs.put(&key, body, &hint) => put,
            lost = renew_until_lost(self.db.as_ref(), self.clock.as_ref(), Leased::Intent(key.id)) => Err(lost.into()),
        };
        let outcome = match put {
            Ok(stored) => {
                let state = ThumbnailState::Ready { blob: key.id, width, height };
                self.finish(job, file, state, Some(stored)).await
            }
            Err(PutBlob::Store(error)) => Err(error.into()),
            Err(PutBlob::Body(error)) => Err(JobError::Failed(error.to_string())),
        };
        if !matches!(outcome, Ok(Done::Completed)) {
            self.intents.cancel(&Intent::bare(key, file.owner)).await;
        }
        outcome
    }

    /// One unit: the thumbnail is settled, the file points to it, the job is done.
    async fn finish(
        &self,
        job: &ClaimedJob,
        file: &File,
        state: ThumbnailState,
        stored: Option<StoredBlob>,
    ) -> Result<Done, JobError> {
        retry_conflicts(|| self.try_finish(job, file, state, stored)).await
    }

    async fn try_finish(
        &self,
        job: &ClaimedJob,
        file: &File,
        state: ThumbnailState,
        stored: Option<StoredBlob>,
    ) -> Result<Done, JobError> {
        let mut unit = self.db.begin().await?;
        if !unit.files().set_thumbnail(file.id, file.blob, &state).await? {
            unit.rollback().await?;
            return Ok(Done::Moot);
        }
        if let (Some(blob), Some(stored)) = (state.blob(), stored) {
            match unit.blobs().mark_stored(blob, &stored).await {
                Ok(()) => {}
                Err(MarkStored::NoIntent) => {
                    unit.rollback().await?;
                    return Err(PortError::Unavailable(
                        "the thumbnail's intent was given up meanwhile".into(),
                    )
                    .into());
                }
                Err(MarkStored::Store(error)) => return Err(error.into()),
            }
        }
        if !unit.jobs().complete(job.id, job.attempt).await? {
            unit.rollback().await?;
            return Ok(Done::Lost);
        }
        unit.commit().await?;
        Ok(Done::Completed)
    }
}

#[cfg(test)]
mod tests;
