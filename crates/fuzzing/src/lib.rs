//! Hostile input for property tests: samples of a corpus, changed a little.
//!
//! A reader refuses most random bytes at the first one. A sample that is almost right gets further.
//!
//! A corpus of text is a file with a sample on each line ([`samples`]). `PROPTEST_CASES` says how many inputs each property
//! is tried on: 256 unless it is set.

#![expect(
    clippy::panic,
    reason = "this crate serves tests alone: a corpus that can't be read must fail them loudly"
)]

mod change;
mod corpus;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

pub use corpus::samples;

/// How many changes a sample gets at most.
const MOST_CHANGES: usize = 6;

/// One of the samples, with up to six changes: bytes are replaced, flipped, inserted, removed or repeated, its end is cut off,
/// or it goes on as another sample does.
///
/// # Panics
///
/// Without a sample.
pub fn changed(samples: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    assert!(!samples.is_empty(), "a corpus has at least one sample");
    (any::<Index>(), vec(change::any_change(), 0..=MOST_CHANGES)).prop_map(move |(sample, changes)| {
        let mut bytes = samples[sample.index(samples.len())].clone();
        for change in &changes {
            change.apply(&mut bytes, &samples);
        }
        bytes
    })
}

/// The same for the lines of a corpus.
///
/// # Panics
///
/// Without a sample, or with a line that can't be read.
pub fn changed_lines(corpus: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    changed(samples(corpus))
}

/// The same as text: what a change leaves broken of UTF-8 becomes U+FFFD.
///
/// # Panics
///
/// Without a sample, or with a line that can't be read.
pub fn changed_text(corpus: &str) -> impl Strategy<Value = String> + use<> {
    changed_lines(corpus).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
