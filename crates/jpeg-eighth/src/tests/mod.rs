//! Tests of the decoder at 1/8, beside the general decoder.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod agreement;
mod codes;
mod hostile;

use std::time::{Duration, Instant};

use jpeg_decoder::{ColorTransform, Decoder};

use crate::size::Size;
use crate::{DecodeError, Eighth, Limits, decode};

/// What the pictures of the tests may allocate.
const MAX_ALLOC: u64 = 1024 * 1024;

fn limits(max_alloc: u64, time: Duration) -> Limits {
    Limits { max_alloc, deadline: Some(Instant::now() + time) }
}

/// What our own decoder says; nothing where it leaves the picture to the general decoder.
fn own(file: &[u8]) -> Result<Option<Eighth>, DecodeError> {
    match decode(file, limits(MAX_ALLOC, Duration::from_mins(1))) {
        Err(DecodeError::Unsupported) => Ok(None),
        other => other.map(Some),
    }
}

/// The picture at 1/8 as the general decoder decodes it; without conversion of colours, as far as there are any.
fn general(file: &[u8], convert: bool) -> Option<(Size, Vec<u8>)> {
    let mut decoder = Decoder::new(file);
    if !convert {
        decoder.set_color_transform(ColorTransform::RGB);
    }
    let (width, height) = decoder.scale(1, 1).ok()?;
    let pixels = decoder.decode().ok()?;
    Some((Size { width: width.into(), height: height.into() }, pixels))
}

/// The picture as [`Eighth`] gives it, its colours converted.
fn pixels(eighth: &Eighth) -> (Size, Vec<u8>) {
    let mut pixels = Vec::new();
    let mut rows = eighth.rows();
    while let Some(row) = rows.next_row() {
        pixels.extend_from_slice(row);
    }
    eighth.to_rgb(&mut pixels);
    let size = size(eighth);
    assert_eq!(pixels.len() as u64, size.area() * 3);
    (size, pixels)
}

fn size(eighth: &Eighth) -> Size {
    Size { width: eighth.width(), height: eighth.height() }
}

/// How far the two are apart at most.
fn difference(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap()
}
