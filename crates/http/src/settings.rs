//! What the HTTP side can be told.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use fm_console::Console;

use crate::auth::TrustedProxies;

/// Bytes that a form may add around the file in it.
pub(crate) const FORM_OVERHEAD: u64 = 64 * 1024;

/// Bytes that a JSON body may have.
pub(crate) const JSON_LIMIT: u64 = 64 * 1024;

/// Bytes that the JSON may have that completes a direct upload: 1,000 parts with their tags are more than other bodies.
pub(crate) const PARTS_JSON_LIMIT: u64 = 256 * 1024;

/// Bytes that the JSON of a batch, and of many paths, may have.
pub(crate) const BATCH_JSON_LIMIT: u64 = 1024 * 1024;

/// Which other origins may use the API from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// These, with credentials; none when the list is empty. An origin is `scheme://host[:port]`.
    List(Vec<String>),
    /// Any, without credentials.
    Any,
}

/// The settings of the HTTP side.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// What clients reach us by: `scheme://host[:port][/path]`, without a slash at the end. A proxy takes the path off.
    pub public_url: String,
    /// Whether `/docs`, `/redoc` and `/openapi.json` are there.
    pub is_debug: bool,
    /// The pages that are served beside the API; `None`: the API alone.
    pub console: Option<Arc<Console>>,
    /// Whether cookies are sent over TLS alone.
    pub cookie_secure: bool,
    /// Which other origins may use the API from a browser.
    pub cors: CorsOrigins,
    /// The proxies whose word on the address of a client is taken.
    pub trusted_proxies: TrustedProxies,
    /// `Strict-Transport-Security` of every answer (RFC 6797): `max-age=31536000`, say; `None` where the proxy before us
    /// says it.
    pub hsts: Option<HeaderValue>,
    /// Connections that are served at one time; further ones wait in the backlog of the listener.
    pub max_connections: usize,
    /// Connections of one address (IPv6: of one /64) at one time, but for trusted proxies, which stand for many; further ones are closed at
    /// once.
    pub max_connections_per_address: usize,
    /// Whether loopback addresses have that limit too. They may be a proxy of this machine.
    pub limits_loopback: bool,
    /// How long a body may pause while we wait for it, and how long an answer may stay unread.
    pub stall_timeout: Duration,
    /// How long a client may take so little of an answer that not a byte more of it can be written. The kernel asks for more
    /// when a third of its buffer, which has at most some megabytes, was taken.
    pub write_timeout: Duration,
    /// How long the head of a request may take once its first byte is there, and how long that byte may take on a new
    /// connection.
    pub head_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long the rest of an unread body is taken and thrown away, so that its sender sees the answer instead of a
    /// reset.
    pub linger: Duration,
    /// How long requests in flight may take to finish once the server stops.
    pub shutdown_grace: Duration,
}

impl HttpSettings {
    /// The defaults, for a server that clients reach by this URL.
    #[must_use]
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            is_debug: false,
            console: None,
            cookie_secure: true,
            cors: CorsOrigins::List(Vec::new()),
            trusted_proxies: TrustedProxies::default(),
            hsts: None,
            max_connections: 10_000,
            max_connections_per_address: 1_250,
            limits_loopback: false,
            stall_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_mins(2),
            head_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            linger: Duration::from_secs(5),
            shutdown_grace: Duration::from_secs(30),
        }
    }

    /// The path of the public URL, which stands before every path that clients are given: empty, or `/path` without a
    /// slash at its end.
    #[must_use]
    pub fn base_path(&self) -> &str {
        self.public_url[self.origin().len()..].trim_end_matches('/')
    }

    /// `scheme://host[:port]` of the public URL.
    #[must_use]
    pub fn origin(&self) -> &str {
        let host = self.public_url.find("://").map_or(0, |at| at + 3);
        let end = self.public_url[host..].find('/').map_or(self.public_url.len(), |at| host + at);
        &self.public_url[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::HttpSettings;

    #[test]
    fn the_origin_ends_before_the_path() {
        assert_eq!(HttpSettings::new("https://a.example:1/b/c").origin(), "https://a.example:1");
        assert_eq!(HttpSettings::new("http://a").origin(), "http://a");
    }

    #[test]
    fn the_base_path_is_what_follows_the_host() {
        for (url, path) in [
            ("https://a.example", ""),
            ("https://a.example/", ""),
            ("http://127.0.0.1:8080/files", "/files"),
            ("http://127.0.0.1:8080/a/b/", "/a/b"),
            ("", ""),
        ] {
            assert_eq!(HttpSettings::new(url).base_path(), path, "{url}");
        }
    }
}
