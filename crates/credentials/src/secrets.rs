//! The secrets that everything else is derived from.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

/// A secret of at least 32 bytes: wiped when dropped, never shown.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

/// The secret is too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretTooShort;

impl fmt::Display for SecretTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be at least {} bytes", SecretBytes::MIN_BYTES)
    }
}

impl std::error::Error for SecretTooShort {}

impl SecretBytes {
    /// The least number of bytes: the size of an HMAC-SHA-256 key (RFC 7518, section 3.2).
    pub const MIN_BYTES: usize = 32;

    /// Takes a secret; one that is too short is wiped and refused.
    pub fn new(mut bytes: Vec<u8>) -> Result<Self, SecretTooShort> {
        if bytes.len() < Self::MIN_BYTES {
            bytes.zeroize();
            return Err(SecretTooShort);
        }
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The bytes, for signing alone.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// `N` bytes (at most 8160) that are bound to `info` and tell nothing of the secret (HKDF-SHA-256, RFC 5869).
    pub(crate) fn derive<const N: usize>(&self, info: &[&[u8]]) -> Zeroizing<[u8; N]> {
        const { assert!(N <= 255 * 32, "HKDF-SHA-256 gives at most 8160 bytes") };
        let mut derived = Zeroizing::new([0; N]);
        match Hkdf::<Sha256>::new(Some(SALT), &self.0).expand_multi_info(info, &mut *derived) {
            Ok(()) => derived,
            Err(_too_long) => unreachable!("the length is checked when this is compiled"),
        }
    }
}

/// Sets our derivations apart from those of any other program that is given the same secret.
const SALT: &[u8] = b"file-manager/v1";

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

/// The secret that signs, and those that signed before it and are still accepted.
#[derive(Debug, Clone)]
pub struct JwtSecrets {
    /// Signs from now on.
    pub current: SecretBytes,
    /// Accepted, no longer signed with.
    pub previous: Vec<SecretBytes>,
}

impl JwtSecrets {
    /// This secret alone.
    #[must_use]
    pub const fn only(current: SecretBytes) -> Self {
        Self { current, previous: Vec::new() }
    }
}
