//! Passwords and the port that hashes them.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::error::PortResult;

/// A password in clear: wiped when dropped, never shown.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// The password is not acceptable for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 8 to 128 characters")]
pub struct InvalidPassword;

impl Password {
    /// Any text, to be compared: what was never acceptable is simply wrong.
    #[must_use]
    pub fn candidate(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The password in clear, for the hasher alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A password for an account: 8 to 128 characters.
impl FromStr for Password {
    type Err = InvalidPassword;

    fn from_str(text: &str) -> Result<Self, InvalidPassword> {
        match text.chars().take(129).count() {
            8..=128 => Ok(Self::candidate(text.to_owned())),
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
