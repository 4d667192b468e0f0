#![expect(clippy::unwrap_used, reason = "a test may")]

use fm_domain::previews::{PictureFormat, PreviewSize};
use fm_domain::thumbnails::{RenderSpec, Rendered};
use image::metadata::Orientation;

use super::{PNG_ALLOWANCE, finish};
use crate::picture::Picture;
use crate::shrink::{Channels, Shrunk, Size};

const SIDE: u32 = 1_024;

/// A picture of noise, which no PNG makes smaller.
fn noise(is_opaque: bool) -> Picture {
    let mut state = 0x9E37_79B9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    let mut pixels: Vec<u8> = (0..SIDE * SIDE * 4).map(|_| next()).collect();
    if is_opaque {
        for pixel in pixels.as_chunks_mut::<4>().0 {
            pixel[3] = u8::MAX;
        }
    }
    let size = Size { width: SIDE, height: SIDE };
    let (channels, extent) = (Channels::Rgba, (f64::from(SIDE), f64::from(SIDE)));
    let shrunk = Shrunk { pixels, size, channels, premultiplied: false, extent, to: size };
    Picture { shrunk, orientation: Orientation::NoTransforms, profile: None }
}

fn preview(source_bytes: usize) -> Rendered {
    finish(noise(false), RenderSpec::preview(PreviewSize::Medium), source_bytes).unwrap()
}

#[test]
fn a_png_preview_that_is_larger_than_its_source_is_halved_until_it_is_not() {
    let whole = preview(usize::MAX);
    assert_eq!((whole.format, whole.width, whole.height), (PictureFormat::Png, SIDE, SIDE));
    assert!(preview(whole.bytes.len()) == whole, "it is no larger");
    let half = preview(whole.bytes.len() - 1);
    assert_eq!((half.width, half.height), (SIDE / 2, SIDE / 2));
    assert!(half.bytes.len() > PNG_ALLOWANCE && half.bytes.len() < whole.bytes.len());
    let small = preview(0);
    assert!(small.bytes.len() <= PNG_ALLOWANCE, "{} bytes", small.bytes.len());
    assert!(small.width >= 128 && small.width < SIDE / 2 && small.width == small.height, "{}", small.width);
    let decoded = image::load_from_memory(&small.bytes).unwrap();
    assert_eq!((decoded.width(), decoded.height()), (small.width, small.height));
}

#[test]
fn thumbnails_and_jpegs_are_not_halved() {
    let thumbnail = RenderSpec::Thumbnail { width: SIDE, max_height: SIDE };
    let rendered = finish(noise(false), thumbnail, 0).unwrap();
    assert_eq!((rendered.format, rendered.width), (PictureFormat::Png, SIDE));
    assert!(rendered.bytes.len() > PNG_ALLOWANCE);
    let rendered = finish(noise(true), RenderSpec::preview(PreviewSize::Medium), 0).unwrap();
    assert_eq!((rendered.format, rendered.width), (PictureFormat::Jpeg, SIDE));
    assert!(rendered.bytes.len() > PNG_ALLOWANCE);
}
