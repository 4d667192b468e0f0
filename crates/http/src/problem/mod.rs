//! Problems: what every refusal and failure looks like outside (RFC 9457).
//!
//! A handler answers `Err(Problem)`; the middleware renders it, with the id of the request, and logs it.
//! The cause of a failure stays inside: it is logged and never rendered.

mod administration;
mod code;
mod refusals;
mod tree;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use fm_api_types::{ExistingItem, FieldError, Reclaimable};
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_domain::ids::NodeId;
use fm_domain::tree::ItemKind;

pub use code::Code;

/// The most faults of one request that are told.
const MAX_ERRORS: usize = 50;

/// What a handler answers.
pub(crate) type Answer = Result<HttpResponse, Problem>;

/// A refusal or a failure, on its way to the client.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    more: Option<Box<More>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<PortError>,
}

/// What few problems say.
#[derive(Debug, Clone, Default)]
struct More {
    errors: Vec<FieldError>,
    pointer: Option<String>,
    existing: Option<ExistingItem>,
    reclaimable: Option<Reclaimable>,
}

impl Problem {
    /// A problem with a detail for a human.
    pub(crate) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut headers = Vec::new();
        if code.status() == StatusCode::UNAUTHORIZED {
            headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        Self { code, detail: detail.into(), more: None, headers, cause: None }
    }

    /// A problem that its code says all of.
    pub(crate) fn of(code: Code) -> Self {
        Self::new(code, code.example())
    }

    /// 400: what was sent can't be read.
    pub(crate) fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::MalformedRequest, detail)
    }

    /// 413: more than `limit` bytes.
    pub(crate) fn too_large(what: &str, limit: u64) -> Self {
        Self::new(Code::PayloadTooLarge, format!("the {what} is larger than {limit} bytes"))
    }

    /// 422: one value is not acceptable.
    pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::validation(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// 422: these values are not acceptable. The first faults are told: a long list would answer a small request with a
    /// large body.
    pub(crate) fn validation(mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MAX_ERRORS);
        let more = More { errors, ..More::default() };
        Self { more: Some(Box::new(more)), ..Self::of(Code::ValidationFailed) }
    }

    /// 409: this item has the name.
    pub(crate) fn name_taken(id: NodeId, kind: ItemKind) -> Self {
        let existing = ExistingItem { id: id.to_string(), kind: kind.as_str().to_owned() };
        let more = More { existing: Some(existing), ..More::default() };
        Self { more: Some(Box::new(more)), ..Self::of(Code::NameTaken) }
    }

    /// 500 for what can't happen; it says in the log what did.
    pub(crate) fn defect(what: &'static str) -> Self {
        Self::from(PortError::Unexpected(what.into()))
    }

    /// Says when to ask again, in whole seconds, at least one.
    #[must_use]
    pub(crate) fn retry_after(self, after: Duration) -> Self {
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        self.with(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// Says which part of the body it is about.
    #[must_use]
    pub(crate) fn at(mut self, pointer: String) -> Self {
        self.more.get_or_insert_default().pointer = Some(pointer);
        self
    }

    /// Says what could be freed.
    #[must_use]
    pub(crate) fn reclaimable(mut self, trash: ByteSize, versions: ByteSize) -> Self {
        let (trash_bytes, version_bytes) = (trash.bytes(), versions.bytes());
        self.more.get_or_insert_default().reclaimable = Some(Reclaimable { trash_bytes, version_bytes });
        self
    }

    /// Whether the quota refused it, and it does not say yet what could be freed.
    pub(crate) fn lacks_reclaimable(&self) -> bool {
        self.code == Code::QuotaExceeded && self.more.as_ref().is_none_or(|more| more.reclaimable.is_none())
    }

    /// Answers with this header too.
    #[must_use]
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Its stable name.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The values that are not acceptable.
    #[cfg(test)]
    pub(crate) fn errors(&self) -> &[FieldError] {
        self.more.as_ref().map_or(&[], |more| &more.errors)
    }

    /// The part of the body that it is about.
    #[cfg(test)]
    pub(crate) fn pointer(&self) -> Option<&str> {
        self.more.as_ref()?.pointer.as_deref()
    }

    /// What failed inside, for the log alone.
    pub(crate) const fn cause(&self) -> Option<&PortError> {
        self.cause.as_ref()
    }

    /// The answer to the request with this id.
    pub(crate) fn render(&self, request_id: &str) -> HttpResponse {
        let status = self.code.status();
        let More { errors, pointer, existing, reclaimable } =
            self.more.as_deref().cloned().unwrap_or_default();
        let json = fm_api_types::Problem {
            r#type: "about:blank".to_owned(),
            title: self.code.title().to_owned(),
            status: status.as_u16(),
            code: self.code.name().to_owned(),
            detail: self.detail.clone().into_owned(),
            request_id: request_id.to_owned(),
            errors,
            pointer,
            existing,
            reclaimable,
        };
        let mut response = HttpResponse::build(status);
        response.reason(self.code.title());
        response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")));
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.body(serde_json::to_vec(&json).unwrap_or_default())
    }
}

/// The code and the detail, without the cause.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// The middleware renders it anew, with the id of the request.
    fn error_response(&self) -> HttpResponse {
        self.render("")
    }
}
