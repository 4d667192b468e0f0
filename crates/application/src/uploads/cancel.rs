//! The end of an upload that its client no longer wants.

use super::ResumableError;
use super::context::{Context, release_blob, unreserve};
use crate::engine::retry::{confirm_commit, retry_conflicts};
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::ids::{UploadId, UserId};
use fm_domain::uploads::{Transport, Upload, UploadStatus};

/// Cancels uploads.
pub struct CancelUpload {
    context: Context,
    transport: Transport,
}

impl CancelUpload {
    pub(crate) fn new(context: &Context, transport: Transport) -> Self {
        Self { context: context.clone(), transport }
    }

    /// From the answer on there is no such upload; its bytes go by jobs that were committed with it. Of one that is a
    /// file already the file stays.
    pub async fn run(&self, owner: UserId, id: UploadId) -> Result<(), ResumableError> {
        retry_conflicts(|| self.cancel(owner, id)).await
    }

    async fn cancel(&self, owner: UserId, id: UploadId) -> Result<(), ResumableError> {
        let mut unit = self.context.db.begin().await?;
        let found = unit.uploads().find_for_update(owner, id).await?;
        let refusal = match &found {
            Some(upload) if upload.transport != self.transport => Some(ResumableError::NotFound),
            None => Some(ResumableError::NotFound),
            Some(upload) if self.context.is_over(upload) => Some(ResumableError::Expired),
            Some(_) => None,
        };
        if let Some(refusal) = refusal {
            unit.rollback().await?;
            return Err(refusal);
        }
        if let Some(upload) = &found {
            self.take_out(unit.as_mut(), upload).await?;
        }
        Ok(confirm_commit(unit.commit().await, self.is_gone(owner, id)).await?)
    }

    async fn take_out(&self, unit: &mut dyn UnitOfWork, upload: &Upload) -> PortResult<()> {
        let is_open = upload.status == UploadStatus::Open;
        if is_open {
            release_blob(unit, upload, self.context.ids.as_ref(), self.context.clock.now()).await?;
        }
        unit.uploads().remove(upload.id).await?;
        if is_open { unreserve(unit, upload).await } else { Ok(()) }
    }

    async fn is_gone(&self, owner: UserId, id: UploadId) -> PortResult<bool> {
        Ok(self.context.db.read().await?.uploads().find(owner, id).await?.is_none())
    }
}

#[cfg(test)]
mod tests;
