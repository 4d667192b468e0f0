//! Email addresses.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization;

/// An email address (RFC 5321), at most 254 bytes, in NFC and without white space around it. It compares without regard
/// to case.
#[derive(Debug, Clone)]
pub struct Email {
    written: String,
    key: String,
    /// The text before it was normalised, where that is another address.
    typed: Option<String>,
}

/// The text is no email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an email address")]
pub struct InvalidEmail;

impl Email {
    /// The address as its owner wrote it, normalised.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// What two spellings of one address have in common: unique among users.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The address as it was typed, where normalising made another one of it: accounts were registered under such
    /// addresses before they were normalised.
    #[must_use]
    pub fn as_typed(&self) -> Option<Self> {
        self.typed.clone().map(|typed| Self { key: typed.to_lowercase(), written: typed, typed: None })
    }
}

/// White space, and invisible characters that are copied along with an address: zero-width characters and marks of direction.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_address(text: &str) -> bool {
    let strict = Options::default().with_required_tld().without_domain_literal().without_display_text();
    let is_plain = text.len() <= 254 && !text.chars().any(char::is_control) && !text.contains('"');
    is_plain && EmailAddress::parse_with_options(text, strict).is_ok()
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim_matches(is_blank);
        // Normalising is linear but not free: a length that no normal form brings under the limit is refused first.
        if text.len() > 254 * 3 {
            return Err(InvalidEmail);
        }
        let written: String = text.nfc().collect();
        if !is_address(&written) {
            return Err(InvalidEmail);
        }
        let typed = (text != written && is_address(text)).then(|| text.to_owned());
        Ok(Self { key: written.to_lowercase(), written, typed })
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
