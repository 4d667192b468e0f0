//! The blocks of a GIF, up to its first frame.

use crate::canvas::Place;
use crate::decode::gif::NOTHING;
use crate::shrink::Size;
use crate::source::Source;

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const GRAPHIC_CONTROL: u8 = 0xf9;

/// What holds for all frames.
pub(super) struct Screen<'a> {
    size: Size,
    palette: &'a [[u8; 3]],
}

impl Screen<'_> {
    /// The size of the picture: some have no canvas at all, and on some the first frame has no room.
    pub(super) fn canvas(&self, frame: &FirstFrame<'_>) -> Size {
        let Place { left, top, size } = frame.place;
        Size {
            width: self.size.width.max(left + size.width),
            height: self.size.height.max(top + size.height),
        }
    }
}

/// Where a frame is, and what of it is seen.
pub(super) struct FirstFrame<'a> {
    pub(super) place: Place,
    interlaced: bool,
    palette: &'a [[u8; 3]],
    see_through: Option<u8>,
    /// How many bits an index has; `None` if the file ends before that.
    pub(super) code_size: Option<u8>,
    blocks: &'a [u8],
}

impl<'a> FirstFrame<'a> {
    /// Its packed data, block by block, as far as they are there.
    pub(super) fn data(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.blocks;
        std::iter::from_fn(move || sub_block(&mut rest))
    }

    /// The place in the file of the row that is seen at `y` when this many rows are there: where the row of its own pass is
    /// missing, that of an earlier pass.
    pub(super) fn seen_row(&self, y: u32, rows: usize) -> u32 {
        let own = self.stored_row(y);
        if !self.interlaced || (own as usize) < rows {
            return own;
        }
        let earlier = [y & !1, y & !3, y & !7].map(|y| self.stored_row(y));
        earlier.into_iter().find(|&row| (row as usize) < rows).unwrap_or(own)
    }

    /// The place in the file of the row that belongs to `y`.
    fn stored_row(&self, y: u32) -> u32 {
        let height = self.place.size.height;
        if !self.interlaced {
            return y;
        }
        let [first, second, third] =
            [height.div_ceil(8), height.saturating_sub(4).div_ceil(8), height.saturating_sub(2).div_ceil(4)];
        match y % 8 {
            0 => y / 8,
            4 => first + y / 8,
            2 | 6 => first + second + y / 4,
            _ => first + second + third + y / 2,
        }
    }

    /// The colour of each index; one without a colour is black.
    pub(super) fn colours(&self, screen: &Screen<'_>) -> [[u8; 4]; 256] {
        let palette = if self.palette.is_empty() { screen.palette } else { self.palette };
        let mut colours = [[0, 0, 0, u8::MAX]; 256];
        for (colour, &[red, green, blue]) in colours.iter_mut().zip(palette) {
            *colour = [red, green, blue, u8::MAX];
        }
        if let Some(index) = self.see_through {
            colours[usize::from(index)] = NOTHING;
        }
        colours
    }
}

/// Reads up to the data of the first frame; `None` if there is none.
pub(super) fn read(source: &Source) -> Option<(Screen<'_>, FirstFrame<'_>)> {
    let mut rest = source.bytes().get(6..)?;
    let &[width, width_high, height, height_high, flags, _background, _aspect] = take(&mut rest)?;
    let size = Size {
        width: u16::from_le_bytes([width, width_high]).into(),
        height: u16::from_le_bytes([height, height_high]).into(),
    };
    let screen = Screen { size, palette: palette(&mut rest, flags)? };
    let (mut see_through, mut empty) = (None, None);
    while let Some(kind) = take(&mut rest) {
        match kind {
            // The end of a block that was no block.
            [0] => {}
            [EXTENSION] => extension(&mut rest, &mut see_through),
            [IMAGE] => {
                let Some(frame) = frame(&mut rest, see_through) else { break };
                if frame.place.size.pixels() > 0 {
                    return Some((screen, frame));
                }
                // A frame without pixels shows nothing: the next one is looked for.
                while sub_block(&mut rest).is_some() {}
                see_through = None;
                empty = empty.or(Some(frame));
            }
            _ => break,
        }
    }
    empty.map(|frame| (screen, frame))
}

/// Skips an extension. One that controls the next frame tells the index that is see-through, if there is one.
fn extension(rest: &mut &[u8], see_through: &mut Option<u8>) {
    let label = take(rest).map_or(0, |&[label]| label);
    let Some(first) = sub_block(rest) else { return };
    while sub_block(rest).is_some() {}
    if let (GRAPHIC_CONTROL, &[flags, _, _, index, ..]) = (label, first) {
        *see_through = (flags & 1 == 1).then_some(index);
    }
}

fn frame<'a>(rest: &mut &'a [u8], see_through: Option<u8>) -> Option<FirstFrame<'a>> {
    let &[left, left_high, top, top_high, width, width_high, height, height_high, flags] = take(rest)?;
    let number = |low, high| u32::from(u16::from_le_bytes([low, high]));
    let place = Place {
        left: number(left, left_high),
        top: number(top, top_high),
        size: Size { width: number(width, width_high), height: number(height, height_high) },
    };
    let palette = palette(rest, flags)?;
    let code_size = take(rest).map(|&[size]| size);
    Some(FirstFrame { place, interlaced: flags & 0x40 != 0, palette, see_through, code_size, blocks: rest })
}

/// The palette that the flags announce, of no colours where they announce none; `None` if the file ends in it.
fn palette<'a>(rest: &mut &'a [u8], flags: u8) -> Option<&'a [[u8; 3]]> {
    let bytes = if flags & 0x80 == 0 { 0 } else { 3 * (2 << (flags & 7)) };
    let (palette, after) = rest.split_at_checked(bytes)?;
    *rest = after;
    Some(palette.as_chunks().0)
}

/// The next sub-block, or what is there of it; `None` after the last one.
fn sub_block<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let &[length] = take(rest)?;
    if length == 0 {
        return None;
    }
    let (block, after) = rest.split_at(rest.len().min(length.into()));
    *rest = after;
    Some(block)
}

fn take<'a, const COUNT: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; COUNT]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(taken)
}
