//! CCITT Group 3 and 4 (ITU-T T.4 and T.6), and their runs without anything around them.
//!
//! The tables of the codes are those of the `fax` crate, which puts rows together for Group 4 alone.

use fax::BitReader;
use fax::maps::{Mode, black, mode, white};

use fm_domain::thumbnails::RenderThumbnail;

use crate::decode::tiff::layout::Packing;
use crate::request::{Request, undecodable};
use crate::source::Source;

/// Zeros of the code that ends a row; no other code begins with as many.
const END_OF_LINE_ZEROS: u8 = 11;

/// A slice, bit by bit; zeros follow it.
struct Bits<'a> {
    data: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    const fn has_ended(&self) -> bool {
        self.position >= self.data.len() * 8
    }
}

impl BitReader for Bits<'_> {
    type Error = ();

    fn peek(&self, bits: u8) -> Option<u16> {
        let byte = |offset: usize| self.data.get(self.position / 8 + offset).copied().unwrap_or(0);
        let ahead = u32::from_be_bytes([byte(0), byte(1), byte(2), 0]) << (self.position % 8);
        u16::try_from(ahead >> 16).ok()?.checked_shr(16_u32.checked_sub(bits.into())?).or(Some(0))
    }

    fn consume(&mut self, bits: u8) -> Result<(), ()> {
        self.position += usize::from(bits);
        if self.position > self.data.len() * 8 { Err(()) } else { Ok(()) }
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        u8::try_from(self.position.next_multiple_of(8) - self.position).unwrap_or(0)
    }
}

/// Unpacks rows of this width; a bit is 1 where it is black. The account pays for the lists of changes, not for the rows.
pub(super) fn unpack(
    data: &Source,
    packing: Packing,
    width: u32,
    rows: u32,
    request: &mut Request,
) -> Result<Vec<u8>, RenderThumbnail> {
    let bits = Bits { data: data.bytes(), position: 0 };
    let (current, reference) = (changes(width, request)?, changes(width, request)?);
    let mut page = Page { bits, width, current, reference };
    let row_bytes = width.div_ceil(8) as usize;
    let mut packed = Vec::with_capacity(row_bytes * rows as usize);
    for _ in 0..rows {
        data.deadline().check()?;
        let is_there = match packing {
            Packing::Group4 => page.two_dimensional(),
            Packing::Group3 { two_dimensional } => page.group_3(two_dimensional),
            Packing::Runs { word } => {
                page.align(if word { 16 } else { 8 });
                page.one_dimensional()
            }
            _ => None,
        };
        let is_there = is_there.ok_or_else(|| undecodable("one of its fax codes is none"))?;
        let start = packed.len();
        packed.resize(start + row_bytes, 0);
        // The rest of a document that ends early is white.
        if is_there {
            draw(&page.current, width, &mut packed[start..]);
        } else {
            packed.resize(row_bytes * rows as usize, 0);
            break;
        }
    }
    Ok(packed)
}

/// Room for the changes of a row: one for each pixel at most, and two at its ends.
fn changes(width: u32, request: &mut Request) -> Result<Vec<u32>, RenderThumbnail> {
    let mut list = request.list(0, Some(u64::from(width) + 2))?;
    list.clear();
    Ok(list)
}

/// Rows one after another, as the places where the colour changes: to black first.
struct Page<'a> {
    bits: Bits<'a>,
    width: u32,
    current: Vec<u32>,
    reference: Vec<u32>,
}

impl Page<'_> {
    fn skip(&mut self, bits: u8) -> Option<()> {
        self.bits.consume(bits).ok()
    }

    /// Goes to the next multiple of this many bits.
    fn align(&mut self, bits: usize) {
        self.bits.position = self.bits.position.next_multiple_of(bits);
    }

    /// Adds a change of the row; there is one for each pixel at most, and one before the first.
    fn push(&mut self, at: u32) -> Option<()> {
        self.current.push(at);
        (self.current.len() <= self.width as usize + 1).then_some(())
    }

    /// The length of a run: codes of whole sixty-fourths, and one of the rest.
    fn run(&mut self, is_black: bool) -> Option<u32> {
        let mut length = 0;
        loop {
            let code = if is_black { black::decode(&mut self.bits) } else { white::decode(&mut self.bits) };
            let code = u32::from(code?);
            length += code;
            if code < 64 || length > self.width {
                return Some(length);
            }
        }
    }

    /// A row of runs.
    fn one_dimensional(&mut self) -> Option<bool> {
        let (mut at, mut is_black) = (0, false);
        self.current.clear();
        while at < self.width {
            at += self.run(is_black)?;
            self.push(at.min(self.width))?;
            is_black = !is_black;
        }
        Some(true)
    }

    /// A row of Group 3; false after the last one.
    fn group_3(&mut self, two_dimensional: bool) -> Option<bool> {
        std::mem::swap(&mut self.current, &mut self.reference);
        let mut ends = 0;
        if self.bits.has_ended() {
            return Some(false);
        }
        while self.bits.peek(END_OF_LINE_ZEROS)? == 0 {
            // More zeros may fill the row up before its end.
            while self.bits.peek(1)? == 0 {
                if self.bits.has_ended() {
                    return Some(false);
                }
                self.skip(1)?;
            }
            self.skip(1)?;
            ends += 1;
            if two_dimensional {
                let is_one_dimensional = self.bits.peek(1)? == 1;
                self.skip(1)?;
                if !is_one_dimensional {
                    return self.changes();
                }
            }
            if ends == 2 {
                return Some(false);
            }
        }
        self.one_dimensional()
    }

    /// A row of Group 4; false after the last one.
    fn two_dimensional(&mut self) -> Option<bool> {
        std::mem::swap(&mut self.current, &mut self.reference);
        self.changes()
    }

    /// A row as what differs from the one before.
    fn changes(&mut self) -> Option<bool> {
        let (mut at, mut is_black) = (0, false);
        let mut is_first = true;
        self.current.clear();
        while at < self.width {
            let (next, after) = self.reference_changes(at, is_black, is_first);
            match mode::decode(&mut self.bits)? {
                Mode::Pass => at = after,
                Mode::Vertical(shift) => {
                    at = next.checked_add_signed(shift.into()).filter(|&to| to >= at)?.min(self.width);
                    self.push(at)?;
                    is_black = !is_black;
                }
                Mode::Horizontal => {
                    for is_black in [is_black, !is_black] {
                        at = (at + self.run(is_black)?).min(self.width);
                        self.push(at)?;
                    }
                }
                Mode::EOF => return Some(false),
                Mode::Extension => return None,
            }
            is_first = false;
        }
        Some(true)
    }

    /// The next change of the row before to the other colour, and the one after that.
    fn reference_changes(&self, at: u32, is_black: bool, is_first: bool) -> (u32, u32) {
        let is_after = |&change: &u32| change > at || (is_first && change == 0);
        let mut index = self.reference.partition_point(|change| !is_after(change));
        // Changes to black have even numbers.
        if (index % 2 == 0) == is_black {
            index += 1;
        }
        let change = |index: usize| self.reference.get(index).copied().unwrap_or(self.width);
        (change(index), change(index + 1))
    }
}

/// Sets the bits of the black runs.
fn draw(changes: &[u32], width: u32, row: &mut [u8]) {
    for run in changes.chunks(2) {
        let (from, to) = (run[0], run.get(1).copied().unwrap_or(width));
        for x in from..to {
            row[x as usize / 8] |= 0x80 >> (x % 8);
        }
    }
}
