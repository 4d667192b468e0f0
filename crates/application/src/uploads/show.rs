//! How far an upload is.

use super::append::{AppendCommand, AppendToUpload};
use super::context::Context;
use super::{Progress, ResumableError};
use fm_domain::ids::{UploadId, UserId};
use fm_domain::uploads::{Transport, UploadStatus};

/// Shows resumable uploads.
pub struct ShowUpload {
    context: Context,
    append: AppendToUpload,
}

impl ShowUpload {
    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone(), append: AppendToUpload::new(context) }
    }

    /// How far it is. One whose bytes all came and that is no file yet, because whoever received the last of them died
    /// or met a fault, becomes one now.
    pub async fn run(&self, owner: UserId, id: UploadId) -> Result<Progress, ResumableError> {
        let upload = self.context.find(owner, id).await?;
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
            owner,
            upload: id,
            offset: upload.offset,
            length: None,
            checksum: None,
            body: Box::pin(futures_util::stream::empty()),
            body_length: None,
        };
        self.append.run(nothing_more).await
    }
}
