//! Markers at which decoding begins afresh (ITU-T T.81, F.2.1.3.1), in turns from RST0 to RST7.
//!
//! Where they are missing, repeated or out of turn, decoding goes on as libjpeg does it, and so browsers.

use crate::bits::Bits;
use crate::segments::{marker, next_marker};

/// When the next restart is due, and which marker it has.
pub(crate) struct Restarts {
    interval: u16,
    left: u16,
    next: u8,
}

impl Restarts {
    /// A restart after so many MCUs, or none.
    pub(crate) const fn every(interval: u16) -> Self {
        Self { interval, left: interval, next: 0 }
    }

    /// Counts an MCU: whether there must be a restart before it.
    #[inline]
    pub(crate) const fn is_due(&mut self) -> bool {
        if self.interval == 0 {
            return false;
        }
        let due = self.left == 0;
        self.left = if due { self.interval } else { self.left } - 1;
        due
    }

    /// Goes on behind the marker that is due, or before the one that is there in its place.
    pub(crate) fn restart<'a>(&mut self, bits: Bits<'a>) -> Bits<'a> {
        let due = self.next;
        self.next = (due + 1) % 8;
        let begin = bits.rest();
        let mut rest = begin;
        while let Some(marker) = next_marker(&mut rest) {
            match marker {
                marker::RST0..=marker::RST7 => match (marker - marker::RST0).wrapping_sub(due) % 8 {
                    // One of the next two: those before it are missing.
                    1 | 2 => return bits.stay(&begin[begin.len() - rest.len() - 2..]),
                    // One of the last two: it is there twice, or later than its turn.
                    6 | 7 => {}
                    // The right one, or any.
                    _ => return Bits::new(rest),
                },
                // No marker that exists.
                ..marker::SOF0 => {}
                _ => return bits.stay(&begin[begin.len() - rest.len() - 2..]),
            }
        }
        bits.stay(&[])
    }

    /// Whether a restart may bring more data, when all before the next marker are used up.
    pub(crate) fn may_follow(&self, mut rest: &[u8]) -> bool {
        let is_restart = |marker| matches!(marker, ..marker::SOF0 | marker::RST0..=marker::RST7);
        self.interval > 0 && next_marker(&mut rest).is_some_and(is_restart)
    }
}
