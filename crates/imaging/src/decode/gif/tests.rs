//! The order of rows.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::time::Duration;

use bytes::Bytes;

use super::blocks;
use crate::source::{Deadline, Source};

/// The head of an interlaced frame.
fn interlaced(height: u8) -> Bytes {
    let screen = [9, 0, height, 0, 0, 0, 0];
    let descriptor = [0x2c, 0, 0, 0, 0, 9, 0, height, 0, 0x40, 2];
    [b"GIF89a".as_slice(), &screen, &descriptor].concat().into()
}

#[test]
fn every_row_of_an_interlaced_frame_is_found_whatever_its_height() {
    for height in 1..40 {
        // Every eighth row, then from the fourth every eighth, from the second every fourth, and every other.
        let passes = [(0, 8), (4, 8), (2, 4), (1, 2)];
        let order = passes.into_iter().flat_map(|(from, step)| (from..u32::from(height)).step_by(step));
        let source = Source::new(interlaced(height), Deadline::after(Duration::from_mins(1)));
        let (_screen, frame) = blocks::read(&source).unwrap();
        for (stored, y) in order.enumerate() {
            assert_eq!(frame.seen_row(y, usize::MAX), u32::try_from(stored).unwrap(), "row {y} of {height}");
        }
    }
}
