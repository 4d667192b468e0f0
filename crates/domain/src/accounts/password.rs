//! Passwords and the port that hashes them.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::Zeroizing;

use crate::error::PortResult;

/// A password in clear: wiped when dropped, never shown.
///
/// Keyboards type one character in several ways. So passwords are compared in one form, that of the profile OpaqueString
/// (RFC 8265, section 4.2): spaces of any kind are a plain space, and all is in NFC.
#[derive(Clone)]
pub struct Password {
    normalised: Zeroizing<String>,
    /// As it was typed, where that is another text.
    typed: Option<Zeroizing<String>>,
}

/// The password is not acceptable for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 8 to 128 characters")]
pub struct InvalidPassword;

impl Password {
    /// Any text, to be compared: what was never acceptable is simply wrong.
    #[must_use]
    pub fn candidate(text: String) -> Self {
        if is_nfc(&text) && !text.contains(is_other_space) {
            return Self { normalised: Zeroizing::new(text), typed: None };
        }
        // Room for the longest form, so that no part of the result is left in memory that was given back.
        let mut normalised = Zeroizing::new(String::with_capacity(text.len() * 3));
        normalised.extend(text.chars().map(|c| if is_other_space(c) { ' ' } else { c }).nfc());
        Self { normalised, typed: Some(Zeroizing::new(text)) }
    }

    /// The password in clear, normalised, for the hasher alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.normalised
    }

    /// The password as it was typed, where normalising made another one of it: hashes were made of such texts before
    /// they were normalised.
    #[must_use]
    pub fn as_typed(&self) -> Option<Self> {
        self.typed.clone().map(|typed| Self { normalised: typed, typed: None })
    }
}

/// A space (Unicode category Zs) that is not U+0020.
const fn is_other_space(character: char) -> bool {
    matches!(
        character,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// A password for an account: 8 to 128 characters, counted when it is normalised.
impl FromStr for Password {
    type Err = InvalidPassword;

    fn from_str(text: &str) -> Result<Self, InvalidPassword> {
        // Normalising is linear but not free: a length that no normal form brings under the limit is refused first.
        if text.len() > 128 * 64 {
            return Err(InvalidPassword);
        }
        let password = Self::candidate(text.to_owned());
        match password.expose().chars().take(129).count() {
            8..=128 => Ok(password),
            _ => Err(InvalidPassword),
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What a password is checked against: a PHC string. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string as it is stored.
    #[must_use]
    pub const fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for the hasher and the database alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// Another password.
    Wrong,
    /// The password.
    Right,
    /// The password, but its hash was made with other parameters than today's: store a new one.
    RightButOutdated,
}

/// Hashes passwords, slowly on purpose.
///
/// Work runs on blocking threads behind a bound, so that a flood of logins can take neither the memory nor the
/// runtime: further calls wait (HASH-04). A call that is dropped gives its place back (HASH-08).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// A new hash with a fresh salt: two hashes of one password differ.
    async fn hash(&self, password: &Password) -> PortResult<PasswordHash>;

    /// Compares in a time that does not depend on where they differ.
    async fn verify(&self, password: &Password, hash: &PasswordHash) -> PortResult<PasswordCheck>;

    /// A hash of nothing anyone knows, made with today's parameters: comparing with it takes as long as with a
    /// real one, so that an unknown address can't be told from a wrong password.
    fn decoy(&self) -> PasswordHash;
}
