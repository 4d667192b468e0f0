//! PNG: kinds of pixels, chunks that are missing, broken or out of order, data that end too early.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::RgbImage;

use super::{Case, Likeness, drawing};

const SIZE: (u32, u32) = (160, 120);

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&kind);
    hasher.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, kind.as_slice(), data, &hasher.finalize().to_be_bytes()].concat()
}

fn deflated(rows: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(rows).unwrap();
    encoder.finish().unwrap()
}

fn header(size: (u32, u32), depth: u8, colour: u8, interlaced: bool) -> Vec<u8> {
    let numbers = [size.0.to_be_bytes(), size.1.to_be_bytes()].concat();
    chunk(*b"IHDR", &[&numbers[..], &[depth, colour, 0, 0, u8::from(interlaced)]].concat())
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunks.concat()].concat()
}

/// A row of pixels, packed; without a filter.
fn row(picture: &RgbImage, y: u32, xs: impl Iterator<Item = u32>, depth: u8, colour: u8) -> Vec<u8> {
    let mut row = vec![0];
    let (mut held, mut count) = (0_u32, 0);
    for x in xs {
        let [red, green, blue] = picture.get_pixel(x, y).0;
        let alpha = u8::try_from(x * 255 / picture.width()).unwrap();
        let samples = match colour {
            0 | 3 => vec![red],
            2 => vec![red, green, blue],
            4 => vec![red, alpha],
            _ => vec![red, green, blue, alpha],
        };
        for sample in samples {
            if depth == 16 {
                row.extend([sample, 0x5a]);
                continue;
            }
            held = held << depth | u32::from(sample >> (8 - depth));
            count += depth;
            if count == 8 {
                row.push(u8::try_from(held & 0xff).unwrap());
                count = 0;
            }
        }
    }
    if count > 0 {
        row.push(u8::try_from((held << (8 - count)) & 0xff).unwrap());
    }
    row
}

fn rows(picture: &RgbImage, depth: u8, colour: u8, interlaced: bool) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let passes: &[(u32, u32, usize, usize)] = if interlaced {
        &[(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    } else {
        &[(0, 0, 1, 1)]
    };
    let mut all = Vec::new();
    for &(left, top, across, down) in passes.iter().filter(|pass| pass.0 < width && pass.1 < height) {
        for y in (top..height).step_by(down) {
            all.extend(row(picture, y, (left..width).step_by(across), depth, colour));
        }
    }
    all
}

/// Colours for indices of this many bits.
fn palette(depth: u8) -> Vec<u8> {
    (0..1_u32 << depth)
        .flat_map(|index| {
            let value = u8::try_from(index * 255 / ((1 << depth) - 1)).unwrap();
            [value, 255 - value, value.wrapping_mul(3)]
        })
        .collect()
}

/// The chunks of a picture: its header, perhaps a palette, its data, its end.
fn chunks(size: (u32, u32), depth: u8, colour: u8, interlaced: bool) -> Vec<Vec<u8>> {
    let picture = drawing(size.0, size.1);
    let mut chunks = vec![header(size, depth, colour, interlaced)];
    if colour == 3 {
        chunks.push(chunk(*b"PLTE", &palette(depth)));
    }
    chunks.push(chunk(*b"IDAT", &deflated(&rows(&picture, depth, colour, interlaced))));
    chunks.push(chunk(*b"IEND", &[]));
    chunks
}

const KINDS: [(u8, u8); 15] = [
    (1, 0),
    (2, 0),
    (4, 0),
    (8, 0),
    (16, 0),
    (8, 2),
    (16, 2),
    (1, 3),
    (2, 3),
    (4, 3),
    (8, 3),
    (8, 4),
    (16, 4),
    (8, 6),
    (16, 6),
];

/// Every kind of pixel, also interlaced, also with a colour that is see-through.
fn kinds() -> Vec<(String, Vec<u8>)> {
    let mut cases = Vec::new();
    for (depth, colour) in KINDS {
        for interlaced in [false, true] {
            let mut chunks = chunks(SIZE, depth, colour, interlaced);
            let name = format!(
                "colour type {colour} of {depth} bits{}",
                if interlaced { ", interlaced" } else { "" }
            );
            cases.push((name.clone(), file(&chunks)));
            let clear: &[u8] = match (colour, depth) {
                (0, 16) => &[80, 0x5a],
                (0, _) => &[0, 1],
                (2, _) => &[0, 80, 0, 80, 0, 80],
                (3, _) => &[0, 120],
                _ => continue,
            };
            let at = chunks.len() - 2;
            chunks.insert(at, chunk(*b"tRNS", clear));
            cases.push((format!("{name}, tRNS"), file(&chunks)));
        }
    }
    cases
}

fn cut() -> Vec<(String, Vec<u8>)> {
    let mut cases = Vec::new();
    for (depth, colour, interlaced) in
        [(8, 2, false), (8, 2, true), (8, 6, false), (8, 6, true), (8, 3, false), (1, 0, false)]
    {
        let whole = file(&chunks(SIZE, depth, colour, interlaced));
        let kind = format!("colour type {colour}{}", if interlaced { ", interlaced" } else { "" });
        for percent in [2, 5, 10, 25, 50, 75, 90, 99] {
            cases
                .push((format!("{kind}, cut at {percent} %"), whole[..whole.len() * percent / 100].to_vec()));
        }
        for (end, bytes) in [("IEND", 12), ("the CRC of IDAT", 16), ("the Adler-32", 20), ("half of IEND", 6)]
        {
            cases.push((format!("{kind}, without {end}"), whole[..whole.len() - bytes].to_vec()));
        }
        for percent in [20, 50, 80] {
            let (mut broken, at) = (whole.clone(), whole.len() * percent / 100);
            broken[at..at + 4].fill(0xff);
            cases.push((format!("{kind}, broken at {percent} %"), broken));
        }
        // Data that end within the file.
        let mut early = chunks(SIZE, depth, colour, interlaced);
        let at = early.len() - 2;
        let data = early[at][8..early[at].len() - 4].to_vec();
        early[at] = chunk(*b"IDAT", &data[..data.len() / 2]);
        cases.push((format!("{kind}, half of its data"), file(&early)));
    }
    cases
}

fn structure() -> Vec<(String, Vec<u8>)> {
    let [head, data, end]: [Vec<u8>; 3] = chunks(SIZE, 8, 2, false).try_into().unwrap();
    let packed = data[8..data.len() - 4].to_vec();
    let wrong_crc = |chunk: &[u8]| {
        let mut chunk = chunk.to_vec();
        *chunk.last_mut().unwrap() ^= 0xff;
        chunk
    };
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, chunks: &[&[u8]]| {
        cases.push((name.to_owned(), file(&chunks.iter().map(|chunk| chunk.to_vec()).collect::<Vec<_>>())));
    };
    add("a wrong CRC of IHDR", &[&wrong_crc(&head), &data, &end]);
    add("a wrong CRC of IDAT", &[&head, &wrong_crc(&data), &end]);
    add("a wrong CRC of IEND", &[&head, &data, &wrong_crc(&end)]);
    let pieces: Vec<Vec<u8>> = packed.chunks(5000).map(|piece| chunk(*b"IDAT", piece)).collect();
    add("several IDAT", &[&head, &pieces.concat(), &end]);
    let mut one_wrong = pieces.clone();
    one_wrong[1] = wrong_crc(&one_wrong[1]);
    add("a wrong CRC of the second IDAT", &[&head, &one_wrong.concat(), &end]);
    let empty = chunk(*b"IDAT", &[]);
    add("an empty IDAT", &[&head, &empty, &data, &empty, &end]);
    let mut wrong_sum = packed.clone();
    *wrong_sum.last_mut().unwrap() ^= 0xff;
    add("a wrong Adler-32", &[&head, &chunk(*b"IDAT", &wrong_sum), &end]);
    add("bytes after the data", &[&head, &chunk(*b"IDAT", &[packed.as_slice(), &[1; 50]].concat()), &end]);
    add("bytes after the end", &[&head, &data, &end, b"trailing bytes"]);
    for (name, body) in [
        (b"tEXt", b"Comment\0at home".as_slice()),
        (b"pHYs", &[0, 0, 0, 1, 0, 0, 0, 1, 7]),
        (b"pHYs", &[1]),
        (b"gAMA", &[0, 0, 0]),
        (b"sBIT", &[9, 9, 9]),
        (b"zzZz", b"unknown"),
        (b"eXIf", b"no EXIF"),
        (b"iCCP", b"name\0\0no profile"),
        (b"bKGD", &[0, 1]),
        (b"tRNS", &[0]),
        (b"PLTE", &[1, 2, 3]),
        (b"hIST", &[0; 5]),
        (b"tIME", &[0; 3]),
    ] {
        let text = String::from_utf8_lossy(name).into_owned();
        add(&format!("{text} of {}", body.len()), &[&head, &chunk(*name, body), &data, &end]);
        add(
            &format!("{text} of {}, wrong CRC", body.len()),
            &[&head, &wrong_crc(&chunk(*name, body)), &data, &end],
        );
        add(&format!("{text} of {} after IDAT", body.len()), &[&head, &data, &chunk(*name, body), &end]);
    }
    add("an unknown critical chunk", &[&head, &chunk(*b"ZZZZ", &[1]), &data, &end]);
    add("an unknown critical chunk at the end", &[&head, &data, &chunk(*b"ZZZZ", &[1]), &end]);
    add("two headers", &[&head, &head, &data, &end]);
    add("no header", &[&data, &end]);
    add("a chunk before the header", &[&chunk(*b"tEXt", b"a\0b"), &head, &data, &end]);
    add("CgBI", &[&chunk(*b"CgBI", &[0x50, 0, 0x20, 2]), &head, &data, &end]);
    add("IDAT apart", &[&head, &pieces[0], &chunk(*b"tEXt", b"a\0b"), &pieces[1..].concat(), &end]);
    add("nothing but the header", &[&head, &end]);
    let [head, palette, data, end]: [Vec<u8>; 4] = chunks(SIZE, 8, 3, false).try_into().unwrap();
    add("no palette", &[&head, &data, &end]);
    add("a palette after the data", &[&head, &data, &palette, &end]);
    add("two palettes", &[&head, &palette, &palette, &data, &end]);
    add("tRNS before the palette", &[&head, &chunk(*b"tRNS", &[0; 9]), &palette, &data, &end]);
    cases
}

/// Animations: the default image is their first frame, or none of their frames.
fn animations() -> Vec<(String, Vec<u8>)> {
    let [head, data, end]: [Vec<u8>; 3] = chunks(SIZE, 8, 2, false).try_into().unwrap();
    let control = |number: u32, size: (u32, u32), place: (u32, u32)| {
        let numbers = [number, size.0, size.1, place.0, place.1].map(u32::to_be_bytes).concat();
        chunk(*b"fcTL", &[&numbers[..], &[0, 10, 0, 100, 0, 0]].concat())
    };
    let frame = |number: u32, size: (u32, u32)| {
        let packed = deflated(&rows(&drawing(size.0, size.1), 8, 2, false));
        chunk(*b"fdAT", &[&number.to_be_bytes()[..], &packed].concat())
    };
    let animation = |frames: u32| chunk(*b"acTL", &[frames.to_be_bytes(), [0; 4]].concat());
    let small = (80, 60);
    vec![
        (
            "an animation".to_owned(),
            file(&[
                head.clone(),
                animation(2),
                control(0, SIZE, (0, 0)),
                data.clone(),
                control(1, small, (10, 10)),
                frame(2, small),
                end.clone(),
            ]),
        ),
        (
            "an animation without its default image".to_owned(),
            file(&[
                head.clone(),
                animation(1),
                data.clone(),
                control(0, SIZE, (0, 0)),
                frame(1, SIZE),
                end.clone(),
            ]),
        ),
        (
            "an animation of no frames".to_owned(),
            file(&[head.clone(), animation(0), data.clone(), end.clone()]),
        ),
        (
            "an animation without frames".to_owned(),
            file(&[head.clone(), animation(2), control(0, SIZE, (0, 0)), data.clone(), end.clone()]),
        ),
        ("a frame without an animation".to_owned(), file(&[head, control(0, SIZE, (0, 0)), data, end])),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    let case = |(name, file)| Case {
        name: format!("PNG, {name}"),
        content_type: "image/png",
        file,
        likeness: Likeness::Same,
    };
    [kinds(), cut(), structure(), animations()].into_iter().flatten().map(case).collect()
}
