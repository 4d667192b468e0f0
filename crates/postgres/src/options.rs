//! What a URL says beyond the place: parameters that tokio-postgres does not know or takes otherwise.

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::address::InvalidAddress;
use crate::tls::{self, Trust};

/// The options of a URL that are about TLS: tokio-postgres knows only some of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsOptions {
    mode: Option<String>,
    roots: Option<String>,
}

impl TlsOptions {
    /// How connections are secured to a server on this machine (`is_local`) or on another one.
    pub(crate) fn meaning(&self, is_local: bool) -> Result<(SslMode, Trust), InvalidAddress> {
        let roots = self.roots.as_deref().map(tls::read_roots).transpose()?;
        let checked = |roots: Option<_>| roots.unwrap_or_else(tls::platform_roots);
        Ok(match self.mode.as_deref() {
            Some("disable") => (SslMode::Disable, Trust::Anyone),
            Some("prefer" | "allow") => (SslMode::Prefer, Trust::Anyone),
            None if is_local => (SslMode::Prefer, Trust::Anyone),
            Some("require") => (SslMode::Require, roots.map_or(Trust::Anyone, Trust::Issuer)),
            Some("verify-ca") => (SslMode::Require, Trust::Issuer(checked(roots))),
            None | Some("verify-full") => (SslMode::Require, Trust::IssuerAndName(checked(roots))),
            Some(_) => return Err(InvalidAddress::SslMode),
        })
    }

    /// What connections to other machines lack.
    pub(crate) fn weakness(&self) -> Option<&'static str> {
        match (self.mode.as_deref(), &self.roots) {
            (Some("disable"), _) => Some("sslmode=disable encrypts nothing"),
            (Some("prefer" | "allow"), _) => {
                Some("sslmode=prefer checks no certificate, and encrypts nothing where TLS is not offered")
            }
            (Some("require"), None) => Some("sslmode=require without sslrootcert checks no certificate"),
            (Some("verify-ca"), None) => {
                Some("sslmode=verify-ca without sslrootcert takes a public certificate of any host")
            }
            _ => None,
        }
    }
}

/// The name of the first parameter that can't be used: of those that other programs take from the same URL
/// (`supa=…`, `connection_limit=…`), or with a wrong value. A URL with another `@` behind `?` may have a password that is not
/// percent-encoded: nothing of it is told.
pub(crate) fn wrong_parameter(url: &str) -> Option<String> {
    let (_, after) = url.split_once('@').unwrap_or(("", url));
    let (_, query) = after.split_once('?').filter(|(_, query)| !query.contains('@'))?;
    let is_wrong = |pair: &&str| format!("postgres://localhost?{pair}").parse::<Config>().is_err();
    let pair = query.split('&').filter(|pair| !pair.is_empty()).find(is_wrong)?;
    let name = pair.split('=').next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let is_name = (1..=63).contains(&name.len()) && name.bytes().all(is_plain);
    Some(if is_name { name.to_owned() } else { "(no name)".to_owned() })
}

/// Takes out of a URL what tokio-postgres does not know, and puts what it knows by another name.
pub(crate) fn translate(url: &str) -> Result<(String, TlsOptions), InvalidAddress> {
    // A question mark may be part of a password: the options begin at the first one after the credentials.
    let credentials = url.find('@').map_or(0, |at| at + 1);
    let (_, after) = url.split_at(credentials);
    let Some(mark) = after.find('?') else { return Ok((url.to_owned(), TlsOptions::default())) };
    let (base, query) = url.split_at(credentials + mark);
    let mut options = TlsOptions::default();
    let mut kept = Vec::new();
    for pair in query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value).decode_utf8_lossy();
        match (name, value.as_ref()) {
            ("sslmode", _) => options.mode = Some(value.into_owned()),
            ("sslrootcert", _) => options.roots = Some(value.into_owned()),
            // Nothing is encrypted by GSSAPI here, which these values allow; and `false` is what there is without it.
            ("gssencmode", "disable" | "prefer") | ("pgbouncer", "false") => {}
            ("pgbouncer", "true") => return Err(InvalidAddress::TransactionPooling),
            // The server that takes writes is the primary, unless an operator has it refuse them.
            ("target_session_attrs", "primary") => kept.push("target_session_attrs=read-write"),
            _ => kept.push(pair),
        }
    }
    let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    Ok((url, options))
}

#[cfg(test)]
mod tests;
