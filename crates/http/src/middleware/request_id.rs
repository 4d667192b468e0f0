//! The name of a request.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The client's own name for the request, when it is 1 to 64 characters of `[A-Za-z0-9._-]`; else a fresh one.
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// `x-request-id`.
    pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

    pub(super) fn of(headers: &HeaderMap, fresh: Uuid) -> Self {
        match headers.get(Self::HEADER) {
            Some(given) if is_acceptable(given.as_bytes()) => Self(given.clone()),
            _ => Self::fresh(fresh),
        }
    }

    /// A name of our own.
    pub(crate) fn fresh(id: Uuid) -> Self {
        let mut text = [0; 36];
        let text = id.hyphenated().encode_lower(&mut text);
        Self(HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("none")))
    }

    pub(crate) fn as_str(&self) -> &str {
        // It is of ASCII. `to_str` looks at one byte after the other to tell, and this at many at a time.
        std::str::from_utf8(self.0.as_bytes()).unwrap_or("none")
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_acceptable(text: &[u8]) -> bool {
    (1..=64).contains(&text.len())
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::is_acceptable;

    #[test]
    fn a_name_is_short_and_plain() {
        assert!(is_acceptable(b"a"));
        assert!(is_acceptable(&[b'x'; 64]));
        assert!(is_acceptable(b"A-z_0.9"));
        assert!(!is_acceptable(b""));
        assert!(!is_acceptable(&[b'x'; 65]));
        assert!(!is_acceptable(b"a b"));
        assert!(!is_acceptable("\u{e9}".as_bytes()));
    }
}
