//! The stable names of problems.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $status:literal, $example:literal;)*) => {
        /// What went wrong, in a form that programs can rely on. Listed in `docs/ERRORS.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The status it is answered with.
            #[must_use]
            pub fn status(self) -> StatusCode {
                let status: u16 = match self { $(Self::$variant => $status,)* };
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            /// A detail as a client may see it: the example of the documentation.
            #[must_use]
            pub const fn example(self) -> &'static str {
                match self { $(Self::$variant => $example,)* }
            }
        }
    };
}

codes! {
    /// Unparsable JSON, broken multipart, a bad query value or a bad cursor.
    MalformedRequest = "malformed_request", 400, "the body is not JSON";
    /// No, expired, forged or revoked credentials.
    Unauthenticated = "unauthenticated", 401, "valid credentials are needed";
    /// A wrong email or password: one answer for both.
    InvalidCredentials = "invalid_credentials", 401, "the email or the password is wrong";
    /// Not allowed: a cross-site request, closed registration, a signed URL that is not valid, a route for admins.
    Forbidden = "forbidden", 403, "the request comes from another site";
    /// The right password of an account that is suspended.
    AccountSuspended = "account_suspended", 403, "the account is suspended";
    /// The password that was asked for again is wrong.
    WrongPassword = "wrong_password", 403, "the password is wrong";
    /// Unknown, deleted or someone else's.
    NotFound = "not_found", 404, "there is nothing here";
    /// The thumbnail is being made.
    ThumbnailNotReady = "thumbnail_not_ready", 404, "the thumbnail is being made";
    /// The file has no thumbnail.
    NoThumbnail = "no_thumbnail", 404, "the file has no thumbnail";
    /// The preview is being made.
    PreviewNotReady = "preview_not_ready", 404, "the preview is being made";
    /// The file has no preview.
    NoPreview = "no_preview", 404, "the file has no preview";
    /// The resource does not know this method; `Allow` says which it knows.
    MethodNotAllowed = "method_not_allowed", 405, "the method is not allowed here";
    /// The body stalled.
    RequestTimeout = "request_timeout", 408, "the body stalled";
    /// Another account has this address.
    EmailTaken = "email_taken", 409, "another account has this address";
    /// The folder has an entry of this name; `existing` says which.
    NameTaken = "name_taken", 409, "the folder has an entry of this name";
    /// A folder with entries is deleted only with `recursive=true`.
    FolderNotEmpty = "folder_not_empty", 409, "the folder has entries";
    /// The target lies in what is moved or copied.
    MoveIntoItself = "move_into_itself", 409, "the folder lies in what is moved or copied";
    /// Folders would be nested in more than 64 levels.
    TooDeep = "too_deep", 409, "folders would be nested too deeply";
    /// The folder would have more than 100,000 entries.
    FolderFull = "folder_full", 409, "the folder has too many entries";
    /// The folder that an item was in is in the trash, or gone.
    ParentTrashed = "parent_trashed", 409, "the folder that it was in is in the trash, or gone";
    /// It contradicts another request, or what is there.
    Conflict = "conflict", 409, "the idempotency key was used for another upload";
    /// The upload was not finished in time.
    UploadExpired = "upload_expired", 410, "the upload was not finished in time";
    /// `If-Match` named an older revision, or the upload is spoken of in another version of tus.
    PreconditionFailed = "precondition_failed", 412, "the precondition does not hold";
    /// The body is over its cap.
    PayloadTooLarge = "payload_too_large", 413, "the file is larger than 52428800 bytes";
    /// It is about more items than one request takes.
    BatchTooLarge = "batch_too_large", 413, "it is about more items than one request takes";
    /// The user's quota would be exceeded; `reclaimable` says what could be freed, where something can.
    QuotaExceeded = "quota_exceeded", 413, "the storage quota would be exceeded";
    /// The body has another media type than the one asked for.
    UnsupportedMediaType = "unsupported_media_type", 415, "the body must be application/json";
    /// The range lies outside the file.
    RangeNotSatisfiable = "range_not_satisfiable", 416, "the range lies outside the 48213 bytes";
    /// Well-formed, but a value is not acceptable; `errors` says which.
    ValidationFailed = "validation_failed", 422, "a value is not acceptable";
    /// The client asks too often, or too many passwords are being checked: `Retry-After` says when to ask again.
    RateLimited = "rate_limited", 429, "too many requests at the moment";
    /// The head of the request is larger than the server reads.
    HeaderFieldsTooLarge = "header_fields_too_large", 431, "the head of the request has more than 96 fields or 128 KiB";
    /// The piece of an upload is not what its checksum says.
    ChecksumMismatch = "checksum_mismatch", 460, "the piece does not match its checksum";
    /// A defect of ours.
    Internal = "internal", 500, "something went wrong on our side";
    /// Database, storage or session store are out of reach.
    Unavailable = "unavailable", 503, "the service is out of reach for a moment";
}

impl Code {
    /// The name of its status.
    #[must_use]
    pub fn title(self) -> &'static str {
        // tus (extension checksum) has a status of its own.
        if self == Self::ChecksumMismatch {
            return "Checksum Mismatch";
        }
        self.status().canonical_reason().unwrap_or("Error")
    }

    /// The code for a refusal of the server's own, which knows its status alone.
    #[must_use]
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            413 => Self::PayloadTooLarge,
            415 => Self::UnsupportedMediaType,
            429 => Self::RateLimited,
            431 => Self::HeaderFieldsTooLarge,
            400..=499 => Self::MalformedRequest,
            503 => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}
