//! WebP files for tests, and as seeds for fuzzing.

use crate::libwebp;

/// Bytes of a file before the data of its only chunk: those of RIFF, and the chunk's name and length.
const HEADERS: usize = 20;

/// A lossy file of rows of red, green and blue, written by libwebp; `None` where there are no pixels, or not so many.
#[must_use]
pub fn lossy(pixels: &[u8], width: u32, height: u32) -> Option<Vec<u8>> {
    libwebp::encode(pixels, width, height, false)
}

/// The same of rows of red, green, blue and alpha. The file has a chunk of alpha if any of it is not opaque.
#[must_use]
pub fn lossy_with_alpha(pixels: &[u8], width: u32, height: u32) -> Option<Vec<u8>> {
    libwebp::encode(pixels, width, height, true)
}

/// The frame in a file that has nothing but it, as [`lossy`] writes them.
#[must_use]
pub fn frame_of(file: &[u8]) -> Option<&[u8]> {
    let length = file.get(HEADERS - 4..HEADERS)?.as_array().map(|&length| u32::from_le_bytes(length))?;
    file.get(HEADERS..)?.get(..usize::try_from(length).ok()?)
}

/// The key frame of a picture that is grey all over: five bytes for each block of 16 × 16 pixels, all of them zero. Each
/// bit of them is read as "no change" or "nothing follows".
///
/// # Panics
///
/// With more blocks than its first part can tell of, which are 523,263.
#[must_use]
pub fn grey(width: u16, height: u16) -> Vec<u8> {
    let blocks = usize::from(width.div_ceil(16)) * usize::from(height.div_ceil(16));
    // How each block is predicted is in the first part, what is added to it in the second.
    let (modes, coefficients) = (blocks + 1024, blocks * 4 + 1024);
    assert!(modes < 1 << 19, "the length of the first part has 19 bits");
    // A key frame of profile 0 that is shown.
    let [first, second, third, ..] = ((modes << 5) | 0b1_0000).to_le_bytes();
    let mut frame = vec![first, second, third, 0x9d, 0x01, 0x2a];
    frame.extend([width, height].map(u16::to_le_bytes).concat());
    frame.resize(frame.len() + modes + coefficients, 0);
    frame
}
