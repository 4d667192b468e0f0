//! A new resumable upload.

use super::context::Context;
use super::create::Draft;
use super::{Progress, ResumableError};
use fm_domain::body::ByteSize;
use fm_domain::files::{FileName, MediaType};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::UserId;
use fm_domain::uploads::Transport;

/// What is going to be uploaded.
#[derive(Debug, Clone)]
pub struct CreateResumableCommand {
    /// By whom.
    pub owner: UserId,
    /// What makes a retry find this upload.
    pub key: Option<IdempotencyKey>,
    /// What the file will be called.
    pub name: FileName,
    /// How many bytes there will be; `None`: it will be said later.
    pub length: Option<ByteSize>,
    /// What the client says that it is.
    pub claimed_type: Option<MediaType>,
    /// What else the client says, to be told again.
    pub metadata: String,
}

/// Creates resumable uploads.
pub struct CreateResumable {
    context: Context,
}

impl CreateResumable {
    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone() }
    }

    /// The upload, and whether it was made just now: a repetition with the same key finds the first.
    pub async fn run(&self, command: CreateResumableCommand) -> Result<(Progress, bool), ResumableError> {
        let draft = Draft {
            owner: command.owner,
            transport: Transport::Resumable,
            key: command.key,
            name: command.name,
            length: command.length,
            claimed_type: command.claimed_type,
            promised: None,
            metadata: command.metadata,
        };
        let created = self.context.create(&draft).await?;
        Ok((Progress::of(&created.upload), created.fresh))
    }
}
