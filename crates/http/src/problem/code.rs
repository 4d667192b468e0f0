//! The stable names of problems.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $status:ident, $example:literal;)*) => {
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
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
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
    MalformedRequest = "malformed_request", BAD_REQUEST, "the body is not JSON";
    /// No, expired, forged or revoked credentials.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "valid credentials are needed";
    /// A wrong email or password: one answer for both.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "the email or the password is wrong";
    /// Not allowed: a cross-site request, closed registration, a signed URL that is not valid.
    Forbidden = "forbidden", FORBIDDEN, "the request comes from another site";
    /// The password that was asked for again is wrong.
    WrongPassword = "wrong_password", FORBIDDEN, "the password is wrong";
    /// Unknown, deleted or someone else's.
    NotFound = "not_found", NOT_FOUND, "there is nothing here";
    /// The thumbnail is being made.
    ThumbnailNotReady = "thumbnail_not_ready", NOT_FOUND, "the thumbnail is being made";
    /// The file has no thumbnail.
    NoThumbnail = "no_thumbnail", NOT_FOUND, "the file has no thumbnail";
    /// The resource does not know this method; `Allow` says which it knows.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "the method is not allowed here";
    /// The body stalled.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "the body stalled";
    /// Another account has this address.
    EmailTaken = "email_taken", CONFLICT, "another account has this address";
    /// It contradicts another request.
    Conflict = "conflict", CONFLICT, "the idempotency key was used for another upload";
    /// `If-Match` named an older revision.
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED, "the file has changed";
    /// The body is over its cap.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "the file is larger than 52428800 bytes";
    /// The user's quota would be passed.
    QuotaExceeded = "quota_exceeded", PAYLOAD_TOO_LARGE, "the storage quota would be passed";
    /// The body has another media type than the one asked for.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "the body must be application/json";
    /// The range lies outside the file.
    RangeNotSatisfiable = "range_not_satisfiable", RANGE_NOT_SATISFIABLE, "the range lies outside the 48213 bytes";
    /// Well-formed, but a value is not acceptable; `errors` says which.
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY, "a value is not acceptable";
    /// A defect of ours.
    Internal = "internal", INTERNAL_SERVER_ERROR, "something went wrong on our side";
    /// Database, storage or session store are out of reach.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "the service is out of reach for a moment";
}

impl Code {
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
            400..=499 => Self::MalformedRequest,
            503 => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}
