//! What every answer tells a browser not to do with it. Answers that need other rules set them before.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::settings::HttpSettings;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// No answer is taken for another type than it has, runs or loads anything, is shown in a frame, tells other sites its
/// address, or is embedded by another site.
const DEFAULTS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
];

/// Lets pages of other sites embed an answer: pictures and downloads behind signed URLs.
pub(crate) const EMBEDDABLE: (HeaderName, HeaderValue) =
    (RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));

/// Adds what an answer does not say itself.
pub(crate) fn secure(headers: &mut HeaderMap, settings: &HttpSettings) {
    for (name, value) in DEFAULTS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if let Some(hsts) = &settings.hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
}
