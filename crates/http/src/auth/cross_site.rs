//! Requests that another site makes a browser send, with the cookies of our user.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};

use crate::problem::{Code, Problem};
use crate::settings::{CorsOrigins, HttpSettings};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// 403 when an unsafe method that is authenticated by cookie, or sets one, is asked for by another site. `Sec-Fetch-Site`,
/// where present, decides; else `Origin`, where present. A configured CORS origin passes.
pub(crate) fn same_site(request: &HttpRequest, settings: &HttpSettings) -> Result<(), Problem> {
    if request.method().is_safe() || is_same_site(request.headers(), settings) {
        Ok(())
    } else {
        Err(Problem::of(Code::Forbidden))
    }
}

/// Whether a browser sent it, whose cookies are those of the page before: other clients have no such field.
pub(crate) fn is_from_browser(request: &HttpRequest) -> bool {
    request.headers().contains_key(SEC_FETCH_SITE)
}

fn is_same_site(headers: &HeaderMap, settings: &HttpSettings) -> bool {
    let origin = headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or("null"));
    if origin.is_some_and(|origin| is_listed(origin, &settings.cors)) {
        return true;
    }
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site == "same-origin" || site == "none";
    }
    origin.is_none_or(|origin| {
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        // Behind a proxy the scheme that the client used is that of our public URL.
        let scheme = settings.origin().split_once("://").map(|(scheme, _)| scheme);
        origin.eq_ignore_ascii_case(settings.origin())
            || origin.split_once("://").is_some_and(|(its_scheme, authority)| {
                scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(its_scheme))
                    && host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
            })
    })
}

fn is_listed(origin: &str, cors: &CorsOrigins) -> bool {
    match cors {
        CorsOrigins::List(list) => list.iter().any(|known| known == origin),
        // Any origin may read, but none with credentials.
        CorsOrigins::Any => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

    use super::is_same_site;
    use crate::settings::{CorsOrigins, HttpSettings};

    fn passes(headers: &[(&str, &str)]) -> bool {
        let mut settings = HttpSettings::new("https://files.example/api");
        settings.cors = CorsOrigins::List(vec!["https://app.example".to_owned()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        is_same_site(&map, &settings)
    }

    #[test]
    fn sec_fetch_site_decides_where_it_is_present() {
        assert!(passes(&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")]));
        assert!(passes(&[("sec-fetch-site", "none")]));
        assert!(!passes(&[("sec-fetch-site", "same-site"), ("origin", "https://files.example")]));
        assert!(!passes(&[("sec-fetch-site", "cross-site")]));
        assert!(!passes(&[("sec-fetch-site", "what?")]));
    }

    #[test]
    fn else_the_origin_must_be_ours() {
        assert!(passes(&[]));
        assert!(passes(&[("origin", "https://files.example")]));
        assert!(passes(&[("origin", "https://10.0.0.1:8080"), ("host", "10.0.0.1:8080")]));
        assert!(!passes(&[("origin", "https://10.0.0.1:9"), ("host", "10.0.0.1:8080")]));
        // An attacker on the network can make pages of that origin.
        assert!(!passes(&[("origin", "http://10.0.0.1:8080"), ("host", "10.0.0.1:8080")]));
        assert!(!passes(&[("origin", "http://files.example"), ("host", "files.example")]));
        assert!(!passes(&[("origin", "https://evil.example"), ("host", "files.example")]));
        assert!(!passes(&[("origin", "null"), ("host", "files.example")]));
    }

    #[test]
    fn a_configured_origin_passes() {
        assert!(passes(&[("sec-fetch-site", "cross-site"), ("origin", "https://app.example")]));
    }
}
