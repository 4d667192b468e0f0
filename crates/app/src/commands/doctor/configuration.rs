//! Settings that can be read, and still don't fit each other or the place where the program runs.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::recorder::Recorder;
use super::report::Step;
use crate::adapters::plain::is_local;
use crate::adapters::{DatabaseScope, Diagnosis};
use crate::config::{Config, HttpConfig};
use crate::{descriptors, secrets};

/// Fewer connections than this are soon all taken.
const FEW_CONNECTIONS: usize = 1_000;

pub(super) fn check(config: &Config) -> Vec<Step> {
    let mut recorder = Recorder::new("configuration", "");
    recorder.note("public url", public_url(&config.http));
    recorder.note("cookies", cookies(&config.http));
    recorder.note("proxies", proxies(&config.http));
    recorder.note("debug", debug(&config.http));
    recorder.note("secrets", secret(config));
    recorder.note(
        "descriptors",
        connections(&config.http, descriptors::connections_within(descriptors::raise_limit())),
    );
    recorder.into_steps()
}

/// Whether a URL leads to another machine.
pub(super) fn is_public(url: &str) -> bool {
    !is_local(host_of(url))
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn public_url(http: &HttpConfig) -> Diagnosis {
    let remedy =
        "set PUBLIC_URL to the URL that clients reach the service by, such as https://files.example.com";
    match &http.public_url {
        None => Diagnosis::unless(
            is_local(&http.host),
            if is_local(&http.host) {
                "PUBLIC_URL is not set: links lead to this machine".to_owned()
            } else {
                format!("PUBLIC_URL is not set: links lead to http://{}:{}", http.host, http.port)
            },
            remedy,
        ),
        Some(url) if !is_public(url) && !is_local(&http.host) => Diagnosis::warning(
            format!("PUBLIC_URL is {url}, but HOST={} lets other machines in", http.host),
            remedy,
        ),
        Some(url) if url.starts_with("http://") && is_public(url) => Diagnosis::warning(
            format!("PUBLIC_URL is {url}: passwords, tokens and files travel unencrypted"),
            "put a proxy with TLS before the service, and set PUBLIC_URL to its https:// URL",
        ),
        Some(url) => Diagnosis::fine(format!("PUBLIC_URL is {url}")),
    }
}

/// Browsers take cookies that are `Secure` over HTTPS, and from this machine itself.
fn cookies(http: &HttpConfig) -> Diagnosis {
    match &http.public_url {
        Some(url) if http.cookie_secure && url.starts_with("http://") && is_public(url) => {
            Diagnosis::failure(
                format!("COOKIE_SECURE=1 with PUBLIC_URL={url}: browsers drop the cookies of a session"),
                "let PUBLIC_URL begin with https://, or set COOKIE_SECURE=0 in a network that you trust",
            )
        }
        Some(url) if !http.cookie_secure && is_public(url) => Diagnosis::warning(
            format!("COOKIE_SECURE=0 with PUBLIC_URL={url}: cookies travel unencrypted too"),
            "set COOKIE_SECURE=1, and let PUBLIC_URL begin with https://",
        ),
        _ if http.cookie_secure => Diagnosis::fine("cookies are sent over HTTPS alone"),
        _ => Diagnosis::fine("cookies are sent without HTTPS too, on this machine"),
    }
}

/// The program itself speaks no TLS: behind an https:// URL stands a proxy.
fn proxies(http: &HttpConfig) -> Diagnosis {
    let is_behind_one = http.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    match (is_behind_one, http.trusted_proxies.is_empty()) {
        (true, true) => Diagnosis::warning(
            "PUBLIC_URL is https://, so a proxy stands before the service, and TRUSTED_PROXIES is empty: rate limits and the audit \
             trail take all clients for the proxy",
            "set TRUSTED_PROXIES to the address or the network of the proxy",
        ),
        (true, false) => Diagnosis::fine("proxies before the service are trusted to name the client"),
        (false, true) => Diagnosis::fine("no proxy is trusted"),
        (false, false) => Diagnosis::fine("proxies are trusted, which must be unreachable by other ways"),
    }
}

fn debug(http: &HttpConfig) -> Diagnosis {
    let is_public = http.public_url.as_deref().map_or_else(|| !is_local(&http.host), is_public);
    Diagnosis::unless(
        !(http.is_debug && is_public),
        if http.is_debug { "IS_DEBUG=1: the documentation of the API is served" } else { "IS_DEBUG=0" },
        "set IS_DEBUG=0 where others than developers reach the service",
    )
}

fn secret(config: &Config) -> Diagnosis {
    let credentials = &config.credentials;
    if credentials.jwt_secret.is_some() {
        // A short or weak one is refused when the configuration is read.
        let previous = credentials.jwt_previous_secrets.len();
        return Diagnosis::fine(format!("JWT_SECRET is set, and {previous} previous ones are accepted"));
    }
    if config.storage.database.scope() == DatabaseScope::Process {
        return Diagnosis::fine("JWT_SECRET is made anew at each start: sessions end with the process");
    }
    let path = config.storage.data_dir.join(secrets::FILE);
    match fs::metadata(&path) {
        Ok(file) if file.mode() & 0o077 != 0 => Diagnosis::warning(
            format!("other users of this machine can read the secret {}", path.display()),
            "run `chmod 600` on it, and replace it if they may have done so",
        ),
        Ok(file) if file.len() < 32 => Diagnosis::failure(
            format!("the secret {} is shorter than 32 bytes", path.display()),
            "remove the file: the service makes a new one, and every session ends",
        ),
        Ok(_) => Diagnosis::fine(format!("the secret is {}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Diagnosis::fine(format!("the secret {} is made at the first start", path.display()))
        }
        Err(error) => Diagnosis::failure(
            format!("the secret {} can't be read: {error}", path.display()),
            "give the file to the account of the service (`chown`, `chmod 600`)",
        ),
    }
}

/// What fits is known of this process: a service manager may give its own another limit.
fn connections(http: &HttpConfig, fitting: usize) -> Diagnosis {
    let remedy = "raise the limit of open files of the service (LimitNOFILE of systemd, `ulimit -n`), or lower MAX_CONNECTIONS";
    match http.max_connections {
        Some(wanted) if wanted > fitting => Diagnosis::warning(
            format!("MAX_CONNECTIONS={wanted}, but the limit of open files leaves room for {fitting}"),
            remedy,
        ),
        _ => Diagnosis::unless(
            fitting >= FEW_CONNECTIONS || http.max_connections.is_some(),
            format!("the limit of open files leaves room for {fitting} connections of clients"),
            remedy,
        ),
    }
}

#[cfg(test)]
mod tests;
