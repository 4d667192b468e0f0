//! Email addresses.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization;

use crate::invisible::is_invisible;

/// An email address (RFC 5321), at most 254 bytes, in NFC and without white space around it. It compares without regard
/// to case and to compatibility forms, such as full-width letters, and by the ASCII form of its domain (UTS #46). New
/// addresses have no invisible characters.
#[derive(Debug, Clone)]
pub struct Email {
    written: String,
    key: String,
    /// The text before it was normalised, where that is another address.
    typed: Option<String>,
}

/// The most bytes of an address.
const LONGEST: usize = 254;

/// The text is no email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an email address")]
pub struct InvalidEmail;

impl Email {
    /// An address as it was stored, or as it is typed to log in: invisible characters were accepted at first, and such
    /// accounts stay readable and open to their owners.
    pub fn from_stored(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim_matches(is_blank);
        // Normalising is linear but not free: a length that no normal form brings under the limit is refused first.
        if text.len() > LONGEST * 3 {
            return Err(InvalidEmail);
        }
        let written: String = if text.is_ascii() { text.to_owned() } else { text.nfc().collect() };
        let key = match canonical(&written) {
            Some(key) if written.len() <= LONGEST => key,
            _ if is_address(&written) => written.to_lowercase(),
            _ => return Err(InvalidEmail),
        };
        let typed = (text != written).then(|| text.to_owned());
        Ok(Self { written, key, typed })
    }

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

    /// A part of an address as it occurs in [keys](Self::key): without white space around it, in NFKC and lower case.
    #[must_use]
    pub fn fold_part(text: &str) -> String {
        text.trim_matches(is_blank).nfkc().flat_map(char::to_lowercase).nfkc().collect()
    }

    /// The address under every key that an account of its owner may have, the nearest to what was typed first: accounts
    /// were registered under addresses as they were typed, then under those in NFC, with their domain in Unicode or in
    /// ASCII.
    #[must_use]
    pub fn spellings(&self) -> Vec<Self> {
        let typed = self.typed.as_deref().unwrap_or(&self.written);
        let mut keys = vec![typed.to_lowercase(), self.written.to_lowercase(), self.key.clone()];
        if let Some((local, domain)) = self.key.rsplit_once('@')
            && let (unicode, Ok(())) = idna::domain_to_unicode(domain)
        {
            keys.push(format!("{local}@{unicode}"));
        }
        let mut spellings: Vec<Self> = Vec::new();
        for key in keys {
            if spellings.iter().all(|other| other.key != key) {
                spellings.push(Self { written: self.written.clone(), key, typed: None });
            }
        }
        spellings
    }
}

/// White space, and invisible characters, which are copied along with an address.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_invisible(character)
}

/// The form that all spellings of an address have in common; `None` where it has none.
///
/// The local part is in NFKC and lower case: what its own server tells apart by width or ligatures is one account here. The
/// domain is in ASCII, as its server is looked up.
fn canonical(written: &str) -> Option<String> {
    let (local, domain) = written.rsplit_once('@')?;
    // Most addresses are in ASCII, where every form is the same.
    if written.is_ascii() && !domain.split('.').any(is_encoded) {
        let key = written.to_ascii_lowercase();
        return is_address(&key).then_some(key);
    }
    let local: String = local.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let domain = idna::domain_to_ascii(domain).ok()?;
    let key = format!("{local}@{domain}");
    is_address(&key).then_some(key)
}

/// Whether a label may stand for another in Unicode (RFC 5890, section 2.3.2.1), or has no meaning: UTS #46 says.
fn is_encoded(label: &str) -> bool {
    label.as_bytes().get(2..4) == Some(b"--".as_slice())
}

fn is_address(text: &str) -> bool {
    let strict = Options::default().with_required_tld().without_domain_literal().without_display_text();
    let is_plain = text.len() <= LONGEST && !text.chars().any(char::is_control) && !text.contains('"');
    is_plain && EmailAddress::parse_with_options(text, strict).is_ok()
}

/// A new address.
impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let email = Self::from_stored(text)?;
        if email.written.chars().any(is_blank) { Err(InvalidEmail) } else { Ok(email) }
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
