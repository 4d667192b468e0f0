//! Connections that are not encrypted.

use std::net::IpAddr;

use fm_redis::RedisUrl;

/// Warns where the URL of an S3 leads to another machine without encryption.
pub(super) fn warn_of_plain_s3(variable: &str, url: &str) {
    if let Some(host) = plain_host(url) {
        warn(variable, "http://", host, "https://");
    }
}

/// The same of a Redis.
pub(crate) fn warn_of_plain_redis(url: &RedisUrl) {
    if let Some(host) = url.plain_host().filter(|host| !is_local(host)) {
        warn("REDIS_URL", "redis://", host, "rediss://");
    }
}

/// What is wrong where the URL of an S3 leads to another machine without encryption.
pub(super) fn problem_of_plain_s3(variable: &str, url: &str) -> Option<String> {
    let host = plain_host(url)?;
    Some(format!(
        "{variable} is not encrypted: an attacker in the network on the way to {host} can read and change what is sent"
    ))
}

/// The same of a Redis.
pub(crate) fn problem_of_plain_redis(url: &RedisUrl) -> Option<String> {
    let host = url.plain_host().filter(|host| !is_local(host))?;
    Some(format!(
        "REDIS_URL is not encrypted: an attacker in the network on the way to {host} can read and change what is sent"
    ))
}

fn warn(variable: &str, plain: &str, host: &str, encrypted: &str) {
    tracing::warn!(
        "{variable} begins with {plain}: an attacker in the network on the way to {host} can read and change what is sent; \
         use {encrypted}"
    );
}

/// The host of a URL that is not encrypted, unless it is this machine.
fn plain_host(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (_, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let host = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => place.split(':').next().unwrap_or_default(),
    };
    (scheme.eq_ignore_ascii_case("http") && !is_local(host)).then_some(host)
}

/// Whether a host is this machine.
pub(crate) fn is_local(host: &str) -> bool {
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests;
