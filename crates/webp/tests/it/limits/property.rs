//! What every frame is held to, by the tests beside this file and by the fuzz target.

use fm_webp::{CHANNELS, DecodeError, KeyFrame};

/// A frame that says that it has more is left to the caller, who reads its size first.
const MAX_PIXELS: u32 = 1_000_000;

/// Bytes before and after the pixels, which must not change.
const GUARD: usize = 1024;

/// What the guards are filled with.
const UNTOUCHED: u8 = 0xa5;

/// Decodes the frame to its own size, to that of a thumbnail, and to sizes that are odd, and fails if anything beside the
/// pixels is written to, or if they are not decoded alike. Returns what is said of the thumbnail.
pub(crate) fn check(data: &[u8]) -> Result<(), DecodeError> {
    let frame = KeyFrame::read(data)?;
    let (width, height) = (frame.width(), frame.height());
    if width * height > MAX_PIXELS {
        return Ok(());
    }
    let thumbnail = decode(&frame, width.min(128), height.min(96));
    for (width, height) in [(width, height), (1, 1), (width.min(7), height), (width, height.div_ceil(3))] {
        assert_eq!(decode(&frame, width, height), thumbnail, "at {width} × {height}");
    }
    thumbnail
}

fn decode(frame: &KeyFrame<'_>, width: u32, height: u32) -> Result<(), DecodeError> {
    let length = width as usize * height as usize * CHANNELS;
    let mut buffer = vec![UNTOUCHED; GUARD + length + GUARD];
    let answer = frame.decode(width, height, &mut buffer[GUARD..GUARD + length]);
    let mut guards = buffer[..GUARD].iter().chain(&buffer[GUARD + length..]);
    assert!(guards.all(|&byte| byte == UNTOUCHED), "at {width} × {height}");
    answer
}
