//! The preview of a picture in one size.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::job::{Done, Job, JobContext, JobError, Lane, RetryPolicy};
use super::rendering::{self, MAX_SOURCE, TIMED_ATTEMPTS};
use crate::engine::retry::retry_conflicts;
use fm_domain::blobs::{BlobState, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, UserId};
use fm_domain::jobs::{ClaimedJob, Priority};
use fm_domain::previews::{Preview, PreviewPicture, PreviewSize, PreviewState};
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered};
use serde::{Deserialize, Serialize};

/// Makes the preview of a blob in one size, as long as the blob is stored and has none.
///
/// It knows no file: copies share the preview, and the file that it was asked for may go before it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakePreview {
    /// The user whose file it was asked for.
    pub owner: UserId,
    /// The blob of the picture.
    pub original: BlobId,
    /// The size.
    pub size: PreviewSize,
}

#[async_trait]
impl Job for MakePreview {
    const NAME: &'static str = "make_preview";
    /// That of thumbnails: claims go by priority before users have their turns, so that a higher one would hold up the pictures of others.
    const PRIORITY: Priority = Priority::LOW;
    const LANE: Lane = Lane::Bulk;
    const TIME_LIMIT: Duration = Duration::from_mins(15);
    /// A store that is out of reach is no failure of the picture's.
    const RETRY: RetryPolicy = RetryPolicy { counts_outages: false, ..RetryPolicy::STANDARD };

    fn unique_name(&self) -> String {
        format!("{}:{}:{}", Self::NAME, self.original, self.size.as_str())
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.owner)
    }

    async fn run(&self, context: &JobContext, claimed: &ClaimedJob) -> Result<Done, JobError> {
        Attempt { context, claimed, job: self }.run().await
    }

    async fn buried(&self, _context: &JobContext, unit: &mut dyn UnitOfWork) -> PortResult<()> {
        unit.previews().record(&self.preview(PreviewState::Failed)).await.map(drop)
    }

    async fn revived(&self, _context: &JobContext, unit: &mut dyn UnitOfWork) -> PortResult<()> {
        unit.previews().remove(&self.preview(PreviewState::Failed)).await.map(drop)
    }
}

impl MakePreview {
    const fn preview(&self, state: PreviewState) -> Preview {
        Preview { original: self.original, size: self.size, state }
    }
}

/// One attempt of the job.
struct Attempt<'a> {
    context: &'a JobContext,
    claimed: &'a ClaimedJob,
    job: &'a MakePreview,
}

impl Attempt<'_> {
    async fn run(&self) -> Result<Done, JobError> {
        let Some(size) = self.wanted().await? else { return Ok(Done::Moot) };
        if size > MAX_SOURCE {
            return self.finish(PreviewState::Failed, None).await;
        }
        let Some(source) = self.read().await? else { return Ok(Done::Moot) };
        let spec = RenderSpec::preview(self.job.size);
        match self.context.ports.thumbnailer.render(source, spec, RenderBudget::STANDARD).await {
            Ok(rendered) => self.store(rendered).await,
            Err(RenderThumbnail::Store(error)) => Err(error.into()),
            Err(late @ RenderThumbnail::TimedOut) if self.claimed.attempt < TIMED_ATTEMPTS => {
                Err(JobError::Failed(late.to_string()))
            }
            Err(refusal) => {
                let (original, size) = (self.job.original, self.job.size.as_str());
                tracing::info!(blob.id = %original, size, reason = %refusal, "no preview can be made");
                self.finish(PreviewState::Failed, None).await
            }
        }
    }

    /// How many bytes the original has; `None` when it is gone, or has its preview already.
    async fn wanted(&self) -> PortResult<Option<ByteSize>> {
        let mut reads = self.context.ports.db.read().await?;
        if reads.previews().find(self.job.original, self.job.size).await?.is_some() {
            return Ok(None);
        }
        let record = reads.blobs().find(&[self.job.original]).await?.pop();
        Ok(record.and_then(|record| match record.state {
            BlobState::Stored { size } => Some(size),
            BlobState::Intent | BlobState::Deleted => None,
        }))
    }

    /// The whole picture file; `None` when its blob is gone.
    async fn read(&self) -> Result<Option<Bytes>, JobError> {
        let source = rendering::read(self.context, self.job.original).await?;
        if source.is_none() && self.wanted().await?.is_some() {
            return Err(JobError::Failed("the bytes of a file are missing in the blob store".to_owned()));
        }
        Ok(source)
    }

    async fn store(&self, rendered: Rendered) -> Result<Done, JobError> {
        let (key, stored) = rendering::put(self.context, self.job.owner, &rendered).await?;
        let Rendered { format, width, height, .. } = rendered;
        let picture = PreviewPicture { blob: key.id, format, width, height };
        let outcome = self.finish(PreviewState::Ready(picture), Some(stored)).await;
        if !matches!(outcome, Ok(Done::Completed)) {
            rendering::cancel_intent(self.context, key, self.job.owner).await;
        }
        outcome
    }

    /// One unit: the preview is marked as stored and recorded, the job is done.
    async fn finish(&self, state: PreviewState, stored: Option<StoredBlob>) -> Result<Done, JobError> {
        retry_conflicts(|| self.try_finish(state, stored)).await
    }

    async fn try_finish(&self, state: PreviewState, stored: Option<StoredBlob>) -> Result<Done, JobError> {
        let unit = self.context.ports.db.begin().await?;
        // The intent before the original, as where an account is removed: two units never wait for each other.
        let mut unit = rendering::mark_stored(unit, state.blob().zip(stored)).await?;
        if !unit.previews().record(&self.job.preview(state)).await? {
            unit.rollback().await?;
            return Ok(Done::Moot);
        }
        rendering::complete(unit, self.claimed).await
    }
}

#[cfg(test)]
mod tests;
