//! Tests of the decoder at 1/8, beside the general decoder.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod agreement;
mod broken;
mod codes;
mod hostile;
mod icc;
mod kinds;

use std::time::{Duration, Instant};

use jpeg_decoder::{ColorTransform, Decoder};

use crate::size::Size;
use crate::{DecodeError, Jpeg, Limits, Picture, Scale};

/// What the pictures of the tests may allocate.
const MAX_ALLOC: u64 = 1024 * 1024;

fn limits(max_alloc: u64, time: Duration) -> Limits {
    Limits { max_alloc, deadline: Some(Instant::now() + time) }
}

fn decode(file: &[u8], scale: Scale) -> Result<Picture, DecodeError> {
    Jpeg::read(file)?.decode(scale, limits(MAX_ALLOC, Duration::from_mins(1)))
}

/// The picture as the general decoder decodes it; without conversion of colours, as far as there are any.
fn general(file: &[u8], scale: Scale, convert: bool) -> Option<(Size, Vec<u8>)> {
    let mut decoder = Decoder::new(file);
    if !convert {
        decoder.set_color_transform(ColorTransform::RGB);
    }
    decoder.read_info().ok()?;
    let info = decoder.info()?;
    let side = |pixels: u16| u16::try_from(scale.of(pixels.into())).unwrap();
    let (width, height) = decoder.scale(side(info.width), side(info.height)).ok()?;
    let pixels = decoder.decode().ok()?;
    Some((Size { width: width.into(), height: height.into() }, pixels))
}

/// The rows that the picture has, its colours converted.
fn rows(picture: &Picture) -> Vec<u8> {
    let mut pixels = Vec::new();
    let mut rows = picture.rows();
    while let Some(row) = rows.next_row() {
        pixels.extend_from_slice(row);
    }
    picture.to_rgb(&mut pixels);
    pixels
}

/// The picture as [`Picture`] gives it with all of its rows, its colours converted.
fn pixels(picture: &Picture) -> (Size, Vec<u8>) {
    let (size, pixels) = (size(picture), rows(picture));
    assert_eq!(pixels.len() as u64, size.area() * 3);
    (size, pixels)
}

fn size(picture: &Picture) -> Size {
    Size { width: picture.width(), height: picture.height() }
}

/// How far the two are apart at most.
fn difference(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap()
}

/// Where all markers of this code are.
fn markers(file: &[u8], code: u8) -> Vec<usize> {
    let windows = file.windows(2).enumerate();
    windows.filter(|(_, window)| window == &[0xff, code]).map(|(at, _)| at).collect()
}

/// Where the first marker of this code is.
fn marker(file: &[u8], code: u8) -> usize {
    markers(file, code)[0]
}
