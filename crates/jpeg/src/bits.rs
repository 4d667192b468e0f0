//! The bits of entropy-coded data (ITU-T T.81, F.2.2.5), without the bytes that are stuffed between them (B.1.1.5).

use crate::huffman::Code;

/// How many bits can be seen after [`Bits::refill`]: these, and up to seven more.
pub(crate) const REFILLED: u32 = 56;

/// Reads bits, most significant first, up to the next marker or the end.
///
/// Beyond that there are zeros without end, so that nothing has to be checked bit by bit: [`Bits::is_overdrawn`] tells
/// afterwards.
#[derive(Clone, Copy)]
pub(crate) struct Bits<'a> {
    rest: &'a [u8],
    /// The next bits, from the top. Below the `available` ones there may be some of the bits that come after them.
    window: u64,
    available: u32,
    /// How many of the available bits are such zeros.
    made_up: u32,
}

impl<'a> Bits<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, window: 0, available: 0, made_up: 0 }
    }

    /// No bits, in place of these: a marker is next, and more may have been taken already than there was.
    pub(crate) const fn stay(&self, rest: &'a [u8]) -> Self {
        let made_up = if self.is_overdrawn() { 1 } else { 0 };
        Self { rest, window: 0, available: 0, made_up }
    }

    /// How many bits can be seen.
    pub(crate) const fn available(&self) -> u32 {
        self.available
    }

    /// Makes at least [`REFILLED`] bits visible.
    #[inline]
    pub(crate) fn refill(&mut self) {
        if let Some(&next) = self.rest.first_chunk::<8>() {
            let next = u64::from_be_bytes(next);
            if !has_marker_byte(next) {
                let whole = (63 - self.available) / 8;
                self.window |= next >> self.available;
                self.available += whole * 8;
                self.rest = &self.rest[whole as usize..];
                return;
            }
        }
        *self = self.refilled_by_byte();
    }

    /// By value, so that no reference keeps the bits of the caller's loop out of registers.
    #[cold]
    #[inline(never)]
    fn refilled_by_byte(mut self) -> Self {
        while self.available < REFILLED {
            let byte = match *self.rest {
                [0xff, 0x00, ref rest @ ..] => {
                    self.rest = rest;
                    0xff
                }
                // Any number may stand before the byte that tells stuffing from a marker.
                [0xff, 0xff, ..] => {
                    self.rest = &self.rest[1..];
                    continue;
                }
                [0xff, ..] | [] => {
                    self.made_up += 8;
                    0
                }
                [byte, ref rest @ ..] => {
                    self.rest = rest;
                    byte
                }
            };
            self.window |= u64::from(byte) << (56 - self.available);
            self.available += 8;
        }
        self
    }

    /// The next 16 bits; they stay.
    #[inline]
    pub(crate) fn ahead(&self) -> u16 {
        let [first, second, ..] = self.window.to_be_bytes();
        u16::from_be_bytes([first, second])
    }

    /// Takes a code and the bits of magnitude that follow it.
    #[inline]
    pub(crate) fn skip(&mut self, code: Code) {
        self.window <<= code.bits;
        self.available -= u32::from(code.bits);
    }

    /// Takes a code for a difference, and the difference (F.2.2.1: RECEIVE and EXTEND).
    #[inline]
    pub(crate) fn difference(&mut self, code: Code) -> i32 {
        let size = code.step;
        // The bits that follow the code, in the low half: there are at most 15 of them.
        let [.., high, low] = (self.window << (code.bits - size) >> 1 >> (63 - size)).to_be_bytes();
        let value = i32::from(u16::from_be_bytes([high, low]));
        self.skip(code);
        // A first bit of 0 stands for a negative difference.
        if value < (1 << size) / 2 { value + 1 - (1 << size) } else { value }
    }

    /// Takes a number of so many bits, at most 15, that is negative if its first bit is 0 (F.2.2.1).
    pub(crate) fn signed(&mut self, size: u8) -> i32 {
        self.difference(Code { bits: size, step: size })
    }

    /// Takes a number of so many bits, at most 15.
    pub(crate) fn unsigned(&mut self, size: u8) -> u16 {
        let [.., high, low] = (self.window >> 1 >> (63 - size)).to_be_bytes();
        self.skip(Code { bits: size, step: 0 });
        u16::from_be_bytes([high, low])
    }

    /// Takes a bit.
    #[inline]
    pub(crate) fn bit(&mut self) -> bool {
        let is_set = self.window >> 63 == 1;
        self.skip(Code { bits: 1, step: 0 });
        is_set
    }

    /// Whether more has been taken than there was.
    #[inline]
    pub(crate) const fn is_overdrawn(&self) -> bool {
        self.available < self.made_up
    }

    /// What has not been read yet. No marker is before it.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

/// Whether one of the bytes is 0xFF.
#[inline]
const fn has_marker_byte(bytes: u64) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // A byte of zeros is the only one that borrows without having its highest bit set.
    let inverted = !bytes;
    inverted.wrapping_sub(LOW) & bytes & HIGH != 0
}
