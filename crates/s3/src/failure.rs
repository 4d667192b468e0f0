//! What went wrong in a request: the HTTP status first, the server's code second, secrets never.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use fm_domain::error::{PortError, chain};
use tokio::time::Instant;

/// A request that failed, in words for the log.
///
/// Of what the server said only the code is kept: its messages may quote keys and signed text.
#[derive(Debug, thiserror::Error)]
#[error("S3 {step} failed: {detail}")]
pub(crate) struct Failure {
    step: &'static str,
    status: Option<u16>,
    code: Option<String>,
    /// Whether the request was never sent because it could not be made.
    unsendable: bool,
    detail: String,
}

impl Failure {
    pub(crate) fn new<E>(step: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).map(plain);
        let detail = detail(error, status, code.as_deref());
        Self { step, status, code, unsendable: matches!(error, SdkError::ConstructionFailure(_)), detail }
    }

    /// An answer that looked like success, and was none.
    pub(crate) fn odd(step: &'static str, what: &str) -> Self {
        Self { step, status: None, code: None, unsendable: true, detail: what.to_owned() }
    }

    /// An exchange that did not come to its end: the same request may succeed later.
    pub(crate) fn cut_off(step: &'static str, detail: String) -> Self {
        Self { step, status: None, code: None, unsendable: false, detail }
    }

    /// An upload that is not there, which the answer to another request said.
    pub(crate) fn missing(step: &'static str) -> Self {
        let detail = "the upload is not there".to_owned();
        Self { step, status: Some(404), code: None, unsendable: false, detail }
    }

    /// The same, and what an operator should look at.
    pub(crate) fn hinting(mut self, hint: &str) -> Self {
        self.detail = format!("{} ({hint})", self.detail);
        self
    }

    /// The request was sent, and its answer did not come.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.status.is_none() && !self.unsendable
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.status
    }

    /// The server's code.
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    fn has_code(&self, code: &str) -> bool {
        self.code() == Some(code)
    }

    /// The object (or the upload) is not there. Where a bucket is missing, most servers say so.
    pub(crate) fn is_missing(&self) -> bool {
        self.status == Some(404) && !self.has_code("NoSuchBucket")
    }

    /// An answer to the completion of an upload: the parts are not those that were sent. Servers have many codes for that
    /// (`InvalidPart`, `MissingPart`, `InvalidChecksum`, `InvalidRequest`), and some give all errors one code. The request
    /// itself is right, so a refusal is about the parts unless its code tells of something else.
    pub(crate) fn is_mismatch(&self) -> bool {
        self.status == Some(400) && !self.is_too_large() && !self.code.as_deref().is_some_and(is_of_request)
    }

    /// The server takes no object, or no body, of this size.
    pub(crate) fn is_too_large(&self) -> bool {
        self.status == Some(413) || self.has_code("EntityTooLarge")
    }

    /// Tells the operator of a size limit, which no error of a port has room for. Clients meet it as often as they like: once a
    /// minute is enough.
    pub(crate) fn tell_limit(&self) {
        static TOLD: Mutex<Option<Instant>> = Mutex::new(None);
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= Duration::from_mins(1)) {
            *told = Some(Instant::now());
            tracing::warn!(error = %self, "the S3 takes no blob of this size");
        }
    }

    /// The server does not know this kind of request.
    pub(crate) fn is_unsupported(&self) -> bool {
        matches!(self.status, Some(405 | 501)) || self.has_code("NotImplemented")
    }

    /// The server gave the request up since its body did not come.
    pub(crate) fn is_of_slow_sender(&self) -> bool {
        self.status == Some(408) || self.has_code("RequestTimeout")
    }

    /// The same request may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        match self.status {
            None => !self.unsendable,
            Some(501) => false,
            // An answer that looked like success, yet could not be read to its end.
            Some(200..=299 | 408 | 429 | 500..=599) => true,
            Some(_) => ["RequestTimeout", "SlowDown", "Throttling", "ServiceUnavailable", "InternalError"]
                .iter()
                .any(|code| self.has_code(code)),
        }
    }

    pub(crate) fn into_store(self) -> PortError {
        if self.is_transient() {
            PortError::Unavailable(self.into())
        } else {
            PortError::Unexpected(self.into())
        }
    }
}

/// Codes that tell of time, of the credentials, or of the bucket, and not of what was sent.
fn is_of_request(code: &str) -> bool {
    const CODES: [&str; 19] = [
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "RequestExpired",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ServiceUnavailable",
        "InternalError",
        "OperationAborted",
        "NoSuchBucket",
        "InvalidBucketName",
        "InvalidBucketState",
        "IllegalLocationConstraintException",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "AccessDenied",
        "CredentialsNotSupported",
        "InvalidSecurity",
        "InvalidRegion",
    ];
    CODES.contains(&code)
        || code.starts_with("Authorization")
        || code.contains("Token")
        || code.contains("SecurityHeader")
}

/// Keeps a code readable in a log, whatever the server sent.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_graphic).take(64).collect()
}

fn detail<E>(error: &SdkError<E, HttpResponse>, status: Option<u16>, code: Option<&str>) -> String {
    let answered = |what: &str| match (status, code) {
        (Some(status), Some(code)) => format!("{what} {status} {code}{}", hint(status, code)),
        (Some(status), None) => format!("{what} {status}{}", hint(status, "")),
        (None, _) => what.to_owned(),
    };
    match error {
        SdkError::ConstructionFailure(_) => "the request could not be made".to_owned(),
        SdkError::TimeoutError(_) => "timed out".to_owned(),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) => format!("no answer: {}", chain(error)),
            None => "no answer".to_owned(),
        },
        SdkError::ResponseError(_) => answered("an unreadable answer with status"),
        _ => answered("the server answered"),
    }
}

/// What an operator should look at.
const fn hint(status: u16, code: &str) -> &'static str {
    match (status, code.as_bytes()) {
        (_, b"NoSuchBucket") => " (create the bucket, or check its name)",
        (413, _) | (_, b"EntityTooLarge") => {
            " (raise the size limit of the store: at Supabase that of the project and of the bucket, of a proxy before it that \
             of request bodies; or lower MAX_UPLOAD_BYTES and MAX_RESUMABLE_BYTES)"
        }
        (403, b"RequestTimeTooSkewed") => " (check this machine's clock)",
        (401 | 403, _) => " (check the access key, the secret key and the region)",
        _ => "",
    }
}

/// Something that the server should not have done.
#[derive(Debug, thiserror::Error)]
#[error("S3 {step}: {what}")]
pub(crate) struct Oddity {
    pub(crate) step: &'static str,
    pub(crate) what: String,
}

impl Oddity {
    pub(crate) fn store(step: &'static str, what: impl Into<String>) -> PortError {
        PortError::Unexpected(Box::new(Self { step, what: what.into() }))
    }
}
