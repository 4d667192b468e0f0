//! Why an upload of many requests does not go on.

use std::time::Duration;

use crate::engine::retry::failure;
use crate::files::UploadError;
use crate::tree::TreeError;
use fm_domain::access::AccessDenied;
use fm_domain::accounts::ReserveBytes;
use fm_domain::blobs::PutBlob;
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::error::PortError;
use fm_domain::uploads::UpdateUpload;

/// Why an upload was not created, or does not go on. What it had before stays, unless something else is said.
#[derive(Debug, thiserror::Error)]
pub enum ResumableError {
    /// The body broke off, or is not as it was declared. The bytes before are kept.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The caller has no such upload.
    #[error("there is no such upload")]
    NotFound,
    /// It was not finished in time.
    #[error("the upload was not finished in time")]
    Expired,
    /// The bytes are meant for another place than the upload is at.
    #[error("the upload is at another offset")]
    WrongOffset {
        /// The offset of the upload.
        offset: ByteSize,
    },
    /// Another length was declared before.
    #[error("a different length was declared before")]
    LengthConflict,
    /// The piece is not what its checksum says; nothing of it is kept.
    #[error("the piece does not match its checksum")]
    ChecksumMismatch,
    /// The store takes no file of this size, a limit of its operator; the upload is gone.
    #[error("the store takes no file of this size")]
    TooLargeForStore,
    /// The owner's quota has no room for it.
    #[error("the quota would be exceeded")]
    QuotaExceeded,
    /// The owner has as many unfinished uploads as are allowed.
    #[error("there are {limit} unfinished uploads already")]
    TooManyUnfinished {
        /// The most unfinished uploads of one user.
        limit: u64,
    },
    /// The idempotency key was used for another upload.
    #[error("the idempotency key was used for another upload")]
    KeyConflict,
    /// Another request goes on with the upload.
    #[error("another request goes on with the upload")]
    TakenOver {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The parts are not those that were sent; the upload is gone.
    #[error("the parts are not those that were sent")]
    PartMismatch,
    /// The file can't be put where it should go; the upload stays until it expires, for a name may become free. Where its folder is gone and
    /// its client wants it in no other (`strict_parent`), the upload is gone too.
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

failure!(ResumableError);

impl ResumableError {
    /// Another request has acquired the upload.
    pub(super) const TAKEN_OVER: Self = Self::TakenOver { retry_after: Duration::from_secs(1) };

    /// Whether the upload is removed with it: nothing of it is kept, neither its bytes nor what is reserved for them.
    pub(super) const fn ends_upload(&self) -> bool {
        matches!(
            self,
            Self::TooLargeForStore | Self::PartMismatch | Self::Misplaced(TreeError::ParentTrashed)
        )
    }
}

impl From<UpdateUpload> for ResumableError {
    fn from(error: UpdateUpload) -> Self {
        match error {
            UpdateUpload::Fenced => Self::TAKEN_OVER,
            UpdateUpload::Store(error) => Self::Store(error),
        }
    }
}

impl From<ReserveBytes> for ResumableError {
    fn from(error: ReserveBytes) -> Self {
        match error {
            ReserveBytes::QuotaExceeded => Self::QuotaExceeded,
            ReserveBytes::NoUser => Self::Unauthenticated,
            ReserveBytes::Store(error) => Self::Store(error),
        }
    }
}

impl From<PutBlob> for ResumableError {
    fn from(error: PutBlob) -> Self {
        UploadError::from(error).into()
    }
}

/// The errors of the last unit, which all uploads share.
impl From<UploadError> for ResumableError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Body(error) => Self::Body(error),
            UploadError::TooLargeForStore => Self::TooLargeForStore,
            UploadError::QuotaExceeded => Self::QuotaExceeded,
            UploadError::KeyConflict => Self::KeyConflict,
            UploadError::KeyBusy { retry_after } => Self::TakenOver { retry_after },
            UploadError::NotFound => Self::NotFound,
            UploadError::PreconditionFailed => Self::Misplaced(TreeError::PreconditionFailed),
            UploadError::Misplaced(refusal) => Self::Misplaced(refusal),
            UploadError::Unauthenticated => Self::Unauthenticated,
            UploadError::Denied(denied) => Self::Denied(denied),
            UploadError::Store(error) => Self::Store(error),
        }
    }
}
