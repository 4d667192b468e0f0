//! A clock, ids and MACs that a test can foresee.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::Digest as _;
use uuid::Uuid;

use crate::clock::{Clock, Timestamp};
use crate::ids::IdSource;
use crate::mac::{Mac, MacSigner, Purpose};

/// A clock that stands still at one moment.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl FixedClock {
    /// 2026-01-01T00:00:00Z.
    pub const NEW_YEAR: Self = Self(Timestamp::from_unix_seconds(1_767_225_600));
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Ids that count from 1: the first is `00000000-0000-7000-8000-000000000001`.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl CountingIds {
    /// The id that is given as the `n`th, counted from 1.
    #[must_use]
    pub const fn nth(n: u64) -> Uuid {
        Uuid::from_u64_pair(0x7000, 0x8000_0000_0000_0000 | n)
    }
}

impl IdSource for CountingIds {
    fn uuid(&self) -> Uuid {
        Self::nth(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn random(&self) -> [u8; 32] {
        [7; 32]
    }
}

/// MACs that are plain hashes: right for tests of what is signed, and worthless as a secret.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainMacs;

impl MacSigner for PlainMacs {
    fn sign(&self, purpose: Purpose, message: &[u8]) -> Mac {
        let mut hash = sha2::Sha256::new();
        hash.update(purpose.name());
        hash.update(message);
        Mac::new(hash.finalize().into())
    }

    fn verify(&self, purpose: Purpose, message: &[u8], mac: &Mac) -> bool {
        self.sign(purpose, message) == *mac
    }
}
