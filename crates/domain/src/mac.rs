//! Message authentication: what lets our own links, cursors and refresh tokens be believed.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

/// What a MAC is for. Each has a key of its own, so that none can be passed off as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Refresh tokens.
    RefreshToken,
    /// Cursors of lists.
    Cursor,
    /// Links to blobs that we serve ourselves.
    Link,
    /// Links by which parts of direct uploads are sent to ourselves.
    Part,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::RefreshToken, Self::Cursor, Self::Link, Self::Part];

    /// Its stable name, which goes into the derivation of its key.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RefreshToken => "refresh-token",
            Self::Cursor => "cursor",
            Self::Link => "link",
            Self::Part => "part",
        }
    }
}

/// HMAC-SHA-256 (RFC 2104). Compared in constant time, never shown.
#[derive(Clone, Copy)]
pub struct Mac([u8; 32]);

impl Mac {
    /// Takes the bytes of a MAC.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads base64url without padding (RFC 4648, section 5).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(32) => Some(Self(bytes)),
            _ => None,
        }
    }

    /// Writes base64url without padding.
    #[must_use]
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl PartialEq for Mac {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Mac {}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(…)")
    }
}

/// Makes and checks MACs with keys derived from the secrets, one per purpose (HKDF, RFC 5869).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait MacSigner: Send + Sync {
    /// The MAC of `message` under today's key.
    fn sign(&self, purpose: Purpose, message: &[u8]) -> Mac;

    /// Whether `mac` is that of `message` under any accepted key.
    fn verify(&self, purpose: Purpose, message: &[u8], mac: &Mac) -> bool;
}

#[cfg(test)]
mod tests;
