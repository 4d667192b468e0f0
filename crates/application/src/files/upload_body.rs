//! What an upload brings, and what it may be refused for.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::engine::retry::failure;
use crate::tree::TreeError;
use fm_domain::access::AccessDenied;
use fm_domain::accounts::ReserveBytes;
use fm_domain::blobs::{MarkStored, PutBlob};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::database::EnterWithBlob;
use fm_domain::error::PortError;
use fm_domain::files::{FileName, MediaType, Sha256, UpdateFile};
use fm_domain::tree::EnterDrive;

/// The body of one upload, by whatever transport.
pub struct UploadBody {
    /// The bytes.
    pub stream: ByteStream,
    /// How many there are, where that is known exactly beforehand.
    pub length: Option<ByteSize>,
    /// The media type that the client claims.
    pub claimed_type: Option<MediaType>,
    /// The hash that they must have, where the client gave one.
    pub sha256: Option<Sha256>,
    /// Resolves once the whole request was read after the bytes: the name that it gives the file, if any, or what is wrong
    /// with the rest.
    pub end: BoxFuture<'static, Result<Option<FileName>, BodyError>>,
}

/// Why an upload or a replacement was refused. None of its bytes stay.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The body broke off, or is not as it was declared.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The store takes no file of this size: a limit of its operator.
    #[error("the store takes no file of this size")]
    TooLargeForStore,
    /// The owner's quota has no room for it.
    #[error("the quota would be exceeded")]
    QuotaExceeded,
    /// The idempotency key was used for another name or content.
    #[error("the idempotency key was used for another upload")]
    KeyConflict,
    /// An upload with this idempotency key is still running.
    #[error("an upload with this idempotency key is still running")]
    KeyBusy {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The caller has no such file to replace.
    #[error("there is no such file")]
    NotFound,
    /// `If-Match` named another revision, or the file changed during the transfer.
    #[error("the file has changed meanwhile")]
    PreconditionFailed,
    /// The file can't be put where it should go.
    #[error(transparent)]
    Misplaced(TreeError),
    /// The account is gone.
    #[error("the credentials are not valid")]
    Unauthenticated,
    /// The scopes of the credential do not give the right.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(UploadError);

impl From<ReserveBytes> for UploadError {
    fn from(error: ReserveBytes) -> Self {
        match error {
            ReserveBytes::QuotaExceeded => Self::QuotaExceeded,
            ReserveBytes::NoUser => Self::Unauthenticated,
            ReserveBytes::Store(error) => Self::Store(error),
        }
    }
}

impl From<EnterDrive> for UploadError {
    fn from(error: EnterDrive) -> Self {
        match error {
            EnterDrive::QuotaExceeded { .. } => Self::QuotaExceeded,
            EnterDrive::NoDrive => Self::Unauthenticated,
            EnterDrive::Store(error) => Self::Store(error),
        }
    }
}

impl From<EnterWithBlob> for UploadError {
    fn from(error: EnterWithBlob) -> Self {
        match error {
            EnterWithBlob::NoIntent => MarkStored::NoIntent.into(),
            EnterWithBlob::Drive(refusal) => refusal.into(),
            EnterWithBlob::Store(error) => Self::Store(error),
        }
    }
}

impl From<TreeError> for UploadError {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Store(error) => Self::Store(error),
            TreeError::PreconditionFailed => Self::PreconditionFailed,
            TreeError::QuotaExceeded { .. } => Self::QuotaExceeded,
            TreeError::Denied(denied) => Self::Denied(denied),
            refusal => Self::Misplaced(refusal),
        }
    }
}

impl From<PutBlob> for UploadError {
    fn from(error: PutBlob) -> Self {
        match error {
            PutBlob::Body(BodyError::QuotaExceeded) => Self::QuotaExceeded,
            PutBlob::Body(error) => Self::Body(error),
            PutBlob::TooLarge => Self::TooLargeForStore,
            PutBlob::Store(error) => Self::Store(error),
        }
    }
}

impl From<MarkStored> for UploadError {
    fn from(error: MarkStored) -> Self {
        match error {
            MarkStored::NoIntent => {
                Self::Store(PortError::Unavailable("the upload's lease ran out meanwhile".into()))
            }
            MarkStored::Store(error) => Self::Store(error),
        }
    }
}

impl From<UpdateFile> for UploadError {
    fn from(error: UpdateFile) -> Self {
        match error {
            UpdateFile::Stale => Self::PreconditionFailed,
            UpdateFile::Store(error) => Self::Store(error),
        }
    }
}
