//! The hash of bytes that were sent straight to the store.

use std::sync::Arc;

use futures_util::StreamExt as _;

use super::{Done, JobError, complete};
use crate::engine::retry::retry_conflicts;
use crate::files::withdraw;
use crate::ports::Ports;
use fm_domain::access::{Access, Right};
use fm_domain::blobs::{BlobKey, BlobStore, GetBlob};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::files::{File, Sha256};
use fm_domain::idempotency::{FinishedUpload, KEPT_FOR};
use fm_domain::ids::{BlobId, FileId, IdSource, UserId};
use fm_domain::jobs::ClaimedJob;
use fm_domain::uploads::HashState;

/// Reads the bytes of a file once. Where they are not those that the client promised the file goes.
pub(super) struct VerifyBlob {
    db: Arc<dyn Database>,
    blobs: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl VerifyBlob {
    pub(super) fn new(ports: &Ports) -> Self {
        Self {
            db: ports.db.clone(),
            blobs: ports.blobs.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
        }
    }

    /// Verifies, as long as the file still points to `blob` and nobody has.
    pub(super) async fn run(
        &self,
        job: &ClaimedJob,
        (owner, id, blob): (UserId, FileId, BlobId),
        promised: Option<Sha256>,
    ) -> Result<Done, JobError> {
        let access = Access::on_behalf_of(owner, Right::Read);
        let found = self.db.read().await?.files().find(&access, id).await?;
        let Some(file) = found.filter(|file| file.blob == blob) else {
            return Ok(retry_conflicts(|| self.let_go(job, blob)).await?);
        };
        if file.sha256.is_some() {
            return Ok(Done::Moot);
        }
        let sha256 = self.hash(&file).await?;
        if promised.is_some_and(|promised| promised != sha256) {
            tracing::info!(file.id = %file.id, "a file is withdrawn: its bytes are not those that were promised");
            return Ok(retry_conflicts(|| self.withdraw(job, &file)).await?);
        }
        Ok(retry_conflicts(|| self.remember(job, &file, sha256)).await?)
    }

    /// Piece by piece, so that nothing of it is held.
    async fn hash(&self, file: &File) -> Result<Sha256, JobError> {
        let reader = match self.blobs.get(&BlobKey::file(file.blob), None).await {
            Ok(reader) => reader,
            Err(GetBlob::Store(error)) => return Err(error.into()),
            Err(GetBlob::NotFound | GetBlob::Range(_)) => {
                return Err(JobError::Failed("the bytes of a file are missing in the blob store".to_owned()));
            }
        };
        let mut hash = HashState::new();
        let mut bytes = reader.bytes;
        while let Some(chunk) = bytes.next().await {
            hash.update(&chunk.map_err(|error| JobError::Failed(error.to_string()))?);
        }
        Ok(hash.finish())
    }

    /// One unit: the bytes were replaced or removed before anybody knew their hash, so that the key of their upload will
    /// never be finished, unless it is; and the job is done.
    async fn let_go(&self, job: &ClaimedJob, blob: BlobId) -> PortResult<Done> {
        let mut unit = self.db.begin().await?;
        unit.keys().free(blob).await?;
        if !unit.jobs().complete(job.id, job.attempt).await? {
            unit.rollback().await?;
            return Ok(Done::Lost);
        }
        unit.commit().await?;
        Ok(Done::Completed)
    }

    /// One unit: the hash is known, the key remembers the upload, the job is done.
    async fn remember(&self, job: &ClaimedJob, file: &File, sha256: Sha256) -> PortResult<Done> {
        let mut unit = self.db.begin().await?;
        if !unit.files().set_sha256(file.id, file.blob, sha256).await? {
            unit.rollback().await?;
            return self.let_go(job, file.blob).await;
        }
        let upload = FinishedUpload { file: file.id, name: file.name.clone(), sha256 };
        // False where the upload had no key.
        let _had_key = unit.keys().finish(file.blob, &upload, self.clock.now().plus(KEPT_FOR)).await?;
        if !unit.jobs().complete(job.id, job.attempt).await? {
            unit.rollback().await?;
            return Ok(Done::Lost);
        }
        unit.commit().await?;
        Ok(Done::Completed)
    }

    /// One unit: the file is gone, and the job is done.
    async fn withdraw(&self, job: &ClaimedJob, file: &File) -> PortResult<Done> {
        let mut unit = self.db.begin().await?;
        // As it is now: it may have new content, a thumbnail, or be gone since its bytes were read.
        let access = Access::on_behalf_of(file.owner, Right::Delete);
        let found = unit.files().find_for_update(&access, file.id).await?;
        let Some(now) = found.filter(|now| now.blob == file.blob && now.sha256.is_none()) else {
            unit.rollback().await?;
            return self.let_go(job, file.blob).await;
        };
        if !withdraw(unit.as_mut(), &access, &now, self.ids.as_ref(), self.clock.now()).await? {
            unit.rollback().await?;
            return complete(self.db.as_ref(), job).await;
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
