//! A SHA-256 that can be stored midway and continued.

use std::fmt;

use bytes::Bytes;
use sha2::Digest as _;
use sha2::digest::common::hazmat::{SerializableState as _, SerializedState};

use crate::files::Sha256;

/// The state of a hash midway: after each chunk it can be stored, and another process continues it.
#[derive(Clone)]
pub struct HashState(sha2::Sha256);

/// The bytes are no state of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no state of a SHA-256")]
pub struct InvalidHashState;

impl HashState {
    /// The state before the first byte.
    #[must_use]
    pub fn new() -> Self {
        Self(sha2::Sha256::new())
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes added.
    #[must_use]
    pub fn finish(&self) -> Sha256 {
        Sha256::new(self.0.clone().finalize().into())
    }

    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        Bytes::copy_from_slice(&self.0.serialize())
    }

    /// Reads the bytes that were stored.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidHashState> {
        let state = SerializedState::<sha2::Sha256>::try_from(bytes).map_err(|_length| InvalidHashState)?;
        sha2::Sha256::deserialize(&state).map(Self).map_err(|_invalid| InvalidHashState)
    }
}

impl Default for HashState {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for HashState {
    fn eq(&self, other: &Self) -> bool {
        self.to_bytes() == other.to_bytes()
    }
}

impl Eq for HashState {}

impl fmt::Debug for HashState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashState(…)")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_stored_hash_can_be_continued(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8)) {
            let mut state = HashState::new();
            for piece in &pieces {
                state.update(piece);
                state = HashState::from_bytes(&state.to_bytes()).unwrap();
            }
            let whole = sha2::Sha256::digest(pieces.concat());
            prop_assert_eq!(state.finish(), Sha256::new(whole.into()));
        }
    }

    #[test]
    fn what_is_no_state_is_refused() {
        assert_eq!(HashState::from_bytes(b"").unwrap_err(), InvalidHashState);
        assert_eq!(HashState::from_bytes(&[0xff; 105]).unwrap_err(), InvalidHashState);
    }
}
