//! Repeatable chance: `SplitMix64` (Steele, Lea and Flood, 2014).

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mixed(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// `count` bytes from this offset on of an endless text that looks random and is always the same.
pub(crate) fn words(offset: u64, count: u64) -> Vec<u8> {
    let skipped = usize::try_from(offset % 8).unwrap_or_default();
    let mut bytes = Vec::new();
    for word in offset / 8..(offset + count).div_ceil(8) {
        bytes.extend_from_slice(&mixed(word.wrapping_mul(STEP)).to_le_bytes());
    }
    bytes.drain(..skipped);
    bytes.truncate(usize::try_from(count).unwrap_or_default());
    bytes
}

/// Numbers that look random and are the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// A number from `low` up to and without `high`.
    pub(crate) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, count: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < count {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(usize::try_from(count).unwrap_or_default());
        bytes
    }
}
