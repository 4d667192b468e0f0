//! The HTTP server: where it listens, what clients reach it by, and what browsers may do.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use fm_http::{CorsOrigins, TrustedProxies};
use ipnet::IpNet;

use super::origin::plain_origin;
use super::{Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[
    Variable::plain("IS_DEBUG"),
    Variable::plain("CONSOLE"),
    Variable::plain("HOST"),
    Variable::plain("PORT"),
    Variable::plain("PUBLIC_URL"),
    Variable::plain("SHUTDOWN_GRACE_SECONDS"),
    Variable::plain("HTTP_WORKERS"),
    Variable::plain("COOKIE_SECURE"),
    Variable::plain("CORS_ORIGINS"),
    Variable::plain("TRUSTED_PROXIES"),
    Variable::plain("HSTS_SECONDS"),
    Variable::plain("HSTS_INCLUDE_SUBDOMAINS"),
    Variable::plain("MAX_CONNECTIONS"),
    Variable::plain("MAX_CONNECTIONS_PER_ADDRESS"),
];

/// The HTTP server.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// `IS_DEBUG`: serves the documentation of the API.
    pub is_debug: bool,
    /// `CONSOLE`: serves the pages of the console.
    pub console: bool,
    /// `HOST`: an IP address or `localhost`.
    pub host: String,
    /// `PORT`; 0 takes a free one.
    pub port: u16,
    /// `PUBLIC_URL`, without a slash at its end; it may have a path.
    pub public_url: Option<String>,
    /// `SHUTDOWN_GRACE_SECONDS`: how long requests and jobs may take to finish after a signal.
    pub shutdown_grace: Duration,
    /// `HTTP_WORKERS`: threads that serve.
    pub workers: usize,
    /// `COOKIE_SECURE`: whether cookies travel over HTTPS alone.
    pub cookie_secure: bool,
    /// `CORS_ORIGINS`.
    pub cors: CorsOrigins,
    /// `TRUSTED_PROXIES`: whose word on the address of a client is taken.
    pub trusted_proxies: TrustedProxies,
    /// `HSTS_SECONDS` and `HSTS_INCLUDE_SUBDOMAINS`, as the field says for how long browsers shall only come over HTTPS.
    pub hsts: Option<HeaderValue>,
    /// `MAX_CONNECTIONS`; `None`: as many as the limit of descriptors leaves room for.
    pub max_connections: Option<usize>,
    /// `MAX_CONNECTIONS_PER_ADDRESS`; `None`: an eighth of all.
    pub max_connections_per_address: Option<usize>,
}

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            is_debug: reader.flag("IS_DEBUG", false),
            console: reader.flag("CONSOLE", true),
            host: host(reader),
            port: reader.number("PORT", 8080, 0..=u16::MAX),
            public_url: public_url(reader),
            shutdown_grace: reader.seconds("SHUTDOWN_GRACE_SECONDS", 30, 0..=3600),
            workers: reader.number("HTTP_WORKERS", cores, 1..=1024),
            cookie_secure: reader.flag("COOKIE_SECURE", true),
            cors: cors(reader),
            trusted_proxies: trusted_proxies(reader),
            hsts: hsts(reader),
            max_connections: reader.optional_number("MAX_CONNECTIONS", 1..=1_000_000),
            max_connections_per_address: reader.optional_number("MAX_CONNECTIONS_PER_ADDRESS", 1..=1_000_000),
        }
    }
}

fn host(reader: &mut Reader<'_>) -> String {
    let host = reader.text_or("HOST", "127.0.0.1");
    if host.parse::<IpAddr>().is_err() && host != "localhost" {
        reader.fault("HOST", "must be an IP address or localhost");
    }
    host
}

fn public_url(reader: &mut Reader<'_>) -> Option<String> {
    let parsed = base_url(reader.text("PUBLIC_URL")?);
    parsed.map_err(|problem| reader.fault("PUBLIC_URL", problem)).ok()
}

/// Takes `scheme://host[:port][/path]`, with or without slashes at its end, and gives it without.
pub(super) fn base_url(text: &str) -> Result<String, &'static str> {
    const PROBLEM: &str = "must be http:// or https:// and a host, and may have a path of plain segments";
    let trimmed = text.trim_end_matches('/');
    let host = trimmed.find("://").map_or(0, |at| at + 3);
    let path = trimmed[host..].find('/').map_or(trimmed.len(), |at| host + at);
    let base = plain_origin(&trimmed[..path]).map_err(|_problem| PROBLEM)?;
    // It stands in the paths of cookies and in header fields.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%@:+".contains(&byte);
    let segments = || trimmed[path..].split('/').skip(1);
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(plain);
    if segments().all(is_segment) { Ok(base + &trimmed[path..]) } else { Err(PROBLEM) }
}

fn cors(reader: &mut Reader<'_>) -> CorsOrigins {
    let items = reader.list("CORS_ORIGINS");
    if items == ["*"] {
        return CorsOrigins::Any;
    }
    let mut origins = Vec::new();
    for item in items {
        match plain_origin(&item) {
            Ok(origin) => origins.push(origin),
            Err(problem) => reader.fault("CORS_ORIGINS", format!("each {problem}; * stands alone")),
        }
    }
    CorsOrigins::List(origins)
}

fn hsts(reader: &mut Reader<'_>) -> Option<HeaderValue> {
    let subdomains = if reader.flag("HSTS_INCLUDE_SUBDOMAINS", false) { "; includeSubDomains" } else { "" };
    let seconds = reader.optional_number("HSTS_SECONDS", 0..=u64::MAX);
    if seconds.is_none() && !subdomains.is_empty() {
        reader.fault("HSTS_INCLUDE_SUBDOMAINS", "needs HSTS_SECONDS");
    }
    HeaderValue::try_from(format!("max-age={}{subdomains}", seconds?)).ok()
}

/// Networks (`10.0.0.0/8`) and single addresses.
fn trusted_proxies(reader: &mut Reader<'_>) -> TrustedProxies {
    let mut networks = Vec::new();
    for item in reader.list("TRUSTED_PROXIES") {
        match item.parse::<IpNet>().ok().or_else(|| Some(item.parse::<IpAddr>().ok()?.into())) {
            Some(network) => networks.push(network),
            None => {
                reader.fault("TRUSTED_PROXIES", "each must be an address or a network such as 10.0.0.0/8");
            }
        }
    }
    TrustedProxies::new(networks)
}

#[cfg(test)]
mod tests {
    use super::base_url;

    #[test]
    fn the_public_url_may_have_a_path() {
        for (text, base) in [
            ("https://Files.Example.com", "https://files.example.com"),
            ("https://files.example.com/", "https://files.example.com"),
            ("http://10.0.0.1:8080/Files/v2/", "http://10.0.0.1:8080/Files/v2"),
            ("https://files.example:443/base", "https://files.example/base"),
            ("http://files.example:8080/:80", "http://files.example:8080/:80"),
            ("http://[::1]:80/a-b_c.d~e%20f", "http://[::1]/a-b_c.d~e%20f"),
        ] {
            assert_eq!(base_url(text).as_deref(), Ok(base), "{text}");
        }
    }

    #[test]
    fn what_is_no_base_of_urls_is_refused() {
        for text in [
            "",
            "/",
            "files.example.com/a",
            "ftp://files.example.com",
            "https://",
            "https:///a",
            "https://files.example.com/a//b",
            "https://files.example.com/a/../b",
            "https://files.example.com/a?b",
            "https://files.example.com/a#b",
            "https://files.example.com/a;b",
            "https://files.example.com/a b",
            "https://files.example.com/\u{e9}",
            "https://user@files.example.com",
            "http://:80",
            "https://files.example.com:99999",
            "https://files.example.com:x",
            "http://[::1",
        ] {
            assert!(base_url(text).is_err(), "{text}");
        }
    }
}
