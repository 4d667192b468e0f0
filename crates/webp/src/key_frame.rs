//! A key frame: what its first bytes say, and what decoding it takes.

#[cfg(test)]
mod tests;

use crate::libwebp;

/// Bytes of a pixel: red, green, blue.
pub const CHANNELS: usize = 3;

/// Tells a frame that builds upon another.
const IS_INTER_FRAME: u8 = 0b1;

/// Tells a frame that is to be seen.
const IS_SHOWN: u8 = 0b1_0000;

/// The bits of a side; the two above tell how a player scales the picture, which nothing minds.
const SIDE: u16 = 0x3fff;

/// What libwebp allocates for each 16 columns of a picture: a row of macroblocks with its coefficients, what the next one is
/// predicted from, and the rows that wait for the filter.
const BYTES_PER_16_COLUMNS: u64 = 2048;

/// The same for each column of what it makes of them: for each colour two rows of sums, of four bytes each, and one of samples. That
/// is 27, and is rounded up.
const BYTES_PER_COLUMN_OUT: u64 = 32;

/// The decoder itself, whatever the size.
const FIXED_BYTES: u64 = 16 * 1024;

/// A picture of lossy WebP without alpha: the data of the chunk `VP8 ` (RFC 9649, section 2.5), which are a key frame of VP8
/// (RFC 6386).
#[derive(Clone, Copy)]
pub struct KeyFrame<'a> {
    data: &'a [u8],
    width: u32,
    height: u32,
}

impl<'a> KeyFrame<'a> {
    /// Reads the size off the data of a chunk. Nothing is decoded.
    pub fn read(data: &'a [u8]) -> Result<Self, DecodeError> {
        // RFC 6386, section 9.1. The start code also tells the frame from everything else that libwebp would read: a
        // container, lossless data, alpha.
        let &[tag, _, _, 0x9d, 0x01, 0x2a, width_low, width_high, height_low, height_high, ..] = data else {
            return Err(DecodeError::Unsupported);
        };
        if tag & IS_INTER_FRAME != 0 || tag & IS_SHOWN == 0 {
            return Err(DecodeError::Unsupported);
        }
        let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & SIDE);
        Ok(Self { data, width: side(width_low, width_high), height: side(height_low, height_high) })
    }

    /// In pixels; 16,383 at most, and 0 is possible.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// In pixels; 16,383 at most, and 0 is possible.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// How many bytes decoding to this width allocates at most, beside the pixels.
    #[must_use]
    pub const fn working_memory(&self, width: u32) -> u64 {
        self.width.div_ceil(16) as u64 * BYTES_PER_16_COLUMNS
            + width as u64 * BYTES_PER_COLUMN_OUT
            + FIXED_BYTES
    }

    /// Decodes the picture to this size, which may be smaller than its own: each pixel is then the mean of those that it
    /// stands for. These must not be too many: [`DecodeError::Size`] above 1,000 rows or so of the widest picture. The buffer
    /// takes [`CHANNELS`] bytes for each pixel, row by row, and holds anything after an error.
    pub fn decode(&self, width: u32, height: u32, pixels: &mut [u8]) -> Result<(), DecodeError> {
        let is_possible = (1..=self.width).contains(&width) && (1..=self.height).contains(&height);
        if !is_possible
            || !self.has_room_for_sums(height)
            || pixels.len() != width as usize * height as usize * CHANNELS
        {
            return Err(DecodeError::Size);
        }
        let is_scaled = (width, height) != (self.width, self.height);
        libwebp::decode(self.data, (width, height), is_scaled, pixels)
    }

    /// Whether the sums of libwebp, which have 32 bits, hold all samples that a row of this height is made of: the rows that it
    /// stands for, one of which it shares, with all of their columns.
    const fn has_room_for_sums(&self, height: u32) -> bool {
        let rows = self.height.div_ceil(height) as u64 + 1;
        rows * self.width as u64 * u8::MAX as u64 <= u32::MAX as u64
    }
}

/// Why a picture was not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is none that is decoded here: no key frame of VP8, or one that is not to be seen.
    #[error("it is no key frame of lossy WebP")]
    Unsupported,
    /// It is broken, or ends too early.
    #[error("it is broken or ends too early")]
    Broken,
    /// The machine has no memory left for it.
    #[error("there is no memory for it")]
    OutOfMemory,
    /// The caller asked for a size of none, for more than the picture has or for a pixel of too many, or gave a buffer of another
    /// length.
    #[error("the size that was asked for is not possible, or the buffer has another")]
    Size,
}
