//! The thumbnail of a file.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::find_file::find;
use super::job::{Done, Job, JobContext, JobError, Lane, RetryPolicy};
use super::make_preview::MakePreview;
use super::rendering::{self, MAX_SOURCE, TIMED_ATTEMPTS};
use crate::engine::retry::retry_conflicts;
use crate::tree::enter_drive;
use fm_domain::blobs::StoredBlob;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::{Change, Event};
use fm_domain::files::{File, ThumbnailState};
use fm_domain::ids::{BlobId, DriveId, FileId, JobId, UserId};
use fm_domain::jobs::{ClaimedJob, Priority};
use fm_domain::previews::PreviewSize;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered};
use serde::{Deserialize, Serialize};

/// Makes the thumbnail of a file, as long as the file points to this blob and wants one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeThumbnail {
    /// The owner of the file.
    pub owner: UserId,
    /// The file.
    pub file: FileId,
    /// The bytes it has.
    pub blob: BlobId,
    /// How many jobs could not make it before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a function of this type")]
const fn is_zero(failures: &u32) -> bool {
    *failures == 0
}

#[async_trait]
impl Job for MakeThumbnail {
    const NAME: &'static str = "make_thumbnail";
    const PRIORITY: Priority = Priority::LOW;
    const LANE: Lane = Lane::Bulk;
    const TIME_LIMIT: Duration = Duration::from_mins(15);
    /// A store that is out of reach is no failure of the picture's.
    const RETRY: RetryPolicy = RetryPolicy { counts_outages: false, ..RetryPolicy::STANDARD };
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
            Change::FileCreated { file } | Change::ContentReplaced { file } | Change::FileCopied { file }
                if file.thumbnail == ThumbnailState::Pending =>
            {
                Some(Self::of(file))
            }
            _ => None,
        }
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        Attempt { context, claimed }.run(self).await
    }

    async fn buried(&self, context: &JobContext, unit: &mut dyn UnitOfWork) -> PortResult<()> {
        self.mark(context, unit, &self.failed()).await
    }

    async fn revived(&self, context: &JobContext, unit: &mut dyn UnitOfWork) -> PortResult<()> {
        self.mark(context, unit, &ThumbnailState::Pending).await
    }
}

impl MakeThumbnail {
    /// Makes the thumbnail of this file, which may have failed before.
    pub(crate) const fn of(file: &File) -> Self {
        let failures = file.thumbnail.failures();
        Self { owner: file.owner, file: file.id, blob: file.blob, failures }
    }

    const fn failed(&self) -> ThumbnailState {
        ThumbnailState::Failed { times: self.failures.saturating_add(1) }
    }

    async fn mark(
        &self,
        context: &JobContext,
        unit: &mut dyn UnitOfWork,
        thumbnail: &ThumbnailState,
    ) -> PortResult<()> {
        let drive = DriveId::of_user(self.owner);
        if !enter_drive(unit, drive).await?
            || !unit.files().set_thumbnail(self.file, self.blob, thumbnail).await?
        {
            return Ok(());
        }
        let change = Change::ThumbnailChanged { file: self.file, blob: self.blob, thumbnail };
        context.events.record(unit, context.ports.clock.now(), change).await
    }
}

/// One attempt of the job.
struct Attempt<'a> {
    context: &'a JobContext,
    claimed: &'a ClaimedJob,
}

impl Attempt<'_> {
    async fn run(&self, job: &MakeThumbnail) -> Result<Done, JobError> {
        let found = find(self.context, job.owner, job.file).await?;
        let wanted = |file: &File| file.blob == job.blob && file.thumbnail == ThumbnailState::Pending;
        let Some(file) = found.filter(wanted) else { return Ok(Done::Moot) };
        if file.size > MAX_SOURCE {
            return self.finish(&file, job.failed(), None).await;
        }
        let Some(source) = self.read(&file).await? else { return Ok(Done::Moot) };
        match self
            .context
            .ports
            .thumbnailer
            .render(source, RenderSpec::THUMBNAIL, RenderBudget::STANDARD)
            .await
        {
            Ok(thumbnail) => self.store(&file, thumbnail).await,
            Err(RenderThumbnail::Store(error)) => Err(error.into()),
            Err(late @ RenderThumbnail::TimedOut)
                if job.failures == 0 && self.claimed.attempt < TIMED_ATTEMPTS =>
            {
                Err(JobError::Failed(late.to_string()))
            }
            Err(refusal) => {
                tracing::info!(file.id = %file.id, reason = %refusal, "no thumbnail can be made");
                self.finish(&file, job.failed(), None).await
            }
        }
    }

    /// The whole picture file; `None` when its blob is gone.
    async fn read(&self, file: &File) -> Result<Option<Bytes>, JobError> {
        if let Some(source) = self.context.ports.handover.take(file.blob, file.size, file.sha256) {
            return Ok(Some(source));
        }
        let source = rendering::read(self.context, file.blob).await?;
        if source.is_none() && self.is_needed(file).await? {
            return Err(JobError::Failed("the bytes of a file are missing in the blob store".to_owned()));
        }
        Ok(source)
    }

    /// A blob that is not there is fine only when its file is gone too.
    async fn is_needed(&self, file: &File) -> PortResult<bool> {
        let now = find(self.context, file.owner, file.id).await?;
        Ok(now.is_some_and(|now| now.blob == file.blob))
    }

    async fn store(&self, file: &File, thumbnail: Rendered) -> Result<Done, JobError> {
        let (key, stored) = rendering::put(self.context, file.owner, &thumbnail).await?;
        let Rendered { width, height, placeholder, .. } = thumbnail;
        let state = ThumbnailState::Ready { blob: key.id, width, height, placeholder };
        let outcome = self.finish(file, state, Some(stored)).await;
        if !matches!(outcome, Ok(Done::Completed)) {
            rendering::cancel_intent(self.context, key, file.owner).await;
        }
        outcome
    }

    /// One unit: the thumbnail is marked as stored, the file points to it, the job is done.
    async fn finish(
        &self,
        file: &File,
        state: ThumbnailState,
        stored: Option<StoredBlob>,
    ) -> Result<Done, JobError> {
        retry_conflicts(|| self.try_finish(file, state, stored)).await
    }

    async fn try_finish(
        &self,
        file: &File,
        state: ThumbnailState,
        stored: Option<StoredBlob>,
    ) -> Result<Done, JobError> {
        let unit = self.context.ports.db.begin().await?;
        // The blob before the drive, as uploads do: no unit inside a drive waits for an intent.
        let mut unit = rendering::mark_stored(unit, state.blob().zip(stored)).await?;
        // Clients that follow the drive hear of it: its number is raised, the revision of the file is not.
        if !enter_drive(unit.as_mut(), file.drive()).await?
            || !unit.files().set_thumbnail(file.id, file.blob, &state).await?
        {
            unit.rollback().await?;
            return Ok(Done::Moot);
        }
        let now = self.context.ports.clock.now();
        let change = Change::ThumbnailChanged { file: file.id, blob: file.blob, thumbnail: &state };
        self.context.events.record(unit.as_mut(), now, change).await?;
        if state.blob().is_some() && self.context.eager_previews {
            let preview = MakePreview { owner: file.owner, original: file.blob, size: PreviewSize::Small };
            let job = preview.enqueued(JobId::new(self.context.ports.ids.uuid()), now)?;
            unit.jobs().enqueue(&job).await?;
        }
        rendering::complete(unit, self.claimed).await
    }
}

#[cfg(test)]
mod tests;
