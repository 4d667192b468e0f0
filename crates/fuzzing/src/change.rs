//! What is done to a sample.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Bytes that readers treat in a way of their own.
const SPECIAL: &[u8] = b"\0\t\n\r \"%&'()*+,-./:;<=>?@[\\]{}\x7f\x80\xbf\xc3\xff09AZaz";

/// How many bytes one change removes or repeats at most.
const LONGEST_STRETCH: usize = 64;

/// How long a run of one byte is at most: longer than most limits of names and fields.
const LONGEST_RUN: usize = 3000;

/// One change. Its places are fractions of the sample, so that it fits samples of any length.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Replace(Index, u8),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    /// From there as many bytes, or as many as there are.
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
    /// From there on as this other sample goes on from there.
    Splice(Index, Index, Index),
}

impl Change {
    /// Changes the sample. Samples without the bytes that a change needs stay as they are.
    pub(crate) fn apply(&self, bytes: &mut Vec<u8>, samples: &[Vec<u8>]) {
        let places = bytes.len() + 1;
        let stretch = |at: &Index, length: usize| {
            let start = at.index(places);
            start..(start + length).min(places - 1)
        };
        match self {
            Self::Replace(at, byte) => {
                if let Some(changed) = bytes.get_mut(at.index(places)) {
                    *changed = *byte;
                }
            }
            Self::Flip(at, bit) => {
                if let Some(changed) = bytes.get_mut(at.index(places)) {
                    *changed ^= 1 << bit;
                }
            }
            Self::Insert(at, inserted) => {
                let at = at.index(places);
                drop(bytes.splice(at..at, inserted.iter().copied()));
            }
            Self::Remove(at, length) => drop(bytes.drain(stretch(at, *length))),
            Self::Repeat(at, length) => {
                let stretch = stretch(at, *length);
                let (end, repeated) = (stretch.end, bytes[stretch].to_vec());
                drop(bytes.splice(end..end, repeated));
            }
            Self::Cut(at) => bytes.truncate(at.index(places)),
            Self::Splice(at, sample, from) => {
                let other = &samples[sample.index(samples.len())];
                bytes.truncate(at.index(places));
                bytes.extend_from_slice(&other[from.index(other.len() + 1)..]);
            }
        }
    }
}

/// Any change.
pub(crate) fn any_change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    let special = || select(SPECIAL);
    let run = (special(), 1..LONGEST_RUN).prop_map(|(byte, length)| vec![byte; length]);
    let inserted = prop_oneof![
        4 => vec(special(), 1..4),
        4 => vec(any::<u8>(), 1..9),
        1 => run,
    ];
    prop_oneof![
        (place(), prop_oneof![special(), any::<u8>()]).prop_map(|(at, byte)| Change::Replace(at, byte)),
        (place(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (place(), inserted).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (place(), 1..LONGEST_STRETCH).prop_map(|(at, length)| Change::Remove(at, length)),
        (place(), 1..LONGEST_STRETCH).prop_map(|(at, length)| Change::Repeat(at, length)),
        place().prop_map(Change::Cut),
        (place(), place(), place()).prop_map(|(at, sample, from)| Change::Splice(at, sample, from)),
    ]
}
