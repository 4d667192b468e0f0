//! From the file to the picture, at every scale.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::time::Duration;

use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail};
use fm_jpeg::testing::{Order, Writer, colour, grey, segment};
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

fn decode(file: Vec<u8>, budget: RenderBudget) -> Result<Picture, RenderThumbnail> {
    let deadline = Deadline::after(Duration::from_mins(1));
    let mut request = Request::new(RenderSpec::THUMBNAIL, budget);
    jpeg::decode(&Source::new(file.into(), deadline), &mut request, None)
}

fn picture(file: Vec<u8>) -> Picture {
    decode(file, RenderBudget::STANDARD).unwrap()
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
    let bytes = picture.shrunk.channels.count();
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let at = (height * y / 4 * width + width * x / 4) as usize * bytes;
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
fn inks_are_mixed() {
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

/// EXIF data that say nothing but an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let data = [b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation], &[0; 7]];
    segment(0xe1, &data.concat())
}

#[test]
fn a_large_picture_is_turned_as_its_exif_data_say() {
    let (width, height) = SIZE;
    let writer = Writer { noise: 0, sample: quarters, segments: exif(6), ..colour(width, height, 2, 2) };
    let picture = picture(writer.write());
    assert_eq!(picture.orientation, Orientation::Rotate90);
    assert_eq!(picture.shrunk.to, Size { width: 69, height: 64 });
    assert_greys(&picture, [200, 120, 60, 20], "before it is turned");
}

#[test]
fn the_first_exif_data_turn_a_picture_of_any_size() {
    let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>");
    let continued = segment(0xe1, b"Exif\0\0 more of the first");
    for (width, height) in [SIZE, (100, 80)] {
        let oriented = |segments: Vec<u8>| {
            picture(Writer { segments, ..colour(width, height, 2, 2) }.write()).orientation
        };
        assert_eq!(oriented([exif(3), exif(6)].concat()), Orientation::Rotate180);
        assert_eq!(
            oriented([xmp.clone(), exif(6), xmp.clone(), continued.clone()].concat()),
            Orientation::Rotate90
        );
        assert_eq!(
            oriented([xmp.clone(), segment(0xe1, b"Exif\0\0broken")].concat()),
            Orientation::NoTransforms
        );
    }
}

/// Sizes that are decoded at 1/8, 1/4, 1/2 and whole.
const SIZES: [(u16, u16); 4] = [(1200, 1000), (800, 600), (400, 300), (160, 120)];

#[test]
fn pictures_are_decoded_at_the_smallest_scale_that_is_enough() {
    for ((width, height), expected) in SIZES.into_iter().zip([150, 200, 200, 160]) {
        let file = Writer { sample: quarters, noise: 0, ..colour(width, height, 2, 2) }.write();
        let picture = picture(file);
        assert_eq!(picture.shrunk.size.width, expected, "{width} x {height}");
        assert_greys(&picture, [200, 120, 60, 20], &format!("{width} x {height}"));
    }
}

#[test]
fn a_picture_that_ends_early_is_shown_as_far_as_it_goes() {
    for (width, height) in SIZES {
        let shown = |percent| {
            let file = Writer { sample: quarters, noise: 0, ..colour(width, height, 2, 2) }.write();
            let scan = file.windows(2).position(|window| window == [0xff, 0xda]).unwrap();
            let length = scan + (file.len() - scan) * percent / 100;
            picture(file[..length].to_vec())
        };
        for percent in [60, 90, 98] {
            let picture = shown(percent);
            assert_eq!(seen(&picture)[..2], [[200; 3], [120; 3]], "{percent} % of {width} x {height}");
            // What is missing is see-through, as browsers leave it.
            assert_eq!(picture.shrunk.pixels.last(), Some(&0), "{percent} % of {width} x {height}");
        }
        let whole = Writer { sample: quarters, noise: 0, ..colour(width, height, 2, 2) }.write();
        assert_greys(&picture(whole[..whole.len() - 2].to_vec()), [200, 120, 60, 20], "without its end");
    }
}

#[test]
fn colours_of_a_picture_that_ends_early_are_right_at_its_edge() {
    let sample = |component, _, _| [200, 100, 50][component];
    let file = Writer { sample, noise: 0, ..colour(1200, 1000, 1, 1) }.write();
    let shrunk = picture(file[..file.len() / 2].to_vec()).shrunk;
    for &[red, green, blue, alpha] in shrunk.pixels.as_chunks::<4>().0 {
        // Multiplied by how opaque they are: 91, 255 and 150.
        let expected = [91, 255, 150].map(|colour| colour * u32::from(alpha) / 255);
        let seen = [red, green, blue].map(u32::from);
        assert!(
            seen.iter().zip(expected).all(|(seen, colour)| seen.abs_diff(colour) <= 2),
            "{seen:?}, {alpha}"
        );
    }
}

#[test]
fn a_picture_of_which_nothing_is_there_is_undecodable() {
    let file = colour(400, 300, 1, 1).write();
    let scan = file.windows(2).position(|window| window == [0xff, 0xda]).unwrap();
    for length in [2, scan / 2, scan, scan + 5, scan + 14] {
        let answer = decode(file[..length].to_vec(), RenderBudget::STANDARD);
        assert!(matches!(answer, Err(RenderThumbnail::Undecodable(_))), "{length}");
    }
}

#[test]
fn a_picture_that_leaves_its_codes_out_has_the_typical_ones() {
    // As frames of Motion JPEG do.
    let original = RgbImage::from_fn(200, 150, |x, y| {
        let sample = |value: u32| u8::try_from(value % 256).unwrap();
        Rgb([sample(x), sample(y), sample(x / 2 + y)])
    });
    let mut file = Vec::new();
    original.write_with_encoder(JpegEncoder::new_with_quality(&mut file, 90)).unwrap();
    let whole = picture(file.clone()).shrunk.pixels;
    let mut removed = 0;
    while let Some(at) = file.windows(2).position(|window| window == [0xff, 0xc4]) {
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        file.drain(at..at + 2 + length);
        removed += 1;
    }
    assert!(removed > 0);
    assert_eq!(picture(file).shrunk.pixels, whole);
}

#[test]
fn a_picture_is_decoded_smaller_where_memory_is_short() {
    let progressive =
        Writer { order: Order::Progressive, sample: quarters, noise: 0, ..colour(400, 300, 1, 1) };
    let file = progressive.write();
    let within = |max_alloc| {
        let budget = RenderBudget { max_alloc, ..RenderBudget::STANDARD };
        decode(file.clone(), budget)
    };
    // All coefficients of 50 × 38 blocks of three components, or one of each, and what averages the rows.
    assert_eq!(within(50 * 38 * 3 * 200).unwrap().shrunk.size.width, 200);
    let small = within(50 * 38 * 3 * 6).unwrap();
    assert_eq!(small.shrunk.size.width, 50);
    assert_greys(&small, [200, 120, 60, 20], "at 1/8");
    assert!(matches!(within(50 * 38 * 3 * 2), Err(RenderThumbnail::TooLarge)));
}
