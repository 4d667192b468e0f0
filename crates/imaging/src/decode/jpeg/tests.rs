//! From the file to the picture, whichever decoder it takes.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::time::Duration;

use fm_domain::thumbnails::{RenderBudget, ThumbnailSpec};
use fm_jpeg_eighth::testing::{Order, Writer, colour, grey, segment};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{Rgb, RgbImage};

use crate::decode::jpeg;
use crate::picture::Picture;
use crate::request::Request;
use crate::shrink::Size;
use crate::source::{Deadline, Source};

/// Large enough to be decoded at 1/8, even on its side, and odd in every way.
const SIZE: (u16, u16) = (1117, 1029);

const REQUEST: Request = Request { spec: ThumbnailSpec::STANDARD, budget: RenderBudget::STANDARD };

fn picture(file: Vec<u8>) -> Picture {
    let deadline = Deadline::after(Duration::from_mins(1));
    jpeg::decode(&Source::new(file.into(), deadline), REQUEST).unwrap()
}

/// How far the two are apart at most.
fn difference(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap()
}

/// Grey quarters of 200, 120, 60 and 20; colours are none.
fn quarters(component: usize, x: u32, y: u32) -> u8 {
    let grey = [[200, 120], [60, 20]][usize::from(y >= 512)][usize::from(x >= 512)];
    if component == 0 { grey } else { 128 }
}

/// The colours in the middles of the quarters.
fn seen(picture: &Picture) -> [[u8; 3]; 4] {
    let Size { width, height } = picture.shrunk.size;
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let at = ((height * y / 4 * width + width * x / 4) * 3) as usize;
        picture.shrunk.pixels[at..at + 3].try_into().unwrap()
    })
}

fn assert_greys(picture: &Picture, greys: [u8; 4], what: &str) {
    for (seen, grey) in seen(picture).iter().zip(greys) {
        assert!(difference(seen, &[grey; 3]) <= 2, "{what}: {seen:?} where {grey} should be");
    }
}

#[test]
fn every_kind_gives_the_same_picture() {
    let (width, height) = SIZE;
    let flat = |writer: Writer| Writer { noise: 0, sample: quarters, ..writer };
    let kinds = [
        ("grey", flat(grey(width, height))),
        ("4:4:4", flat(colour(width, height, 1, 1))),
        ("4:2:2", flat(colour(width, height, 2, 1))),
        ("4:2:0", flat(colour(width, height, 2, 2))),
        ("restarts", Writer { restart_interval: 11, ..flat(colour(width, height, 2, 2)) }),
        ("apart", Writer { order: Order::Apart, ..flat(colour(width, height, 2, 2)) }),
        ("refined", Writer { order: Order::Refined, ..flat(colour(width, height, 2, 2)) }),
        ("progressive", Writer { order: Order::Progressive, ..flat(colour(width, height, 2, 2)) }),
    ];
    for (kind, writer) in kinds {
        let picture = picture(writer.write());
        assert_eq!(picture.orientation, Orientation::NoTransforms);
        assert_eq!(picture.shrunk.to, Size { width: 64, height: 59 }, "{kind}");
        assert_greys(&picture, [200, 120, 60, 20], kind);
    }
}

#[test]
fn inks_are_left_to_the_general_decoder() {
    let (width, height) = SIZE;
    let components = (1..5).map(|id| (id, 1, 1)).collect();
    // As Adobe's programs write them, inks are inverted: no black, and as much light as the samples say.
    let sample = |component, x, y| if component == 3 { 255 } else { quarters(0, x, y) };
    let segments = segment(0xee, b"Adobe\0\x64\0\0\0\0\0");
    let cmyk = Writer { components, noise: 0, sample, segments, ..grey(width, height) };
    assert_greys(&picture(cmyk.write()), [200, 120, 60, 20], "CMYK");
}

#[test]
fn a_picture_is_the_average_of_its_pixels() {
    // By another encoder, with colours, and edges inside the blocks.
    let original = RgbImage::from_fn(1280, 640, |x, y| {
        let edge = if (x / 37 + y / 23) % 3 == 0 { 60 } else { 0 };
        let sample = |value: u32| u8::try_from(value + edge).unwrap();
        Rgb([sample(x * 150 / 1280), sample(40 + y * 100 / 640), sample(170 - x / 10)])
    });
    let mut file = Vec::new();
    original.write_with_encoder(JpegEncoder::new_with_quality(&mut file, 95)).unwrap();
    let shrunk = picture(file).shrunk;
    // 1/8 is 160 × 80, and that is less than twice what 64 pixels across need.
    assert_eq!(shrunk.size, Size { width: 160, height: 80 });
    for (at, pixel) in shrunk.pixels.as_chunks::<3>().0.iter().enumerate() {
        let (left, top) = (u32::try_from(at % 160).unwrap() * 8, u32::try_from(at / 160).unwrap() * 8);
        let mut sums = [0; 3];
        for (x, y) in (top..top + 8).flat_map(|y| (left..left + 8).map(move |x| (x, y))) {
            let Rgb(colours) = *original.get_pixel(x, y);
            sums.iter_mut().zip(colours).for_each(|(sum, colour)| *sum += u32::from(colour));
        }
        let average = sums.map(|sum| u8::try_from((sum + 32) / 64).unwrap());
        assert!(difference(pixel, &average) <= 4, "{left}, {top}: {pixel:?} and {average:?}");
    }
}

#[test]
fn a_large_picture_is_turned_as_its_exif_data_say() {
    let (width, height) = SIZE;
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let writer =
        Writer { noise: 0, sample: quarters, segments: segment(0xe1, exif), ..colour(width, height, 2, 2) };
    let picture = picture(writer.write());
    assert_eq!(picture.orientation, Orientation::Rotate90);
    assert_eq!(picture.shrunk.to, Size { width: 69, height: 64 });
    assert_greys(&picture, [200, 120, 60, 20], "before it is turned");
}

#[test]
fn a_picture_that_is_too_small_for_1_8_is_decoded_larger() {
    let small = Writer { sample: quarters, noise: 0, ..colour(500, 300, 1, 1) };
    let shrunk = picture(small.write()).shrunk;
    assert!(shrunk.size.width >= 128, "{:?}", shrunk.size);
}
