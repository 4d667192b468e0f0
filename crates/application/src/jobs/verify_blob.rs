//! The hash of bytes that were sent straight to the store.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;

use super::complete;
use super::find_file::find;
use super::job::{Done, Job, JobContext, JobError, Lane};
use crate::engine::retry::retry_conflicts;
use crate::tree::{enter_drive, fall_back, withdraw, withdraw_trashed};
use fm_domain::access::{Access, Right};
use fm_domain::blobs::{BlobKey, GetBlob};
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::{Change, Event};
use fm_domain::files::{Charset, CharsetCheck, File, Sha256, ThumbnailState, VersionNumber};
use fm_domain::idempotency::{FinishedUpload, KEPT_FOR};
use fm_domain::ids::{BlobId, FileId, UserId};
use fm_domain::jobs::{ClaimedJob, Priority};
use fm_domain::tree::Item;
use fm_domain::uploads::HashState;
use serde::{Deserialize, Serialize};

/// Reads the bytes of a file that were sent straight to the store, for their hash. Where they are not those that the
/// client promised the file goes, or has the content again that they took the place of.
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
    /// Whether the file is a copy: it has no part in the upload, nor in its idempotency key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_copy: bool,
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
        // Copies have the blob too.
        format!("{}:{}:{}", Self::NAME, self.file, self.blob)
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.owner)
    }

    fn after(event: &Event<'_>) -> Option<Self> {
        match event.change {
            Change::UploadCompleted { upload, file } if file.sha256.is_none() => {
                Some(Self { promised: upload.promised, ..Self::of(file) })
            }
            // What the client promised is judged where it was uploaded to.
            Change::FileCopied { file } if file.sha256.is_none() => {
                Some(Self { is_copy: true, ..Self::of(file) })
            }
            _ => None,
        }
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        Attempt { context, claimed, is_copy: self.is_copy }.run(self).await
    }
}

impl VerifyBlob {
    /// Reads the bytes of this file, of which nothing was promised.
    const fn of(file: &File) -> Self {
        Self { owner: file.owner, file: file.id, blob: file.blob, promised: None, is_copy: false }
    }
}

/// One attempt of the job.
struct Attempt<'a> {
    context: &'a JobContext,
    claimed: &'a ClaimedJob,
    is_copy: bool,
}

impl Attempt<'_> {
    /// Verifies, as long as the file still points to the blob and has no hash yet.
    async fn run(&self, job: &VerifyBlob) -> Result<Done, JobError> {
        let found = find(self.context, job.owner, job.file).await?;
        let Some(file) = found.filter(|file| file.blob == job.blob) else {
            return Ok(retry_conflicts(|| self.let_go(job.blob)).await?);
        };
        if file.sha256.is_some() {
            return Ok(Done::Moot);
        }
        let (sha256, charset) = self.read(&file).await?;
        if job.promised.is_some_and(|promised| promised != sha256) {
            tracing::info!(file.id = %file.id, "a file is withdrawn: its bytes are not those that were promised");
            return Ok(retry_conflicts(|| self.withdraw(&file, sha256, charset.clone())).await?);
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
        if !self.is_copy {
            unit.keys().free(blob).await?;
        }
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
        // Clients that follow the drive hear of it: its number is raised, the revision of the file is not.
        if !enter_drive(unit.as_mut(), file.drive()).await?
            || !unit.files().set_sha256(file.id, file.blob, sha256, charset).await?
        {
            unit.rollback().await?;
            return self.let_go(file.blob).await;
        }
        let change = Change::ContentHashed { file, sha256 };
        self.context.events.record(unit.as_mut(), self.context.ports.clock.now(), change).await?;
        if !self.is_copy {
            let upload = FinishedUpload { file: file.id, name: file.name.clone(), sha256 };
            // False where the upload had no key.
            let _had_key =
                unit.keys().finish(file.blob, &upload, self.context.ports.clock.now().plus(KEPT_FOR)).await?;
        }
        if !unit.jobs().complete(self.claimed.id, self.claimed.attempt).await? {
            unit.rollback().await?;
            return Ok(Done::Lost);
        }
        unit.commit().await?;
        Ok(Done::Completed)
    }

    /// One unit: the file is gone, or has its old content, and the job is done. In the trash a file that has old versions stays as it is,
    /// and is told by the hash that it has.
    async fn withdraw(&self, file: &File, sha256: Sha256, charset: Option<Charset>) -> PortResult<Done> {
        let mut unit = self.context.ports.db.begin().await?;
        if !enter_drive(unit.as_mut(), file.drive()).await? {
            // The owner is gone, and the file goes with the account.
            unit.rollback().await?;
            return complete(self.context.ports.db.as_ref(), self.claimed).await;
        }
        // As it is now: it may have new content, a thumbnail, or be gone since its bytes were read.
        let access = Access::on_behalf_of(file.owner, Right::Delete);
        let (events, at) = (&self.context.events, self.context.ports.clock.now());
        let is_same = |now: &File| now.blob == file.blob && now.sha256.is_none();
        let is_out = match unit.files().find_for_update(&access, file.id).await? {
            Some(now) if is_same(&now) => self.take_back(unit.as_mut(), &now, at).await?,
            Some(_) => {
                unit.rollback().await?;
                return self.let_go(file.blob).await;
            }
            None => match unit.nodes().find_trashed(&access, file.id.into()).await? {
                Some(trashed) if matches!(&trashed.item, Item::File(now) if is_same(now)) => {
                    if has_versions(unit.as_mut(), file).await? {
                        unit.rollback().await?;
                        return self.remember(file, sha256, charset).await;
                    }
                    withdraw_trashed(unit.as_mut(), &trashed, events, at).await?
                }
                Some(_) | None => {
                    unit.rollback().await?;
                    return self.let_go(file.blob).await;
                }
            },
        };
        if !is_out {
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

    /// Takes the bytes of a living file back: it has its newest old version again, or goes where it has none. False where it has changed.
    async fn take_back(&self, unit: &mut dyn UnitOfWork, file: &File, at: Timestamp) -> PortResult<bool> {
        if file.version != VersionNumber::FIRST
            && let Some(newest) = unit.versions().all(file.id).await?.pop()
        {
            let pictured = self.context.ports.thumbnailer.accepts(&newest.content_type);
            let thumbnail = if pictured { ThumbnailState::Pending } else { ThumbnailState::None };
            return fall_back(&self.context.tree, unit, file, &newest, thumbnail, at).await;
        }
        withdraw(unit, file, &self.context.events, at).await
    }
}

/// Whether the file had a content before that is kept.
async fn has_versions(unit: &mut dyn UnitOfWork, file: &File) -> PortResult<bool> {
    Ok(file.version != VersionNumber::FIRST && !unit.versions().all(file.id).await?.is_empty())
}

#[cfg(test)]
mod tests;
