//! Huffman codes (ITU-T T.81, Annex C and F.2.2.3), made for skipping.

use crate::bits::Bits;

/// How many bits the table of short codes is looked up with.
const LOOKAHEAD: u32 = 10;

/// The longest code.
const LONGEST: u32 = 16;

/// How many bits show that they are no code.
const INVALID: u8 = 17;

/// How many coefficients a block has.
pub(crate) const BLOCK: u8 = 64;

/// A step that ends the block, wherever one stands in it.
pub(crate) const END_OF_BLOCK: u8 = 2 * BLOCK;

/// What a code stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Code {
    /// How many bits it has with the bits of magnitude that are skipped with it: 1 to 31.
    pub(crate) bits: u8,
    /// DC: how many bits of magnitude these are. AC: how many coefficients are done with. Symbols: the symbol.
    pub(crate) step: u8,
}

/// What the symbols of a table are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Differences between DC coefficients.
    Dc,
    /// AC coefficients of a sequential picture with the zeros before them, to be skipped.
    Ac,
    /// AC coefficients that are not skipped: their bits of magnitude are not counted.
    Symbols,
}

impl Class {
    /// The symbol's bits of magnitude, and its step; `None` for a difference of more bits than there can be.
    const fn meaning(self, symbol: u8) -> Option<(u8, u8)> {
        match (self, symbol >> 4, symbol & 15) {
            // Table F.1, and the larger ones of other precisions.
            (Self::Dc, 0, size) => Some((size, size)),
            (Self::Dc, _, _) => None,
            // F.1.2.2.1 and Table F.2.
            (Self::Ac, 15, 0) => Some((0, 16)),
            (Self::Ac, _, 0) => Some((0, END_OF_BLOCK)),
            (Self::Ac, zeros, size) => Some((size, zeros + 1)),
            (Self::Symbols, _, _) => Some((0, symbol)),
        }
    }
}

/// A table as it is in the file (B.2.4.2).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Specification<'a> {
    /// How many codes there are of each length from 1 on.
    pub(crate) counts: &'a [u8; 16],
    /// Their symbols, from the shortest code to the longest.
    pub(crate) symbols: &'a [u8],
}

/// Codes and what they stand for.
pub(crate) struct Table {
    /// By the next [`LOOKAHEAD`] bits; of no bits where the code is longer.
    short: Box<[Code; 1 << LOOKAHEAD]>,
    /// The longer codes in their order, each with the first 16 bits that come after it.
    long: Vec<(u32, Code)>,
    /// Stands for bits that are no code: as many as show that, and the symbol 0.
    invalid: Code,
}

impl Table {
    /// `None` if there are more codes than there can be, or one without a meaning.
    pub(crate) fn new(specification: Specification<'_>, class: Class) -> Option<Self> {
        let (_, step) = class.meaning(0)?;
        let invalid = Code { bits: INVALID, step };
        let mut table =
            Self { short: Box::new([Code::default(); 1 << LOOKAHEAD]), long: Vec::new(), invalid };
        let mut symbols = specification.symbols.iter();
        // Codes are consecutive numbers (C.2): here as 16 bits, the code at the top of them.
        let mut next = 0_u32;
        for (length, &count) in (1..=LONGEST).zip(specification.counts) {
            for &symbol in symbols.by_ref().take(count.into()) {
                let (magnitude, step) = class.meaning(symbol)?;
                let code = Code { bits: u8::try_from(length).ok()? + magnitude, step };
                let after = next + (1 << (LONGEST - length));
                if after > 1 << LONGEST {
                    return None;
                }
                if length <= LOOKAHEAD {
                    let places = |bits: u32| (bits >> (LONGEST - LOOKAHEAD)) as usize;
                    table.short[places(next)..places(after)].fill(code);
                } else {
                    table.long.push((after, code));
                }
                next = after;
            }
        }
        Some(table)
    }

    /// The code that comes next; it stays. Bits that are no code stand for the symbol 0, as in libjpeg.
    #[inline]
    pub(crate) fn code(&self, bits: &Bits<'_>) -> Code {
        let ahead = bits.ahead();
        match self.short[usize::from(ahead >> (LONGEST - LOOKAHEAD))] {
            Code { bits: 0, .. } => self.long_code(ahead).unwrap_or(self.invalid),
            code => code,
        }
    }

    #[cold]
    fn long_code(&self, ahead: u16) -> Option<Code> {
        let place = self.long.partition_point(|&(after, _)| after <= u32::from(ahead));
        self.long.get(place).map(|&(_, code)| code)
    }
}
