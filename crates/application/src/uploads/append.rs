//! More bytes of a resumable upload.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::access::{Access, Actor, Right};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::error::chain;
use fm_domain::ids::UploadId;
use fm_domain::uploads::{Checksum, ResumableStore, Upload, UploadStatus};

use super::acquire::{Acquired, acquire};
use super::complete::complete_resumable;
use super::context::Context;
use super::receive::Receiver;
use super::{Progress, ResumableError};
use crate::tree::Placed;

/// How often a request looks whether another has acquired its upload: one that is stuck ends no later.
const LOCK_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// The bytes, and the offset at which they belong.
pub struct AppendCommand {
    /// The upload.
    pub upload: UploadId,
    /// The offset that the client believes the upload to be at.
    pub offset: ByteSize,
    /// The length of the whole, where it was not known before.
    pub length: Option<ByteSize>,
    /// The checksum of the body.
    pub checksum: Option<Checksum>,
    /// The bytes.
    pub body: ByteStream,
    /// The length of the body, where it is known.
    pub body_length: Option<ByteSize>,
}

/// What a request declares of its body.
pub(super) struct AppendRequest {
    pub(super) upload: UploadId,
    pub(super) offset: ByteSize,
    pub(super) length: Option<ByteSize>,
    pub(super) checksum: Option<Checksum>,
    pub(super) body_length: Option<ByteSize>,
}

impl AppendCommand {
    /// The bytes, which can't be shared, apart from what is declared of them.
    fn split(self) -> (AppendRequest, ByteStream) {
        let Self { upload, offset, length, checksum, body, body_length } = self;
        (AppendRequest { upload, offset, length, checksum, body_length }, body)
    }
}

/// Appends to resumable uploads.
///
/// Run it to its end, even when the client is gone: it saves the bytes that arrived. A request that comes while another
/// is still received takes the upload away from it.
pub struct AppendToUpload {
    context: Context,
    store: Arc<dyn ResumableStore>,
}

impl AppendToUpload {
    pub(crate) fn new(context: &Context, store: &Arc<dyn ResumableStore>) -> Self {
        Self { context: context.clone(), store: store.clone() }
    }

    /// How far the upload is after it; with the last byte the file exists. Bytes before an error stay, unless the body
    /// has a checksum.
    pub async fn run(&self, actor: &Actor, command: AppendCommand) -> Result<Progress, ResumableError> {
        let access = actor.access(Right::Write)?;
        Self { context: self.context.by(actor), store: self.store.clone() }.append(&access, command).await
    }

    async fn append(&self, access: &Access, command: AppendCommand) -> Result<Progress, ResumableError> {
        let (request, body) = command.split();
        let upload = match acquire(&self.context, self.store.as_ref(), access, &request).await? {
            Acquired::Open(upload) => upload,
            Acquired::Complete(upload) => return Ok(Progress::of(&upload)),
        };
        tokio::select! {
            progress = self.receive(upload.clone(), body, &request) => progress,
            lost = self.lost(&upload) => Err(lost),
        }
    }

    async fn receive(
        &self,
        upload: Upload,
        body: ByteStream,
        request: &AppendRequest,
    ) -> Result<Progress, ResumableError> {
        let mut receiver = Receiver::new(&self.context, self.store.as_ref(), upload, request);
        let outcome = receiver.receive(body).await;
        if let Err(error) = &outcome
            && !error.ends_upload()
            && let Err(failure) = receiver.release(error).await
        {
            tracing::info!(upload.id = %request.upload, error = chain(&failure), "an upload stays locked");
        }
        let stored_at_once = match outcome {
            Err(error) if error.ends_upload() => {
                return Err(self.context.give_up(&receiver.into_upload(), error).await);
            }
            outcome => outcome?,
        };
        let upload = receiver.into_upload();
        let placed = match stored_at_once {
            Some(placed) => Some(placed),
            None if upload.is_whole() => {
                match complete_resumable(&self.context, self.store.as_ref(), &upload).await {
                    Err(error) if error.ends_upload() => {
                        return Err(self.context.give_up(&upload, error).await);
                    }
                    completed => Some(completed?),
                }
            }
            None => None,
        };
        let progress = Progress::of(&upload);
        Ok(match placed {
            Some(Placed { file, requested_name, moved_from, .. }) => {
                Progress { file: Some(file.id), requested_name, moved_from, ..progress }
            }
            None => progress,
        })
    }

    /// Ends when another request has acquired the upload.
    async fn lost(&self, upload: &Upload) -> ResumableError {
        let own = Access::on_behalf_of(upload.owner, Right::Read);
        loop {
            tokio::time::sleep(LOCK_POLL_INTERVAL).await;
            match self.context.find(&own, upload.id).await {
                Ok(now) if now.status == UploadStatus::Expired => return ResumableError::Expired,
                // The request itself completed it, and tells its client.
                Ok(now)
                    if matches!(now.status, UploadStatus::Complete(_))
                        && now.epoch == upload.epoch.next() => {}
                Ok(now) if now.epoch != upload.epoch => return ResumableError::TAKEN_OVER,
                Err(ResumableError::NotFound) => return ResumableError::NotFound,
                // The database may be back in time.
                Ok(_) | Err(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
