//! Addresses: of the database, and of ourselves.

use std::path::{Path, PathBuf};

use super::secret::Secret;

/// Which database, and where.
#[derive(Debug, Clone)]
pub enum DatabaseAddress {
    /// PostgreSQL; the URL may hold a password.
    Postgres(Secret),
    /// A SQLite file.
    Sqlite(PathBuf),
    /// In memory, for tests and trials.
    Memory,
}

impl DatabaseAddress {
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        if url == "memory:" {
            return Ok(Self::Memory);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(Secret::new(url.to_owned())));
        }
        match url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            Some("") => Err("must name a file after sqlite://"),
            Some(path) => Ok(Self::Sqlite(PathBuf::from(path))),
            None => Err("must begin with postgres:// or sqlite://, or be memory:"),
        }
    }

    pub(super) fn embedded(data_dir: &Path) -> Self {
        Self::Sqlite(data_dir.join("file-manager.db"))
    }
}

/// Takes `scheme://host[:port]`, with or without a slash at its end, and gives it without.
pub(super) fn origin(text: &str) -> Result<String, &'static str> {
    const PROBLEM: &str = "must be http:// or https:// and a host, without a path";
    let trimmed = text.trim_end_matches('/');
    let rest = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://")).ok_or(PROBLEM)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    if rest.is_empty() || !rest.bytes().all(plain) { Err(PROBLEM) } else { Ok(trimmed.to_ascii_lowercase()) }
}

/// Takes an endpoint with an optional path.
pub(super) fn endpoint(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest)
            if !rest.is_empty()
                && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@".contains(&byte)) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("must be an http:// or https:// URL without a query or a password"),
    }
}
