//! Email addresses.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};

/// An email address (RFC 5321), at most 254 bytes. It compares without regard to case.
#[derive(Debug, Clone)]
pub struct Email {
    written: String,
    key: String,
}

/// The text is no email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an email address")]
pub struct InvalidEmail;

impl Email {
    /// The address as its owner wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// What two spellings of one address have in common: unique among users.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let strict = Options::default().with_required_tld().without_domain_literal().without_display_text();
        let plain = text.len() <= 254 && !text.chars().any(char::is_control) && !text.contains('"');
        match EmailAddress::parse_with_options(text, strict) {
            Ok(_) if plain => Ok(Self { written: text.to_owned(), key: text.to_lowercase() }),
            _ => Err(InvalidEmail),
        }
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Email {}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}
