//! The method that is meant, by clients that can't send every method.

use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::HeaderName;

use crate::tus;

const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// What a `POST` to resumable uploads stands for (tus, `X-HTTP-Method-Override`), if it says so. It is still answered
/// like a `POST`: with a body, whatever method it stands for.
pub(super) fn meant(head: &RequestHead) -> Option<Method> {
    let below = head.uri.path().strip_prefix(tus::PATH)?;
    if head.method != Method::POST || !(below.is_empty() || below.starts_with('/')) {
        return None;
    }
    head.headers.get(OVERRIDE)?.to_str().ok()?.trim().to_ascii_uppercase().parse().ok()
}
