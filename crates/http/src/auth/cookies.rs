//! The two cookies (RFC 6265).

use std::time::Duration;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{self, HeaderMap};

use crate::settings::HttpSettings;

/// A cookie of ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookie {
    name: &'static str,
    path: &'static str,
}

/// Proves who asks.
pub(crate) const ACCESS: Cookie = Cookie { name: "access_token", path: "/" };

/// Renews the session; it is sent to the routes of authentication alone.
pub(crate) const REFRESH: Cookie = Cookie { name: "refresh_token", path: "/v1/auth" };

/// The value of the cookie, if it was sent and is not empty.
pub(crate) fn find(headers: &HeaderMap, cookie: Cookie) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == cookie.name && !value.is_empty())
        .map(|(_, value)| value.trim_matches('"'))
}

/// Hands the cookie out for this long.
pub(crate) fn set(
    response: &mut HttpResponseBuilder,
    settings: &HttpSettings,
    cookie: Cookie,
    value: &str,
    life: Duration,
) {
    let Cookie { name, path } = cookie;
    let secure = if settings.cookie_secure { "; Secure" } else { "" };
    let seconds = life.as_secs();
    let cookie = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    response.append_header((header::SET_COOKIE, cookie));
}

/// Takes both cookies back.
pub(crate) fn clear(response: &mut HttpResponseBuilder, settings: &HttpSettings) {
    for cookie in [ACCESS, REFRESH] {
        set(response, settings, cookie, "", Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};

    use super::{ACCESS, REFRESH, find};

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; xaccess_token=no; access_token=yes"));
        headers.append(COOKIE, HeaderValue::from_static("refresh_token=\"r\""));
        assert_eq!(find(&headers, ACCESS), Some("yes"));
        assert_eq!(find(&headers, REFRESH), Some("r"));
        headers.insert(COOKIE, HeaderValue::from_static("access_token="));
        assert_eq!(find(&headers, ACCESS), None);
    }
}
