//! The end of an upload that its client no longer wants.

use super::ResumableError;
use super::context::{Context, release_blob, unreserve};
use crate::engine::retry::{confirm_commit, retry_conflicts};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::ids::UploadId;
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
    pub async fn run(&self, actor: &Actor, id: UploadId) -> Result<(), ResumableError> {
        let access = actor.access(Right::Write)?;
        retry_conflicts(|| self.cancel(&access, id)).await
    }

    async fn cancel(&self, access: &Access, id: UploadId) -> Result<(), ResumableError> {
        let mut unit = self.context.db.begin().await?;
        let found = unit.uploads().find_for_update(access, id).await?;
        let Some(upload) = found.filter(|upload| upload.transport == self.transport) else {
            unit.rollback().await?;
            return Err(ResumableError::NotFound);
        };
        if self.context.is_over(&upload) {
            unit.rollback().await?;
            return Err(ResumableError::Expired);
        }
        self.take_out(unit.as_mut(), &upload).await?;
        Ok(confirm_commit(unit.commit().await, self.is_gone(&upload)).await?)
    }

    async fn take_out(&self, unit: &mut dyn UnitOfWork, upload: &Upload) -> PortResult<()> {
        let is_open = upload.status == UploadStatus::Open;
        if is_open {
            let (events, now) = (&self.context.events, self.context.clock.now());
            release_blob(unit, upload, events, now).await?;
            events.record(unit, now, Change::UploadCancelled { upload }).await?;
        }
        unit.uploads().remove(upload.id).await?;
        if is_open { unreserve(unit, upload).await } else { Ok(()) }
    }

    async fn is_gone(&self, upload: &Upload) -> PortResult<bool> {
        let own = Access::on_behalf_of(upload.owner, Right::Read);
        Ok(self.context.db.read().await?.uploads().find(&own, upload.id).await?.is_none())
    }
}

#[cfg(test)]
mod tests;
