//! WebP: headers that promise what is not there, animations, data that end too early.

use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, RgbaImage};

use super::{Case, Likeness, drawing};

const SIZE: (u32, u32) = (160, 120);

const ANIMATED: u8 = 0b10;
const XMP: u8 = 0b100;
const EXIF: u8 = 0b1000;
const ALPHA: u8 = 0b1_0000;
const ICC: u8 = 0b10_0000;

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    [kind.as_slice(), &length, data, &vec![0; data.len() % 2]].concat()
}

fn file(chunks: &[&[u8]]) -> Vec<u8> {
    chunk(*b"RIFF", &[b"WEBP", chunks.concat().as_slice()].concat())
}

/// The chunk of a picture, with alpha or without.
fn lossless((width, height): (u32, u32), alpha: bool) -> Vec<u8> {
    let picture = drawing(width, height);
    let mut file = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut file);
    if alpha {
        let mut picture: RgbaImage = image::DynamicImage::from(picture).into_rgba8();
        for (x, _y, pixel) in picture.enumerate_pixels_mut() {
            pixel.0[3] = u8::try_from(x * 255 / width).unwrap();
        }
        encoder.encode(&picture, width, height, ExtendedColorType::Rgba8).unwrap();
    } else {
        encoder.encode(&picture, width, height, ExtendedColorType::Rgb8).unwrap();
    }
    file[12..].to_vec()
}

/// The chunk of a lossy picture.
fn lossy((width, height): (u32, u32)) -> Vec<u8> {
    fm_webp::testing::lossy(&drawing(width, height), width, height).unwrap()[12..].to_vec()
}

fn three(number: u32) -> [u8; 3] {
    number.to_le_bytes()[..3].try_into().unwrap()
}

fn extended(flags: u8, size: (u32, u32)) -> Vec<u8> {
    chunk(*b"VP8X", &[&[flags, 0, 0, 0][..], &three(size.0 - 1), &three(size.1 - 1)].concat())
}

fn frame(place: (u32, u32), size: (u32, u32), alpha: bool) -> Vec<u8> {
    let head = [place.0 / 2, place.1 / 2, size.0 - 1, size.1 - 1, 100].map(three).concat();
    chunk(*b"ANMF", &[&head, &[0][..], &lossless(size, alpha)].concat())
}

pub(super) fn cases() -> Vec<Case> {
    let opaque = lossless(SIZE, false);
    let clear = lossless(SIZE, true);
    let lossy = lossy(SIZE);
    let animation = chunk(*b"ANIM", &[0; 6]);
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, file: Vec<u8>| cases.push((name.to_owned(), file));
    add("plain", file(&[&opaque]));
    add("plain with alpha", file(&[&clear]));
    add("plain and lossy", file(&[&lossy]));
    for (kind, image) in [("opaque", &opaque), ("with alpha", &clear), ("lossy", &lossy)] {
        for (name, flags) in [
            ("nothing", 0),
            ("alpha", ALPHA),
            ("EXIF", EXIF),
            ("XMP", XMP),
            ("ICC", ICC),
            ("alpha, EXIF, XMP and ICC", ALPHA | EXIF | XMP | ICC),
        ] {
            // Chromium takes the colours of such pixels for multiplied already, and draws them too bright.
            if kind == "with alpha" && flags & ALPHA == 0 {
                continue;
            }
            add(&format!("{kind}, a header that promises {name}"), file(&[&extended(flags, SIZE), image]));
        }
        let exif = chunk(*b"EXIF", b"no EXIF");
        add(&format!("{kind}, EXIF without a promise"), file(&[&extended(ALPHA, SIZE), image, &exif]));
        add(
            &format!("{kind}, EXIF before the picture"),
            file(&[&extended(EXIF | ALPHA, SIZE), &exif, image]),
        );
        add(
            &format!("{kind}, an unknown chunk"),
            file(&[&extended(ALPHA, SIZE), &chunk(*b"ABCD", b"abc"), image]),
        );
        add(&format!("{kind}, an unknown chunk after the picture"), file(&[image, &chunk(*b"ABCD", b"abc")]));
        // To a lossy picture it would belong.
        if kind != "lossy" {
            add(
                &format!("{kind}, an alpha chunk too many"),
                file(&[&extended(ALPHA, SIZE), &chunk(*b"ALPH", &[0; 9]), image]),
            );
        }
        add(&format!("{kind}, another canvas"), file(&[&extended(ALPHA, (200, 200)), image]));
    }
    let whole = file(&[&opaque]);
    for (kind, image) in [("lossless", &opaque), ("lossy", &lossy)] {
        for percent in [5, 30, 60, 90, 99] {
            let whole = file(&[image]);
            add(&format!("{kind}, cut at {percent} %"), whole[..whole.len() * percent / 100].to_vec());
            let long = file(&[&extended(EXIF, SIZE), image]);
            add(
                &format!("{kind}, extended, cut at {percent} %"),
                long[..long.len() * percent / 100].to_vec(),
            );
        }
    }
    add("bytes after the end", [whole.as_slice(), b"trailing bytes"].concat());
    for length in [0, 4, 1000, u32::MAX - 9] {
        let mut wrong = whole.clone();
        wrong[4..8].copy_from_slice(&length.to_le_bytes());
        add(&format!("a length of {length}"), wrong);
    }
    let small = (80, 60);
    let flags = ANIMATED | ALPHA;
    for alpha in [false, true] {
        let (first, second) = (frame((0, 0), SIZE, alpha), frame((0, 0), small, alpha));
        add(&format!("an animation, {alpha}"), file(&[&extended(flags, SIZE), &animation, &first, &second]));
        let placed = frame((40, 30), small, alpha);
        add(&format!("a small frame, {alpha}"), file(&[&extended(flags, SIZE), &animation, &placed, &first]));
        add(&format!("no animation chunk, {alpha}"), file(&[&extended(flags, SIZE), &first, &second]));
        let promised = extended(flags | EXIF | XMP, SIZE);
        add(
            &format!("an animation that promises EXIF, {alpha}"),
            file(&[&promised, &animation, &first, &second]),
        );
        let outside = frame((120, 90), small, alpha);
        add(
            &format!("a frame beside the canvas, {alpha}"),
            file(&[&extended(flags, SIZE), &animation, &outside]),
        );
        let cut = file(&[&extended(flags, SIZE), &animation, &first, &second]);
        add(&format!("an animation cut in its second frame, {alpha}"), cut[..cut.len() - 1000].to_vec());
    }
    let case = |(name, file)| Case {
        name: format!("WebP, {name}"),
        content_type: "image/webp",
        file,
        likeness: Likeness::Same,
    };
    cases.into_iter().map(case).collect()
}
