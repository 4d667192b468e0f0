//! AC coefficients (ITU-T T.81, F.2.2.2 and G.1.2.2 to G.1.2.3).

use crate::bits::Bits;
use crate::huffman::{BLOCK, Table};
use crate::plane::Layout;
use crate::scan::LONGEST_CODE;

/// Takes a symbol: how many zeros there are before a coefficient, and how many bits it has.
fn symbol(bits: &mut Bits<'_>, table: &Table) -> (u8, u8) {
    if bits.available() < LONGEST_CODE {
        bits.refill();
    }
    let code = table.code(bits);
    bits.skip(code);
    (code.step >> 4, code.step & 15)
}

/// Takes a bit.
fn bit(bits: &mut Bits<'_>) -> bool {
    if bits.available() == 0 {
        bits.refill();
    }
    bits.bit()
}

/// Takes a coefficient of so many bits, of which these low ones are missing.
fn coefficient(bits: &mut Bits<'_>, size: u8, low: u8) -> i16 {
    i16::try_from(bits.signed(size)).unwrap_or_default() << low
}

/// Decodes the AC coefficients of a block of a sequential picture.
pub(crate) fn sequential(bits: &mut Bits<'_>, table: &Table, layout: Layout, block: &mut [i16]) {
    let mut number = 1;
    while number < usize::from(BLOCK) {
        match symbol(bits, table) {
            (15, 0) => number += 16,
            (_, 0) => return,
            (zeros, size) => {
                number += usize::from(zeros);
                let value = coefficient(bits, size, 0);
                if let Some(place) = layout.place(number) {
                    block[place] = value;
                }
                number += 1;
            }
        }
    }
}

/// A scan of a band of AC coefficients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Band {
    first: usize,
    last: usize,
    /// How many low bits the scan leaves out; in a refinement, the bit that it brings.
    low: u8,
    /// In how many blocks from here on the band has nothing new (G.1.2.2: EOBRUN).
    ended: u32,
}

impl Band {
    pub(crate) fn new((first, last): (u8, u8), low: u8) -> Self {
        Self { first: first.into(), last: last.into(), low, ended: 0 }
    }

    /// Begins afresh after a restart.
    pub(crate) const fn restart(&mut self) {
        self.ended = 0;
    }

    /// Takes how many blocks end here, this one included.
    fn end(bits: &mut Bits<'_>, size: u8) -> u32 {
        (1 << size) + u32::from(bits.unsigned(size))
    }

    /// Decodes the band of a block for the first time (G.1.2.2).
    pub(crate) fn first(&mut self, bits: &mut Bits<'_>, table: &Table, layout: Layout, block: &mut [i16]) {
        if self.ended > 0 {
            self.ended -= 1;
            return;
        }
        let mut number = self.first;
        while number <= self.last {
            match symbol(bits, table) {
                (15, 0) => number += 16,
                (size, 0) => {
                    self.ended = Self::end(bits, size) - 1;
                    return;
                }
                (zeros, size) => {
                    number += usize::from(zeros);
                    let value = coefficient(bits, size, self.low);
                    if let Some(place) = layout.place(number) {
                        block[place] = value;
                    }
                    number += 1;
                }
            }
        }
    }

    /// Decodes another bit of the band of a block (G.1.2.3).
    pub(crate) fn refine(&mut self, bits: &mut Bits<'_>, table: &Table, layout: Layout, block: &mut [i16]) {
        let mut number = self.first;
        while self.ended == 0 && number <= self.last {
            let (zeros, size) = symbol(bits, table);
            let mut new = 0;
            if size > 0 {
                new = if bits.bit() { 1 << self.low } else { -1 << self.low };
            } else if zeros < 15 {
                self.ended = Self::end(bits, zeros);
                break;
            }
            number = self.correct(bits, layout, block, number, Some(zeros));
            if new != 0
                && let Some(place) = layout.place(number)
            {
                block[place] = new;
            }
            number += 1;
        }
        if self.ended > 0 {
            self.correct(bits, layout, block, number, None);
            self.ended -= 1;
        }
    }

    /// Corrects the coefficients that are not zero, up to the one after so many zeros or to the end of the band; returns
    /// the number of that one.
    fn correct(
        self,
        bits: &mut Bits<'_>,
        layout: Layout,
        block: &mut [i16],
        from: usize,
        mut zeros: Option<u8>,
    ) -> usize {
        for number in from..=self.last {
            let Some(coefficient) = layout.place(number).and_then(|place| block.get_mut(place)) else {
                continue;
            };
            if *coefficient == 0 {
                match &mut zeros {
                    Some(0) => return number,
                    Some(zeros) => *zeros -= 1,
                    None => {}
                }
            } else if bit(bits) && *coefficient & 1 << self.low == 0 {
                *coefficient = coefficient.wrapping_add(coefficient.signum() << self.low);
            }
        }
        self.last + 1
    }
}
