//! Where a resumable upload goes on.

use super::append::{AppendCommand, AppendToUpload};
use super::context::Context;
use super::{Progress, ResumableError};
use fm_domain::access::{Actor, Right};
use fm_domain::ids::UploadId;
use fm_domain::uploads::{ResumableStore, Transport, UploadStatus};
use std::sync::Arc;

/// Tells where resumable uploads go on, and completes those that were left whole.
pub struct ResumeUpload {
    context: Context,
    append: AppendToUpload,
}

impl ResumeUpload {
    pub(crate) fn new(context: &Context, store: &Arc<dyn ResumableStore>) -> Self {
        Self { context: context.clone(), append: AppendToUpload::new(context, store) }
    }

    /// How far it is. An upload whose bytes are all there and that is no file yet, because the request that received the
    /// last of them died or met a fault, becomes one now: a client that finds it whole sends nothing more.
    pub async fn run(&self, actor: &Actor, id: UploadId) -> Result<Progress, ResumableError> {
        let access = actor.access(Right::Write)?;
        let upload = self.context.find(&access, id).await?;
        if upload.transport != Transport::Resumable {
            return Err(ResumableError::NotFound);
        }
        if self.context.is_over(&upload) {
            return Err(ResumableError::Expired);
        }
        if upload.status != UploadStatus::Open || !upload.is_whole() {
            return Ok(Progress::of(&upload));
        }
        let nothing_more = AppendCommand {
            upload: id,
            offset: upload.offset,
            length: None,
            checksum: None,
            body: Box::pin(futures_util::stream::empty()),
            body_length: None,
        };
        self.append.run(actor, nothing_more).await
    }
}

#[cfg(test)]
mod tests;
