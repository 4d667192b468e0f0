//! JPEG files of every kind that is decoded here, and numbers to change them with. For tests and as seeds for fuzzing.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a picture that can't be written fails its test"
)]

mod entropy;
mod writer;

pub use writer::{Order, Writer, colour, grey, segment};

/// Small sequential pictures of every kind that is decoded here.
#[must_use]
pub fn sequential() -> Vec<Vec<u8>> {
    let writers = [
        grey(60, 40),
        colour(50, 41, 1, 1),
        colour(70, 40, 2, 2),
        Writer { order: Order::Apart, ..colour(60, 50, 2, 1) },
        Writer { restart_interval: 2, ..colour(64, 64, 1, 1) },
        Writer { restart_interval: 5, order: Order::Apart, noise: 2, ..colour(90, 64, 1, 2) },
    ];
    writers.iter().map(Writer::write).collect()
}

/// Small progressive pictures of every kind that is decoded here.
#[must_use]
pub fn progressive() -> Vec<Vec<u8>> {
    let writers = [
        Writer { order: Order::Progressive, ..grey(60, 40) },
        Writer { order: Order::Progressive, noise: 2, ..colour(70, 40, 2, 2) },
        Writer { order: Order::Refined, noise: 2, ..colour(64, 50, 1, 1) },
        Writer { order: Order::Refined, restart_interval: 3, ..colour(64, 50, 2, 1) },
    ];
    writers.iter().map(Writer::write).collect()
}

/// Numbers that look random, the same for the same seed.
#[derive(Debug)]
pub struct Random(pub u32);

impl Random {
    /// A number from 0 to `bound - 1`, where `bound` is at least 1 and at most 2^24.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % bound
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}
