//! Cross-origin resource sharing (the Fetch standard).

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

use crate::settings::CorsOrigins;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Location, Content-Location, Retry-After, Preference-Applied, RateLimit, RateLimit-Policy, x-request-id, X-File-Id, \
     X-Requested-Name, X-Moved-From-Parent-Id, Upload-Offset, Upload-Length, Upload-Defer-Length, Upload-Metadata, \
     Upload-Expires, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, Content-Range, \
     Content-Disposition, Repr-Digest",
);
const TWO_HOURS: HeaderValue = HeaderValue::from_static("7200");
const PREFLIGHT_VARY: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");

/// What a browser of this origin may do.
pub(super) enum Cors {
    /// Nothing: no such origin, or it is not configured.
    Closed {
        /// Whether another origin would be answered differently.
        varies: bool,
    },
    /// It may read our answers, with credentials.
    Origin(HeaderValue),
    /// Any origin may read our answers, without credentials.
    Any,
}

impl Cors {
    pub(super) fn of(origins: &CorsOrigins, headers: &HeaderMap) -> Self {
        match (origins, headers.get(header::ORIGIN)) {
            (CorsOrigins::Any, Some(_)) => Self::Any,
            (CorsOrigins::Any, None) => Self::Closed { varies: false },
            (CorsOrigins::List(list), Some(origin)) if list.iter().any(|known| origin == known.as_str()) => {
                Self::Origin(origin.clone())
            }
            (CorsOrigins::List(list), _) => Self::Closed { varies: !list.is_empty() },
        }
    }

    /// The answer to a preflight of an origin that is allowed.
    pub(super) fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<HttpResponse> {
        let asks = method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !asks || matches!(self, Self::Closed { .. }) {
            return None;
        }
        let mut response = HttpResponse::NoContent();
        response.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS));
        response.insert_header((header::ACCESS_CONTROL_MAX_AGE, TWO_HOURS));
        response.insert_header((header::VARY, PREFLIGHT_VARY));
        if let Some(wanted) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            response.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone()));
        }
        Some(response.finish())
    }

    /// Says in an answer what the origin may do with it.
    pub(super) fn decorate(&self, headers: &mut HeaderMap) {
        match self {
            Self::Closed { varies: false } => {}
            Self::Closed { varies: true } => vary(headers),
            Self::Origin(origin) => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
                vary(headers);
            }
            Self::Any => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            }
        }
    }
}

/// Says that the answer depends on the origin, beside what it depends on already.
fn vary(headers: &mut HeaderMap) {
    let mut lists = headers.get_all(header::VARY).filter_map(|list| list.to_str().ok());
    let is_named = lists.any(|list| list.split(',').any(|name| name.trim().eq_ignore_ascii_case("origin")));
    if !is_named {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}
