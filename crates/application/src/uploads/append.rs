//! More bytes of a resumable upload.

use std::time::Duration;

use super::context::Context;
use super::piece::Piece;
use super::take_up::Taken;
use super::{Progress, ResumableError};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::error::chain;
use fm_domain::ids::{UploadId, UserId};
use fm_domain::uploads::{Checksum, Upload, UploadStatus};

/// How often a request looks whether another has taken its upload up: one that is stuck ends no later.
const WATCH: Duration = Duration::from_secs(2);

/// What comes, and where it belongs.
pub struct AppendCommand {
    /// Whose.
    pub owner: UserId,
    /// Which.
    pub upload: UploadId,
    /// Where the client believes the upload to be.
    pub offset: ByteSize,
    /// The length of the whole, where it was not known before.
    pub length: Option<ByteSize>,
    /// What the piece must add up to.
    pub checksum: Option<Checksum>,
    /// The piece.
    pub body: ByteStream,
    /// How long it is, where that is known.
    pub body_length: Option<ByteSize>,
}

/// What a request says of its piece.
pub(super) struct Announced {
    pub(super) owner: UserId,
    pub(super) upload: UploadId,
    pub(super) offset: ByteSize,
    pub(super) length: Option<ByteSize>,
    pub(super) checksum: Option<Checksum>,
    pub(super) body_length: Option<ByteSize>,
}

impl AppendCommand {
    /// The bytes, which can't be shared, apart from what is said of them.
    fn split(self) -> (Announced, ByteStream) {
        let Self { owner, upload, offset, length, checksum, body, body_length } = self;
        (Announced { owner, upload, offset, length, checksum, body_length }, body)
    }
}

/// Takes pieces of resumable uploads.
///
/// Run it to its end, even when the client is gone: it keeps what came. A piece that comes while another is still
/// being received takes the upload away from it.
pub struct AppendToUpload {
    context: Context,
}

impl AppendToUpload {
    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone() }
    }

    /// How far the upload is after it; with the last piece the file exists. What came before an error stays, unless the
    /// piece has a checksum.
    pub async fn run(&self, command: AppendCommand) -> Result<Progress, ResumableError> {
        let (announced, body) = command.split();
        let upload = match self.context.take_up(&announced).await? {
            Taken::Open(upload) => upload,
            Taken::Complete(upload) => return Ok(Progress::of(&upload)),
        };
        tokio::select! {
            progress = self.receive(upload.clone(), body, &announced) => progress,
            lost = self.lost(&upload) => Err(lost),
        }
    }

    async fn receive(
        &self,
        upload: Upload,
        body: ByteStream,
        announced: &Announced,
    ) -> Result<Progress, ResumableError> {
        let mut piece = Piece::of(&self.context, upload, announced);
        let outcome = piece.receive(body).await;
        if let Err(error) = &outcome
            && let Err(failure) = piece.put_down(error).await
        {
            tracing::info!(upload.id = %announced.upload, error = chain(&failure), "an upload was not put down");
        }
        let whole = outcome?;
        let upload = piece.into_upload();
        let file = match whole {
            Some(file) => Some(file.id),
            None if upload.is_whole() => Some(self.context.finish(&upload).await?.id),
            None => None,
        };
        Ok(Progress { file, ..Progress::of(&upload) })
    }

    /// Ends when the upload is no longer this request's.
    async fn lost(&self, upload: &Upload) -> ResumableError {
        loop {
            tokio::time::sleep(WATCH).await;
            match self.context.find(upload.owner, upload.id).await {
                Ok(now) if now.status == UploadStatus::Expired => return ResumableError::Expired,
                // Its own end is for the request itself to tell.
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
