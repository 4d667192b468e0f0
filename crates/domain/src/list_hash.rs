//! A hash of what makes up a list: its cursors are bound to it.

use sha2::Digest as _;

/// A hash of fields, each under a tag of its own and with its length: no two lists have the same.
pub(crate) struct ListHash(sha2::Sha256);

impl ListHash {
    pub(crate) fn new() -> Self {
        Self(sha2::Sha256::new())
    }

    /// Adds a field.
    pub(crate) fn field(&mut self, tag: u8, bytes: &[u8]) {
        self.0.update([tag]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// The hash.
    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
