//! The hash of bytes that were sent straight to the store.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;

use super::complete;
use super::job::{Done, Job, JobContext, JobError, Lane};
use crate::engine::retry::retry_conflicts;
use crate::files::withdraw;
use fm_domain::access::{Access, Right};
use fm_domain::blobs::{BlobKey, GetBlob};
use fm_domain::error::PortResult;
use fm_domain::events::{Change, Event};
use fm_domain::files::{Charset, CharsetCheck, File, Sha256};
use fm_domain::idempotency::{FinishedUpload, KEPT_FOR};
use fm_domain::ids::{BlobId, FileId, UserId};
use fm_domain::jobs::{ClaimedJob, Priority};
use fm_domain::uploads::HashState;
use serde::{Deserialize, Serialize};

/// Reads the bytes of a file that were sent straight to the store, for their hash. Where they are not those that the
/// client promised the file goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyBlob {
    /// The owner of the file.
    pub owner: UserId,
    /// The file.
    pub file: FileId,
    /// The bytes it has.
    pub blob: BlobId,
    /// The hash that the client promised.
    pub promised: Option<Sha256>,
}

#[async_trait]
impl Job for VerifyBlob {
    const NAME: &'static str = "verify_blob";
    const PRIORITY: Priority = Priority::LOW;
    const LANE: Lane = Lane::Bulk;
    /// It reads a whole file, however large: 5 TB at 100 MB/s take 14 hours.
    const TIME_LIMIT: Duration = Duration::from_hours(48);
    const DEDUPLICATE_FOLLOW_UPS: bool = true;

    fn unique_name(&self) -> String {
        format!("{}:{}", Self::NAME, self.blob)
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.owner)
    }

    fn after(event: &Event<'_>) -> Option<Self> {
        match event.change {
            Change::UploadCompleted { upload, file } if file.sha256.is_none() => {
                Some(Self { owner: file.owner, file: file.id, blob: file.blob, promised: upload.promised })
            }
            _ => None,
        }
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        Attempt { context, claimed }.run(self).await
    }
}

/// One attempt of the job.
struct Attempt<'a> {
    context: &'a JobContext,
    claimed: &'a ClaimedJob,
}

impl Attempt<'_> {
    /// Verifies, as long as the file still points to the blob and has no hash yet.
    async fn run(&self, job: &VerifyBlob) -> Result<Done, JobError> {
        let access = Access::on_behalf_of(job.owner, Right::Read);
        let found = self.context.ports.db.read().await?.files().find(&access, job.file).await?;
        let Some(file) = found.filter(|file| file.blob == job.blob) else {
            return Ok(retry_conflicts(|| self.let_go(job.blob)).await?);
        };
        if file.sha256.is_some() {
            return Ok(Done::Moot);
        }
        let (sha256, charset) = self.read(&file).await?;
        if job.promised.is_some_and(|promised| promised != sha256) {
            tracing::info!(file.id = %file.id, "a file is withdrawn: its bytes are not those that were promised");
            return Ok(retry_conflicts(|| self.withdraw(&file)).await?);
        }
        Ok(retry_conflicts(|| self.remember(&file, sha256, charset.clone())).await?)
    }

    /// The hash, and the charset of a text that lacks one. Read chunk by chunk, so that no more than a chunk is in memory.
    async fn read(&self, file: &File) -> Result<(Sha256, Option<Charset>), JobError> {
        let reader = match self.context.ports.blobs.get(&BlobKey::file(file.blob), None).await {
            Ok(reader) => reader,
            Err(GetBlob::Store(error)) => return Err(error.into()),
            Err(GetBlob::NotFound | GetBlob::Range(_)) => {
                return Err(JobError::Failed("the bytes of a file are missing in the blob store".to_owned()));
            }
        };
        let mut hash = HashState::new();
        let mut check = file.content_type.lacks_charset().then(CharsetCheck::default);
        let mut bytes = reader.bytes;
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk.map_err(|error| JobError::Failed(error.to_string()))?;
            hash.update(&chunk);
            if let Some(check) = &mut check {
                check.update(&chunk);
            }
        }
        Ok((hash.finish(), check.as_ref().and_then(CharsetCheck::finish)))
    }

    /// One unit: the bytes were replaced or removed before their hash was known, so that the key of their upload is freed
    /// unless it is finished; and the job is done.
    async fn let_go(&self, blob: BlobId) -> PortResult<Done> {
        let mut unit = self.context.ports.db.begin().await?;
        unit.keys().free(blob).await?;
        if !unit.jobs().complete(self.claimed.id, self.claimed.attempt).await? {
            unit.rollback().await?;
            return Ok(Done::Lost);
        }
        unit.commit().await?;
        Ok(Done::Completed)
    }

    /// One unit: the hash is known, the key remembers the upload, the job is done.
    async fn remember(&self, file: &File, sha256: Sha256, charset: Option<Charset>) -> PortResult<Done> {
        let mut unit = self.context.ports.db.begin().await?;
        if !unit.files().set_sha256(file.id, file.blob, sha256, charset).await? {
            unit.rollback().await?;
            return self.let_go(file.blob).await;
        }
        let change = Change::ContentHashed { file, sha256 };
        self.context.events.record(unit.as_mut(), self.context.ports.clock.now(), change).await?;
        let upload = FinishedUpload { file: file.id, name: file.name.clone(), sha256 };
        // False where the upload had no key.
        let _had_key =
            unit.keys().finish(file.blob, &upload, self.context.ports.clock.now().plus(KEPT_FOR)).await?;
        if !unit.jobs().complete(self.claimed.id, self.claimed.attempt).await? {
            unit.rollback().await?;
            return Ok(Done::Lost);
        }
        unit.commit().await?;
        Ok(Done::Completed)
    }

    /// One unit: the file is gone, and the job is done.
    async fn withdraw(&self, file: &File) -> PortResult<Done> {
        let mut unit = self.context.ports.db.begin().await?;
        // As it is now: it may have new content, a thumbnail, or be gone since its bytes were read.
        let access = Access::on_behalf_of(file.owner, Right::Delete);
        let found = unit.files().find_for_update(&access, file.id).await?;
        let Some(now) = found.filter(|now| now.blob == file.blob && now.sha256.is_none()) else {
            unit.rollback().await?;
            return self.let_go(file.blob).await;
        };
        if !withdraw(unit.as_mut(), &access, &now, &self.context.events, self.context.ports.clock.now())
            .await?
        {
            unit.rollback().await?;
            return complete(self.context.ports.db.as_ref(), self.claimed).await;
        }
        if !unit.jobs().complete(self.claimed.id, self.claimed.attempt).await? {
            unit.rollback().await?;
            return Ok(Done::Lost);
        }
        unit.commit().await?;
        Ok(Done::Completed)
    }
}

#[cfg(test)]
mod tests;
