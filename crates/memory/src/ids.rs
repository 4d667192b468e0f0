//! Ids that can be foreseen.

use std::sync::atomic::{AtomicU64, Ordering};

use fm_domain::ids::IdSource;
use uuid::{Builder, Uuid};

/// Where the ids begin in time: 2025-01-01T00:00:00Z, in milliseconds.
const BEGIN_MILLIS: u64 = 1_735_689_600_000;

/// Ids in sequence, and bytes that look random but are the same in every run. For tests: nothing of it is secret.
#[derive(Debug, Default)]
pub struct SequentialIds {
    given: AtomicU64,
}

impl SequentialIds {
    /// A sequence from its beginning.
    #[must_use]
    pub const fn new() -> Self {
        Self { given: AtomicU64::new(0) }
    }

    fn next(&self) -> u64 {
        self.given.fetch_add(1, Ordering::Relaxed)
    }
}

impl IdSource for SequentialIds {
    fn uuid(&self) -> Uuid {
        let mut counter = [0; 10];
        counter[2..].copy_from_slice(&self.next().to_be_bytes());
        Builder::from_unix_timestamp_millis(BEGIN_MILLIS, &counter).into_uuid()
    }

    fn random(&self) -> [u8; 32] {
        let mut state = self.next();
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&split_mix(&mut state).to_be_bytes());
        }
        bytes
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): scatters a counter over all bits.
const fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
