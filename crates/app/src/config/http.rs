//! The HTTP server: where it listens, what clients reach it by, and what browsers may do.

use std::net::IpAddr;
use std::time::Duration;

use fm_http::CorsOrigins;

use super::origin::{cors_origin, without_default_port};
use super::{Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[
    Variable::plain("IS_DEBUG"),
    Variable::plain("HOST"),
    Variable::plain("PORT"),
    Variable::plain("PUBLIC_URL"),
    Variable::plain("SHUTDOWN_GRACE_SECONDS"),
    Variable::plain("HTTP_WORKERS"),
    Variable::plain("COOKIE_SECURE"),
    Variable::plain("CORS_ORIGINS"),
];

/// The HTTP server.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// `IS_DEBUG`: serves the documentation of the API.
    pub is_debug: bool,
    /// `HOST`: an IP address or `localhost`.
    pub host: String,
    /// `PORT`; 0 takes a free one.
    pub port: u16,
    /// `PUBLIC_URL`, without a slash at its end.
    pub public_url: Option<String>,
    /// `SHUTDOWN_GRACE_SECONDS`: how long requests and jobs may take to finish after a signal.
    pub shutdown_grace: Duration,
    /// `HTTP_WORKERS`: threads that serve.
    pub workers: usize,
    /// `COOKIE_SECURE`: whether cookies travel over HTTPS alone.
    pub cookie_secure: bool,
    /// `CORS_ORIGINS`.
    pub cors: CorsOrigins,
}

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            is_debug: reader.flag("IS_DEBUG", false),
            host: host(reader),
            port: reader.number("PORT", 8080, 0..=u16::MAX),
            public_url: public_url(reader).map(|url| without_default_port(&url)),
            shutdown_grace: reader.seconds("SHUTDOWN_GRACE_SECONDS", 30, 0..=3600),
            workers: reader.number("HTTP_WORKERS", cores, 1..=1024),
            cookie_secure: reader.flag("COOKIE_SECURE", true),
            cors: cors(reader),
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
    let parsed = origin(reader.text("PUBLIC_URL")?);
    parsed.map_err(|problem| reader.fault("PUBLIC_URL", problem)).ok()
}

fn cors(reader: &mut Reader<'_>) -> CorsOrigins {
    let items = reader.list("CORS_ORIGINS");
    if items == ["*"] {
        return CorsOrigins::Any;
    }
    let mut origins = Vec::new();
    for item in items {
        match cors_origin(&item) {
            Ok(origin) => origins.push(origin),
            Err(problem) => reader.fault("CORS_ORIGINS", format!("each {problem}; * stands alone")),
        }
    }
    CorsOrigins::List(origins)
}

/// Takes `scheme://host[:port]`, with or without a slash at its end, and gives it without.
fn origin(text: &str) -> Result<String, &'static str> {
    const PROBLEM: &str = "must be http:// or https:// and a host, without a path";
    let trimmed = text.trim_end_matches('/');
    let rest = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://")).ok_or(PROBLEM)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    if rest.is_empty() || !rest.bytes().all(plain) { Err(PROBLEM) } else { Ok(trimmed.to_ascii_lowercase()) }
}
