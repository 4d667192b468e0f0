//! The two cookies (RFC 6265). Where they travel over HTTPS alone, the prefixes of their names keep a neighbour host and a
//! connection without TLS from setting them (RFC 6265bis, section 4.1.3).

use std::time::Duration;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{self, HeaderMap};

use crate::settings::HttpSettings;

/// A cookie of ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookie {
    name: &'static str,
    /// Its name where cookies travel over HTTPS alone.
    secure_name: &'static str,
    /// The path below which it is sent; `None` where it is sent to every path of the host.
    below: Option<&'static str>,
}

/// Proves who asks.
pub(crate) const ACCESS: Cookie =
    Cookie { name: "access_token", secure_name: "__Host-access_token", below: None };

/// Renews the session; it is sent to the routes of authentication alone.
pub(crate) const REFRESH: Cookie =
    Cookie { name: "refresh_token", secure_name: "__Secure-refresh_token", below: Some("/v1/auth") };

impl Cookie {
    const fn name(self, settings: &HttpSettings) -> &'static str {
        if settings.cookie_secure { self.secure_name } else { self.name }
    }
}

/// The most values of one name that are read. A browser sends several where cookies of several paths have the name.
const MOST_VALUES: usize = 16;

/// The values of the cookie that were sent and are not empty, in their order. Each cookie is read by itself, as bytes: one
/// of a neighbour application may hold anything.
pub(crate) fn find_all<'a>(headers: &'a HeaderMap, cookie: Cookie, settings: &HttpSettings) -> Vec<&'a str> {
    let wanted = cookie.name(settings);
    headers
        .get_all(header::COOKIE)
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair.trim_ascii()).ok()?.split_once('='))
        .filter(|(name, _)| name.trim_end() == wanted)
        .map(|(_, value)| value.trim().trim_matches('"'))
        .filter(|value| !value.is_empty())
        .take(MOST_VALUES)
        .collect()
}

/// Hands the cookie out for this long.
pub(crate) fn set(
    response: &mut HttpResponseBuilder,
    settings: &HttpSettings,
    cookie: Cookie,
    value: &str,
    life: Duration,
) {
    let name = cookie.name(settings);
    let path =
        cookie.below.map_or_else(|| "/".to_owned(), |below| format!("{}{below}", settings.base_path()));
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
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};
    use fm_fuzzing::changed_lines;
    use proptest::prelude::*;

    use super::{ACCESS, Cookie, REFRESH};
    use crate::settings::HttpSettings;

    fn cookies(lines: &[&'static [u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            if let Ok(line) = HeaderValue::from_bytes(line) {
                headers.append(COOKIE, line);
            }
        }
        headers
    }

    fn find_all(headers: &HeaderMap, cookie: Cookie) -> Vec<&str> {
        let settings =
            HttpSettings { cookie_secure: false, ..HttpSettings::new("http://localhost".to_owned()) };
        super::find_all(headers, cookie, &settings)
    }

    #[test]
    fn over_https_alone_only_names_with_their_prefix_count() {
        let settings = HttpSettings::new("https://files.example.org".to_owned());
        let headers = cookies(&[
            b"access_token=tossed; __Host-access_token=yes; __Secure-access_token=no",
            b"refresh_token=tossed; __Host-refresh_token=no; __Secure-refresh_token=r",
        ]);
        assert_eq!(super::find_all(&headers, ACCESS, &settings), ["yes"]);
        assert_eq!(super::find_all(&headers, REFRESH, &settings), ["r"]);
        assert_eq!(find_all(&headers, ACCESS), ["tossed"]);
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = cookies(&[b"a=b; xaccess_token=no; access_token=yes", b"refresh_token=\"r\""]);
        assert_eq!(find_all(&headers, ACCESS), ["yes"]);
        assert_eq!(find_all(&headers, REFRESH), ["r"]);
        assert!(find_all(&cookies(&[b"access_token=", b"access_token=\"\""]), ACCESS).is_empty());
    }

    #[test]
    fn a_neighbour_that_is_not_ascii_or_malformed_hides_nothing() {
        for neighbour in [
            &b"theme=d\xc3\xbcster"[..],
            b"latin=\xe9\xff",
            b"flag",
            b"=",
            b";;",
            b"json={\"a\":1, \"b\"}",
            b"a=\"b",
        ] {
            let before = [neighbour, b"; access_token=yes"].concat();
            let after = [b"access_token=yes;", neighbour].concat();
            for line in [before, after] {
                let mut headers = HeaderMap::new();
                headers.append(COOKIE, HeaderValue::from_bytes(&line).unwrap());
                assert_eq!(find_all(&headers, ACCESS), ["yes"], "{line:?}");
            }
        }
    }

    #[test]
    fn every_value_of_a_name_is_found_in_its_order() {
        let headers = cookies(&[b"access_token=a; access_token=b", b"access_token=\xff; access_token = c"]);
        assert_eq!(find_all(&headers, ACCESS), ["a", "b", "c"]);
        let many = "access_token=x; ".repeat(100);
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_str(&many).unwrap());
        assert_eq!(find_all(&headers, ACCESS).len(), 16);
    }

    const LINES: &str = include_str!("../../corpus/cookies.txt");

    proptest! {
        #[test]
        fn a_changed_line_gives_no_more_than_it_holds(line in changed_lines(LINES)) {
            let Ok(value) = HeaderValue::from_bytes(&line) else { return Ok(()) };
            let mut headers = HeaderMap::new();
            headers.append(COOKIE, value);
            let settings = HttpSettings::new("https://files.example.org".to_owned());
            let values = super::find_all(&headers, ACCESS, &settings);
            prop_assert!(values.len() <= super::MOST_VALUES);
            for value in values {
                prop_assert!(!value.is_empty() && !value.contains(';'));
                prop_assert!(String::from_utf8_lossy(&line).contains(value));
            }
        }
    }
}
