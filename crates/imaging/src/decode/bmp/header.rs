//! The headers of a BMP: of OS/2 and of Windows.

use crate::shrink::Size;

/// Bytes of the header of the file, before that of the bitmap.
const FILE_HEADER: usize = 14;

/// The most pixels of a side, as Chromium has it.
const MAX_SIDE: u32 = (1 << 16) - 1;

/// The shortest header with a field for the mask of alpha.
const WITH_ALPHA_MASK: u32 = 56;

/// The shortest header whose masks count for pixels without them, too.
const VERSION_4: u32 = 108;

/// How pixels are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    /// Runs of pixels of this kind.
    Runs(Run),
}

/// What a pixel of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// An index of four bits.
    Four,
    /// An index of eight bits.
    Eight,
    /// Blue, green and red.
    Colour,
}

pub(super) struct Header<'a> {
    pub(super) size: Size,
    pub(super) is_top_down: bool,
    pub(super) bits: u16,
    pub(super) compression: Compression,
    /// Where red, green, blue and alpha are in a pixel of 16, 24 or 32 bits.
    pub(super) masks: [u32; 4],
    /// The colours of pixels of up to 8 bits.
    pub(super) palette: Vec<[u8; 3]>,
    pub(super) data: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads the headers; `None` if they are cut off, wrong, or of a kind that Chromium doesn't show either: JPEG, PNG or
    /// Huffman codes instead of pixels.
    pub(super) fn read(file: &'a [u8]) -> Option<Self> {
        let data_offset = usize::try_from(long(file, 10)?).ok()?;
        let info = file.get(FILE_HEADER..)?;
        let length = long(info, 0)?;
        let is_core = length == 12;
        let is_windows = matches!(length, 40 | 52 | 56 | 108 | 124);
        if !is_core && !is_windows && !(16..=64).contains(&length) {
            return None;
        }
        let (width, height, bits) = if is_core {
            (i64::from(short(info, 4)?), i64::from(short(info, 6)?), short(info, 10)?)
        } else {
            let side = |at| long(info, at).map(|side| i64::from(side.cast_signed()));
            (side(4)?, side(8)?, short(info, 14)?)
        };
        // Headers of OS/2 may end after any field: what is missing is zero.
        let field = |at: usize| {
            if at + 4 <= usize::try_from(length).unwrap_or(usize::MAX) { long(info, at) } else { Some(0) }
        };
        let (compression, colours) = if is_core { (0, 0) } else { (field(16)?, field(32)?) };
        let is_top_down = height < 0;
        let size =
            Size { width: u32::try_from(width).ok()?, height: u32::try_from(height.unsigned_abs()).ok()? };
        if size.width > MAX_SIDE || size.height > MAX_SIDE {
            return None;
        }

        let header_end = usize::try_from(length).ok()?;
        let (mut end, mut masks) = (header_end, standard_masks(bits));
        let compression = match (compression, bits) {
            (0, 16 | 24 | 32) if length >= VERSION_4 => {
                masks[3] = long(info, 52)?;
                Compression::None
            }
            (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) => Compression::None,
            (1, 8) => Compression::Runs(Run::Eight),
            (2, 4) => Compression::Runs(Run::Four),
            // In a header of Windows, this number is that of JPEG.
            (4, 24) if !is_windows => Compression::Runs(Run::Colour),
            (3 | 6, 16 | 32) if is_windows => {
                // A header without room for masks is followed by them, and by that of alpha in compression 6.
                let has_alpha = length >= WITH_ALPHA_MASK || (compression == 6 && length == 40);
                let count = if has_alpha { 4 } else { 3 };
                for (place, mask) in masks.iter_mut().take(count).enumerate() {
                    *mask = long(info, 40 + place * 4)?;
                }
                if length == 40 {
                    end += count * 4;
                }
                Compression::None
            }
            _ => return None,
        };
        let palette = if bits <= 8 {
            palette(info, &mut end, bits, colours, if is_core { 3 } else { 4 })
        } else {
            Vec::new()
        };
        // A palette may end early, where the pixels begin. An offset into the header is none.
        let data_offset = if data_offset < FILE_HEADER + header_end {
            FILE_HEADER + end.min(info.len())
        } else {
            data_offset
        };
        let data = file.get(data_offset..).unwrap_or_default();
        Some(Self { size, is_top_down, bits, compression, masks, palette, data })
    }
}

impl Header<'_> {
    /// How many bytes a row of pixels takes, with what fills it up.
    pub(super) fn stride(&self) -> usize {
        (self.size.width as usize * usize::from(self.bits)).div_ceil(32) * 4
    }
}

/// Five bits a colour in 16 bits, else eight.
const fn standard_masks(bits: u16) -> [u32; 4] {
    if bits == 16 { [0x7c00, 0x3e0, 0x1f, 0] } else { [0xff_0000, 0xff00, 0xff, 0] }
}

/// The palette at `end`, which becomes its own end. Colours that are missing are black.
fn palette(info: &[u8], end: &mut usize, bits: u16, colours: u32, bytes: usize) -> Vec<[u8; 3]> {
    let most = 1_usize << bits;
    let count = usize::try_from(colours).ok().filter(|count| (1..=most).contains(count)).unwrap_or(most);
    let entries = info.get(*end..).unwrap_or_default();
    *end += count * bytes;
    let mut palette: Vec<[u8; 3]> = entries
        .chunks_exact(bytes)
        .take(count)
        .filter_map(|entry| entry.first_chunk::<3>())
        .map(|&[blue, green, red]| [red, green, blue])
        .collect();
    palette.resize(most, [0; 3]);
    palette
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|&bytes| u16::from_le_bytes(bytes))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|&bytes| u32::from_le_bytes(bytes))
}
