//! JPEG: orders of markers, colour spaces, restarts, data that end too early.

use fm_jpeg::testing::{Order, Writer, colour, grey, segment};

use super::{Case, Likeness, TOLERANCE};

/// Large enough to be decoded at 1/8, and small enough not to be.
const SIZES: [(u16, u16); 2] = [(1117, 1029), (203, 151)];

/// Something else in every part of a picture.
fn sample(component: usize, x: u32, y: u32) -> u8 {
    let (column, row) = (x / 97, y / 83);
    let component = u32::try_from(component).unwrap();
    u8::try_from(60 + (column * (31 + component * 13) + row * (47 + component * 29)) % 140).unwrap()
}

fn jfif() -> Vec<u8> {
    segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
}

fn adobe(transform: u8) -> Vec<u8> {
    segment(0xee, &[b"Adobe\0\x64\0\0\0\0", &[transform][..]].concat())
}

fn writer(base: Writer) -> Writer {
    Writer { noise: 6, sample, ..base }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    for size in SIZES {
        let named = |name: &str| format!("{name}, {} × {}", size.0, size.1);
        for (name, base) in [
            ("grey", grey(size.0, size.1)),
            ("4:4:4", colour(size.0, size.1, 1, 1)),
            ("4:2:2", colour(size.0, size.1, 2, 1)),
            ("4:4:0", colour(size.0, size.1, 1, 2)),
            ("4:2:0", colour(size.0, size.1, 2, 2)),
        ] {
            for (order, order_name) in [
                (Order::Interleaved, "interleaved"),
                (Order::Apart, "apart"),
                (Order::Progressive, "progressive"),
                (Order::Refined, "refined"),
            ] {
                let whole = Writer {
                    order,
                    ..writer(Writer {
                        segments: base.segments.clone(),
                        components: base.components.clone(),
                        ..base
                    })
                };
                cases.push((named(&format!("{name}, {order_name}")), whole.write()));
            }
        }
        cases.extend(colour_spaces(size).into_iter().map(|(name, file)| (named(&name), file)));
        cases.extend(broken(size).into_iter().map(|(name, file)| (named(&name), file)));
    }
    let case = |(name, file): (String, Vec<u8>)| Case {
        likeness: likeness(&name),
        name: format!("JPEG, {name}"),
        content_type: "image/jpeg",
        file,
    };
    cases.into_iter().map(case).collect()
}

/// Chromium leaves out the last rows of a file that is cut off, and smooths the blocks of progressive ones.
fn likeness(name: &str) -> Likeness {
    match name.contains("cut at") || name.contains("no end") {
        false => Likeness::Same,
        true if name.starts_with("progressive") => Likeness::AsFarAsDrawn { tolerance: 40 },
        true => Likeness::AsFarAsDrawn { tolerance: TOLERANCE },
    }
}

/// What says which colours the components are: JFIF, the marker of Adobe, the numbers of the components.
fn colour_spaces((width, height): (u16, u16)) -> Vec<(String, Vec<u8>)> {
    let mut cases = Vec::new();
    for ids in [[0, 1, 2], [1, 2, 3], [b'R', b'G', b'B'], [b'r', b'g', b'b'], [1, 34, 35], [7, 8, 9]] {
        for (name, segments) in [
            ("nothing", Vec::new()),
            ("JFIF", jfif()),
            ("Adobe 0", adobe(0)),
            ("Adobe 1", adobe(1)),
            ("JFIF, Adobe 0", [jfif(), adobe(0)].concat()),
            ("Adobe 0, JFIF", [adobe(0), jfif()].concat()),
            ("JFIF, Adobe 1", [jfif(), adobe(1)].concat()),
        ] {
            let components = ids.map(|id| (id, 1, 1)).to_vec();
            let writer = Writer { components, segments, ..writer(grey(width, height)) };
            cases.push((format!("components {ids:?}, {name}"), writer.write()));
        }
    }
    for (name, segments) in
        [("nothing", Vec::new()), ("Adobe 0", adobe(0)), ("Adobe 2", adobe(2)), ("JFIF", jfif())]
    {
        let components = (1..5).map(|id| (id, 1, 1)).collect();
        let writer = Writer { components, segments, ..writer(grey(width, height)) };
        cases.push((format!("four components, {name}"), writer.write()));
    }
    cases
}

fn broken((width, height): (u16, u16)) -> Vec<(String, Vec<u8>)> {
    let mut cases = Vec::new();
    for (order, name) in [(Order::Interleaved, "sequential"), (Order::Progressive, "progressive")] {
        let whole = Writer { order, ..writer(colour(width, height, 2, 2)) }.write();
        for percent in [30, 60, 90, 98] {
            cases
                .push((format!("{name}, cut at {percent} %"), whole[..whole.len() * percent / 100].to_vec()));
        }
        cases.push((format!("{name}, no end"), whole[..whole.len() - 2].to_vec()));
        cases.push((format!("{name}, bytes after the end"), [whole.as_slice(), b"trailing bytes"].concat()));
    }
    let restarts = Writer { restart_interval: 4, ..writer(colour(width, height, 2, 2)) }.write();
    cases.push(("restarts".to_owned(), restarts.clone()));
    let places: Vec<usize> = (0..restarts.len() - 1)
        .filter(|&at| restarts[at] == 0xff && matches!(restarts[at + 1], 0xd0..=0xd7))
        .collect();
    let middle = places[places.len() / 2];
    let mut missing = restarts.clone();
    missing.drain(middle..middle + 2);
    cases.push(("a restart marker is missing".to_owned(), missing));
    let mut twice = restarts.clone();
    let marker = twice[middle..middle + 2].to_vec();
    twice.splice(middle..middle, marker);
    cases.push(("a restart marker twice".to_owned(), twice));
    let mut wrong = restarts.clone();
    wrong[middle + 1] = 0xd0 + (wrong[middle + 1] - 0xd0 + 1) % 8;
    cases.push(("a wrong restart marker".to_owned(), wrong));
    let without: Vec<u8> = restarts
        .iter()
        .enumerate()
        .filter(|(at, _)| !places.iter().any(|place| (*place..place + 2).contains(at)))
        .map(|(_, byte)| *byte)
        .collect();
    cases.push(("no restart markers".to_owned(), without));
    let mut hit = restarts;
    hit[middle + 8] ^= 0x55;
    cases.push(("a wrong byte between restarts".to_owned(), hit));
    let plain = writer(colour(width, height, 2, 2)).write();
    let insert = |bytes: &[u8]| [&plain[..2], bytes, &plain[2..]].concat();
    cases.push(("fill bytes".to_owned(), insert(&[0xff, 0xff, 0xff])));
    cases.push(("a comment".to_owned(), insert(&segment(0xfe, b"a comment"))));
    cases.push(("an unknown segment".to_owned(), insert(&segment(0xe9, b"something"))));
    cases.push(("bytes between segments".to_owned(), insert(&[0x12, 0x34])));
    cases
}
