#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

use super::{DecodeError, KeyFrame};
use crate::testing::{frame_of, grey, lossy, lossy_with_alpha};

fn read(data: &[u8]) -> Result<(u32, u32), DecodeError> {
    KeyFrame::read(data).map(|frame| (frame.width(), frame.height()))
}

#[test]
fn the_size_is_read_off_the_first_bytes() {
    assert_eq!(read(&grey(300, 200)), Ok((300, 200)));
    assert_eq!(read(&grey(300, 200)[..10]), Ok((300, 200)));
    assert_eq!(read(&grey(16_383, 1)), Ok((16_383, 1)));
    // What a player is to do with it, in the two bits above a side, is nothing to us.
    let mut scaled = grey(300, 200);
    scaled[7] |= 0b1100_0000;
    assert_eq!(read(&scaled), Ok((300, 200)));
}

#[test]
fn nothing_but_a_key_frame_that_is_shown_gets_to_libwebp() {
    let frame = grey(30, 20);
    for length in 0..10 {
        assert_eq!(read(&frame[..length]), Err(DecodeError::Unsupported), "{length} bytes");
    }
    for (at, mask) in [(0, 0b1), (0, 0b1_0000), (3, 0xff), (4, 0xff), (5, 0xff)] {
        let mut other = frame.clone();
        other[at] ^= mask;
        assert_eq!(read(&other), Err(DecodeError::Unsupported), "{mask:08b} in byte {at}");
    }
    let (opaque, veiled) = (lossy(&[90; 30], 5, 2).unwrap(), lossy_with_alpha(&[90; 40], 5, 2).unwrap());
    assert_eq!(read(frame_of(&opaque).unwrap()), Ok((5, 2)));
    // Files, chunks with their headers, alpha, lossless data.
    let alpha = b"ALPH\0\0\0\0VP8 ";
    let lossless = b"\x2f\x04\x40\0\0\0\0\0\0\0\0";
    for data in [&opaque[..], &veiled[..], &opaque[12..], &veiled[12..], &alpha[..], &lossless[..]] {
        assert_eq!(read(data), Err(DecodeError::Unsupported), "{:?}", &data[..4]);
    }
}

#[test]
fn a_size_that_is_not_possible_is_refused() {
    let data = grey(30, 20);
    let frame = KeyFrame::read(&data).unwrap();
    for (width, height, length) in
        [(0, 20, 0), (30, 0, 0), (31, 20, 1860), (30, 21, 1890), (30, 20, 1799), (30, 20, 1801), (15, 10, 0)]
    {
        assert_eq!(
            frame.decode(width, height, &mut vec![0; length]),
            Err(DecodeError::Size),
            "{width} × {height}"
        );
    }
    assert_eq!(frame.decode(30, 20, &mut [0; 1800]), Ok(()));
    assert_eq!(frame.decode(30, 1, &mut [0; 90]), Ok(()));
}

#[test]
fn sums_that_would_wrap_are_refused() {
    let data = grey(16_383, 8_000);
    let frame = KeyFrame::read(&data).unwrap();
    // 255 × 16,383 × 1,029 is the first above 32 bits: 1,028 rows, and the one that is shared.
    assert!(frame.has_room_for_sums(8) && !frame.has_room_for_sums(7));
    assert_eq!(frame.decode(1, 7, &mut [0; 21]), Err(DecodeError::Size));
    // Never at the proportions of a thumbnail.
    assert!(frame.has_room_for_sums(256 * 8_000 / 16_383));
}

#[test]
fn a_picture_without_a_side_is_never_decoded() {
    let mut data = grey(30, 20);
    data[6] = 0;
    let frame = KeyFrame::read(&data).unwrap();
    assert_eq!((frame.width(), frame.decode(0, 20, &mut [])), (0, Err(DecodeError::Size)));
}
