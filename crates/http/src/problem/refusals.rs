//! What every refusal of the domain is outside. Each match is exhaustive: a new refusal does not compile until it has
//! an answer.

use std::time::Duration;

use crate::links::Forbidden;
use fm_application::accounts::{ChangePasswordError, ReauthenticateError, RegisterError, RemoveAccountError};
use fm_application::audit::ActivityError;
use fm_application::files::{FileError, ListError, PreviewError, ThumbnailError, UploadError};
use fm_application::sessions::{LogInError, Refused, RevokeSessionError};
use fm_application::uploads::{PartError, ResumableError};
use fm_application::wiring::Busy;
use fm_domain::access::AccessDenied;
use fm_domain::blobs::GetBlob;
use fm_domain::body::BodyError;
use fm_domain::error::PortError;

use actix_web::http::header::{self, HeaderValue};

use super::{Code, Problem};
use crate::input::{PREFERENCE_APPLIED, WAITED};
use crate::tus;

/// When to ask again after a failure that may be over soon.
const SOON: Duration = Duration::from_secs(1);

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        let problem = match &error {
            PortError::Unavailable(_) | PortError::Contended(_) => {
                Self::of(Code::Unavailable).retry_after(SOON)
            }
            PortError::Corrupt { .. } | PortError::Poisoned | PortError::Unexpected(_) => {
                Self::of(Code::Internal)
            }
        };
        Self { cause: Some(error), ..problem }
    }
}

impl From<AccessDenied> for Problem {
    fn from(_: AccessDenied) -> Self {
        Self::new(Code::Forbidden, "the scopes of the credential do not allow this")
    }
}

impl From<Refused> for Problem {
    fn from(error: Refused) -> Self {
        match error {
            Refused::Unauthenticated => Self::of(Code::Unauthenticated),
            Refused::Store(error) => error.into(),
        }
    }
}

impl From<Busy> for Problem {
    fn from(busy: Busy) -> Self {
        Self::new(Code::RateLimited, "too many passwords are being checked").retry_after(busy.retry_after)
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Closed => Self::new(Code::Forbidden, "registration is closed"),
            RegisterError::EmailTaken => Self::of(Code::EmailTaken),
            RegisterError::WeakPassword(weak) => Self::invalid("/password", weak.to_string()),
            RegisterError::Busy(busy) => busy.into(),
            RegisterError::Store(error) => error.into(),
        }
    }
}

impl From<LogInError> for Problem {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::InvalidCredentials => Self::of(Code::InvalidCredentials),
            LogInError::Suspended => Self::of(Code::AccountSuspended),
            LogInError::Busy(busy) => busy.into(),
            LogInError::Store(error) => error.into(),
        }
    }
}

impl From<ReauthenticateError> for Problem {
    fn from(error: ReauthenticateError) -> Self {
        match error {
            ReauthenticateError::WrongPassword => Self::of(Code::WrongPassword),
            ReauthenticateError::Unauthenticated => Self::of(Code::Unauthenticated),
            ReauthenticateError::Busy(busy) => busy.into(),
            ReauthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<RemoveAccountError> for Problem {
    fn from(error: RemoveAccountError) -> Self {
        match error {
            RemoveAccountError::LastAdmin => {
                Self::new(Code::Conflict, "you are the last admin: make another user one first")
            }
            RemoveAccountError::Reauthenticate(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::WeakPassword(weak) => Self::invalid("/new_password", weak.to_string()),
            ChangePasswordError::Reauthenticate(error) => error.into(),
        }
    }
}

impl From<RevokeSessionError> for Problem {
    fn from(error: RevokeSessionError) -> Self {
        match error {
            RevokeSessionError::NotFound => Self::of(Code::NotFound),
            RevokeSessionError::Store(error) => error.into(),
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        match error {
            FileError::NotFound => Self::of(Code::NotFound),
            FileError::Denied(denied) => denied.into(),
            FileError::Store(error) => error.into(),
        }
    }
}

/// 429: a user has a few lists at a time.
pub(super) fn too_many_lists(retry_after: Duration) -> Problem {
    Problem::new(
        Code::RateLimited,
        "too many lists, searches or batches of yours are worked on at the moment",
    )
    .retry_after(retry_after)
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::InvalidCursor(_) => Self::malformed("the cursor is not valid for this list"),
            ListError::Denied(denied) => denied.into(),
            ListError::TooManyLists { retry_after } => too_many_lists(retry_after),
            ListError::Store(error) => error.into(),
        }
    }
}

impl From<ActivityError> for Problem {
    fn from(error: ActivityError) -> Self {
        match error {
            ActivityError::InvalidCursor(_) => Self::malformed("the cursor is not valid for this list"),
            ActivityError::TooManyLists { retry_after } => too_many_lists(retry_after),
            ActivityError::Store(error) => error.into(),
        }
    }
}

impl From<ThumbnailError> for Problem {
    fn from(error: ThumbnailError) -> Self {
        match error {
            ThumbnailError::NotFound => Self::of(Code::NotFound),
            ThumbnailError::NotReady { retry_after } => {
                Self::of(Code::ThumbnailNotReady).retry_after(retry_after)
            }
            ThumbnailError::NoThumbnail => Self::of(Code::NoThumbnail),
            ThumbnailError::Denied(denied) => denied.into(),
            ThumbnailError::Store(error) => error.into(),
        }
    }
}

impl From<PreviewError> for Problem {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::NotFound => Self::of(Code::NotFound),
            PreviewError::NotReady { retry_after, waited } => {
                let problem = Self::of(Code::PreviewNotReady).retry_after(retry_after);
                if waited { problem.with(PREFERENCE_APPLIED, WAITED) } else { problem }
            }
            PreviewError::NoPreview => Self::of(Code::NoPreview),
            PreviewError::Denied(denied) => denied.into(),
            PreviewError::Store(error) => error.into(),
        }
    }
}

/// 413: its limit the store does not tell.
fn too_large_for_store() -> Problem {
    Problem::new(Code::PayloadTooLarge, "the file is larger than the store takes")
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Body(error) => error.into(),
            UploadError::TooLargeForStore => too_large_for_store(),
            UploadError::QuotaExceeded => Self::of(Code::QuotaExceeded),
            UploadError::KeyConflict => Self::of(Code::Conflict),
            UploadError::KeyBusy { retry_after } => {
                Self::new(Code::Conflict, "an upload with this idempotency key is still running")
                    .retry_after(retry_after)
            }
            UploadError::NotFound => Self::of(Code::NotFound),
            UploadError::PreconditionFailed => Self::of(Code::PreconditionFailed),
            UploadError::Misplaced(refusal) => refusal.into(),
            UploadError::Unauthenticated => Self::of(Code::Unauthenticated),
            UploadError::Denied(denied) => denied.into(),
            UploadError::Store(error) => error.into(),
        }
    }
}

impl From<ResumableError> for Problem {
    fn from(error: ResumableError) -> Self {
        let conflict = |detail: &'static str| Self::new(Code::Conflict, detail);
        match error {
            ResumableError::Body(error) => error.into(),
            ResumableError::NotFound => Self::of(Code::NotFound),
            ResumableError::Expired => Self::of(Code::UploadExpired),
            ResumableError::WrongOffset { offset } => conflict("the upload is at another offset")
                .with(tus::UPLOAD_OFFSET, HeaderValue::from(offset.bytes())),
            ResumableError::LengthConflict => conflict("a different length was declared before"),
            ResumableError::ChecksumMismatch => Self::of(Code::ChecksumMismatch),
            ResumableError::TooLargeForStore => too_large_for_store(),
            ResumableError::QuotaExceeded => Self::of(Code::QuotaExceeded),
            ResumableError::TooManyUnfinished { limit } => Self::new(
                Code::Conflict,
                format!("there are {limit} unfinished uploads already: finish or cancel one first"),
            ),
            ResumableError::KeyConflict => Self::of(Code::Conflict),
            ResumableError::TakenOver { retry_after } => {
                conflict("another request goes on with the upload").retry_after(retry_after)
            }
            ResumableError::PartMismatch => Self::invalid("/parts", "are not the parts that were sent"),
            ResumableError::Misplaced(refusal) => refusal.into(),
            ResumableError::Unauthenticated => Self::of(Code::Unauthenticated),
            ResumableError::Denied(denied) => denied.into(),
            ResumableError::Store(error) => error.into(),
        }
    }
}

impl From<PartError> for Problem {
    fn from(error: PartError) -> Self {
        match error {
            PartError::Refused => Forbidden.into(),
            PartError::Body(BodyError::TooLarge { limit }) => Self::too_large("part", limit.bytes()),
            PartError::Body(error) => error.into(),
            PartError::TooLargeForStore => too_large_for_store(),
            PartError::Store(error) => error.into(),
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            // The client is gone: only the log shows it.
            BodyError::Aborted => Self::malformed("the body ended before it was whole"),
            BodyError::Stalled => Self::of(Code::RequestTimeout),
            BodyError::TooLarge { limit } => Self::too_large("file", limit.bytes()),
            BodyError::QuotaExceeded => Self::of(Code::QuotaExceeded),
            BodyError::Malformed(what) => Self::malformed(what),
            BodyError::Invalid { field, detail } => {
                Self::invalid(field.map(|field| format!("/{field}")).unwrap_or_default(), detail)
            }
            BodyError::DigestMismatch => Self::invalid("", "does not match its digest"),
            BodyError::Source(cause) => PortError::Unavailable(cause.as_ref().into()).into(),
        }
    }
}

impl From<Forbidden> for Problem {
    fn from(_: Forbidden) -> Self {
        Self::new(Code::Forbidden, "the signed URL is not valid, or not any more")
    }
}

impl From<GetBlob> for Problem {
    fn from(error: GetBlob) -> Self {
        match error {
            GetBlob::NotFound => Self::of(Code::NotFound),
            GetBlob::Range(outside) => {
                let size = outside.size.bytes();
                let range = HeaderValue::from_str(&format!("bytes */{size}"));
                let problem = Self::new(Code::RangeNotSatisfiable, outside.to_string());
                match range {
                    Ok(range) => problem.with(header::CONTENT_RANGE, range),
                    Err(_not_text) => problem,
                }
            }
            GetBlob::Store(error) => error.into(),
        }
    }
}
