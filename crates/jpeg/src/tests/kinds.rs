//! Kinds of files: colours, markers, tables and components as libjpeg takes them.

use super::{decode, marker, markers, pixels};
use crate::testing::{Order, Writer, colour, grey, segment};
use crate::{DecodeError, Jpeg, Scale};

const JFIF: &[u8] = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

fn jfif() -> Vec<u8> {
    segment(0xe0, JFIF)
}

fn adobe(transform: u8) -> Vec<u8> {
    segment(0xee, &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat())
}

/// A picture of one colour: each component has the same samples everywhere.
fn flat(ids: &[u8], segments: Vec<u8>, sample: fn(usize, u32, u32) -> u8) -> Vec<u8> {
    let components = ids.iter().map(|&id| (id, 1, 1)).collect();
    Writer { components, segments, noise: 0, sample, ..grey(40, 24) }.write()
}

/// The colour of which every pixel is at every scale.
fn colour_of(file: &[u8]) -> Result<[u8; 3], DecodeError> {
    let mut colour = None;
    for scale in Scale::ALL {
        let (_, pixels) = pixels(&decode(file, scale)?);
        for &pixel in pixels.as_chunks::<3>().0 {
            assert_eq!(*colour.get_or_insert(pixel), pixel);
        }
    }
    Ok(colour.unwrap())
}

/// Samples 200, 100, 50 and 180.
fn samples(component: usize, _: u32, _: u32) -> u8 {
    [200, 100, 50, 180][component]
}

#[test]
fn jfif_comes_before_adobe_and_that_before_identifiers() {
    let (rgb, ycbcr) = ([200, 100, 50], [91, 255, 150]);
    let other = *b"rgb";
    let cases = [
        (Vec::new(), [1, 2, 3], ycbcr),
        (Vec::new(), *b"RGB", rgb),
        (Vec::new(), other, ycbcr),
        (Vec::new(), [0, 1, 2], ycbcr),
        (Vec::new(), [1, 1, 1], ycbcr),
        (Vec::new(), [1, 34, 35], ycbcr),
        (adobe(0), [1, 2, 3], rgb),
        (adobe(0), other, rgb),
        (adobe(1), [1, 2, 3], ycbcr),
        (adobe(1), *b"RGB", ycbcr),
        (adobe(2), *b"RGB", ycbcr),
        (adobe(77), *b"RGB", ycbcr),
        (jfif(), *b"RGB", ycbcr),
        (jfif(), [7, 8, 9], ycbcr),
        ([jfif(), adobe(0)].concat(), [1, 2, 3], ycbcr),
        ([adobe(0), jfif()].concat(), [1, 2, 3], ycbcr),
        // Neither is one: too short.
        (segment(0xe0, b"JFIF\0\x01"), *b"RGB", rgb),
        (segment(0xee, b"Adobe\0\x64\0\0\0\0"), [1, 2, 3], ycbcr),
        // The last one counts.
        ([adobe(0), adobe(1)].concat(), [1, 2, 3], ycbcr),
    ];
    for (segments, ids, expected) in cases {
        let file = flat(&ids, segments.clone(), samples);
        assert_eq!(colour_of(&file), Ok(expected), "{ids:?} {segments:?}");
    }
}

#[test]
fn segments_count_up_to_the_first_scan_wherever_they_are() {
    let file = flat(&[1, 2, 3], Vec::new(), samples);
    for code in [0xdb, 0xc4, 0xc0, 0xda] {
        let at = marker(&file, code);
        let file = [&file[..at], &adobe(0), &file[at..]].concat();
        assert_eq!(colour_of(&file), Ok([200, 100, 50]), "before {code:#x}");
    }
    let writer = Writer { order: Order::Apart, noise: 0, sample: samples, ..colour(40, 24, 1, 1) };
    let file = writer.write();
    let at = markers(&file, 0xda)[1];
    let file = [&file[..at], &adobe(0), &file[at..]].concat();
    assert_eq!(colour_of(&file), Ok([91, 255, 150]));
}

#[test]
fn inks_are_light_with_or_without_adobe() {
    // Each is what the ink leaves of the light, and black takes of all: 200 × 180 / 255 and so on.
    let cmyk = [141, 70, 35];
    // Red, green and blue are 91, 255 and 150; the inks 164, 0 and 105 are complementary to them.
    let ycck = [115, 0, 74];
    let jfif_adobe = |transform| [jfif(), adobe(transform)].concat();
    let cases = [
        (Vec::new(), cmyk),
        (jfif(), cmyk),
        (adobe(0), cmyk),
        (adobe(2), ycck),
        (adobe(1), ycck),
        (jfif_adobe(0), cmyk),
        (jfif_adobe(2), ycck),
    ];
    for (segments, expected) in cases {
        for ids in [[1, 2, 3, 4], *b"CMYK", [0, 0, 0, 0]] {
            let file = flat(&ids, segments.clone(), samples);
            assert_eq!(colour_of(&file), Ok(expected), "{ids:?} {segments:?}");
        }
    }
}

#[test]
fn samples_are_handed_out_as_the_file_has_them() {
    for ids in [&b"RGB"[..], b"CMYK", &[1, 2, 3], &[1]] {
        let file = flat(ids, adobe(2), samples);
        let picture = decode(&file, Scale::Whole).unwrap();
        let mut rows = picture.rows();
        let mut count = 0;
        while let Some(row) = rows.next_samples() {
            let expected = [200, 100, 50, 180][..ids.len()].repeat(40);
            assert_eq!(row, expected, "{ids:?}");
            count += 1;
        }
        assert_eq!((count, Jpeg::read(&file).unwrap().components()), (24, ids.len()));
    }
}

#[test]
fn grey_is_grey_whatever_segments_say() {
    for segments in [Vec::new(), jfif(), adobe(0), adobe(2)] {
        assert_eq!(colour_of(&flat(&[9], segments, samples)), Ok([200; 3]));
    }
}

#[test]
fn kinds_that_browsers_do_not_show_are_refused() {
    let file = colour(60, 40, 1, 1).write();
    let frame = marker(&file, 0xc0);
    for kind in [0xc3, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf] {
        let mut other = file.clone();
        other[frame + 1] = kind;
        assert!(matches!(Jpeg::read(&other), Err(DecodeError::Unsupported)), "{kind:#x}");
    }
    let mut twelve_bits = file.clone();
    twelve_bits[frame + 4] = 12;
    assert!(matches!(Jpeg::read(&twelve_bits), Err(DecodeError::Unsupported)));
    // Its height would come after the first scan.
    let mut without_height = file.clone();
    without_height[frame + 5..frame + 7].fill(0);
    assert!(matches!(Jpeg::read(&without_height), Err(DecodeError::Unsupported)));
    let components: [&[(u8, u8, u8)]; 5] = [
        &[(1, 1, 1), (2, 1, 1)],
        &[(1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 1, 1), (5, 1, 1)],
        // Two of three, and of none.
        &[(1, 3, 1), (2, 2, 1), (3, 1, 1)],
        &[(1, 1, 3), (2, 1, 2), (3, 1, 1)],
        &[(1, 0, 1), (2, 1, 1), (3, 1, 1)],
    ];
    for components in components {
        let mut header = vec![8, 0, 40, 0, 60, u8::try_from(components.len()).unwrap()];
        header.extend(components.iter().flat_map(|&(id, across, down)| [id, across << 4 | down, 0]));
        let file = [&file[..frame], &segment(0xc0, &header), &file[marker(&file, 0xda)..]].concat();
        assert!(matches!(Jpeg::read(&file), Err(DecodeError::Unsupported)), "{components:?}");
    }
    // More blocks in an MCU than there may be.
    let too_many = Writer { components: vec![(1, 3, 3), (2, 1, 1), (3, 1, 1)], ..grey(60, 40) }.write();
    assert_eq!(decode(&too_many, Scale::Eighth).map(|_| ()), Err(DecodeError::Broken));
    // Not where each component is alone.
    let apart =
        Writer { components: vec![(1, 3, 3), (2, 1, 1), (3, 1, 1)], order: Order::Apart, ..grey(60, 40) };
    assert!(decode(&apart.write(), Scale::Eighth).is_ok());
}

#[test]
fn bytes_that_are_no_segment_are_skipped() {
    let file = colour(60, 40, 2, 2).write();
    let whole = pixels(&decode(&file, Scale::Whole).unwrap());
    let extras: [&[u8]; 7] = [
        &[0xff, 0xff, 0xff],
        &[0, 0, 0],
        b"text that ends with 0xff\xff\0",
        // Markers without a segment, and segments that are not known, empty or shorter than their length.
        &[0xff, 0xd3, 0xff, 0x01],
        &[0xff, 0xef, 0, 4, 1, 2, 0xff, 0xfe, 0, 2],
        &[0xff, 0xe5, 0, 0, 0xff, 0xe5, 0, 1],
        &[0xff, 0xcc, 0, 4, 0, 0x10, 0xff, 0xdc, 0, 4, 0, 9],
    ];
    for extra in extras {
        for code in [0xdb, 0xc4, 0xc0, 0xda, 0xd9] {
            let at = marker(&file, code);
            let file = [&file[..at], extra, &file[at..]].concat();
            assert_eq!(pixels(&decode(&file, Scale::Whole).unwrap()), whole, "{extra:?} before {code:#x}");
        }
    }
    for extra in [&[0; 5000][..], &file, b"\xff\xd8\xff", b"\xff\xff\xff"] {
        let file = [&file, extra].concat();
        assert_eq!(pixels(&decode(&file, Scale::Whole).unwrap()), whole);
    }
}

#[test]
fn the_last_of_several_tables_counts() {
    let file = grey(60, 40).write();
    let whole = pixels(&decode(&file, Scale::Whole).unwrap());
    let (quantizers, frame) = (marker(&file, 0xdb), marker(&file, 0xc0));
    let tables = &file[quantizers..frame];
    let other = segment(0xdb, &[&[0], &[99; 64][..]].concat());
    let doubled = [&file[..quantizers], &other, tables, &file[quantizers..]].concat();
    assert_eq!(pixels(&decode(&doubled, Scale::Whole).unwrap()), whole);
    // After the frame is as good as before it.
    let scan = marker(&file, 0xda);
    let after = [&file[..quantizers], &file[frame..scan], tables, &file[scan..]].concat();
    assert_eq!(pixels(&decode(&after, Scale::Whole).unwrap()), whole);
}

#[test]
fn the_divisors_of_the_first_scan_count_for_all() {
    let file = Writer { order: Order::Refined, ..grey(60, 40) }.write();
    let whole = pixels(&decode(&file, Scale::Whole).unwrap());
    for &scan in &markers(&file, 0xda)[1..] {
        let file = [&file[..scan], &segment(0xdb, &[&[0], &[99; 64][..]].concat()), &file[scan..]].concat();
        assert_eq!(pixels(&decode(&file, Scale::Whole).unwrap()), whole);
    }
}

#[test]
fn divisors_of_zero_make_coefficients_of_zero() {
    let file = Writer { noise: 0, ..grey(60, 40) }.write();
    let whole = pixels(&decode(&file, Scale::Eighth).unwrap());
    let table = marker(&file, 0xdb) + 5;
    for place in [1, 63] {
        let mut other = file.clone();
        other[table + place] = 0;
        assert_eq!(pixels(&decode(&other, Scale::Eighth).unwrap()), whole, "{place}");
    }
    let mut other = file;
    other[table] = 0;
    assert_eq!(colour_of(&other), Ok([128; 3]));
}

#[test]
fn tables_that_are_missing_or_cut_off_are_faults() {
    let file = grey(60, 40).write();
    let (quantizers, codes) = (marker(&file, 0xdb), marker(&file, 0xc4));
    let without = [&file[..quantizers], &file[codes..]].concat();
    assert_eq!(decode(&without, Scale::Eighth).map(|_| ()), Err(DecodeError::Broken));
    for broken in [&[0; 64][..], &[0x10; 100], &[4; 65]] {
        let file = [&file[..quantizers], &segment(0xdb, broken), &file[quantizers..]].concat();
        assert!(matches!(Jpeg::read(&file), Err(DecodeError::Broken)));
    }
    for broken in [&[0; 5][..], &[0x20; 17], &[4; 17], &[255; 17]] {
        let file = [&file[..codes], &segment(0xc4, broken), &file[codes..]].concat();
        assert!(matches!(Jpeg::read(&file), Err(DecodeError::Broken)));
    }
}

#[test]
fn fields_of_a_sequential_scan_that_have_no_meaning_are_not_looked_at() {
    let mut file = grey(60, 40).write();
    let whole = pixels(&decode(&file, Scale::Whole).unwrap());
    let scan = marker(&file, 0xda);
    for fields in [[0, 0, 0], [1, 5, 0x21], [63, 0, 0xff]] {
        file[scan + 7..scan + 10].copy_from_slice(&fields);
        assert_eq!(pixels(&decode(&file, Scale::Whole).unwrap()), whole, "{fields:?}");
    }
}

/// EXIF data that say nothing but an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    [b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation], &[0; 7]].concat()
}

#[test]
fn the_first_exif_data_count() {
    let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>");
    let with = |segments: &[Vec<u8>]| {
        let file = Writer { segments: segments.concat(), ..grey(60, 40) }.write();
        Jpeg::read(&file).unwrap().exif().map(<[u8]>::to_vec)
    };
    assert_eq!(with(&[]), None);
    assert_eq!(with(std::slice::from_ref(&xmp)), None);
    assert_eq!(with(&[segment(0xe1, b"Exif"), segment(0xe1, b"")]), None);
    let (first, second) = (segment(0xe1, &exif(3)), segment(0xe1, &exif(6)));
    let expected = Some(exif(3)[6..].to_vec());
    assert_eq!(with(&[first.clone(), second.clone()]), expected);
    assert_eq!(with(&[xmp.clone(), first.clone(), xmp, second]), expected);
    // A second segment that continues the first, and padding that is not zero.
    assert_eq!(with(&[jfif(), first.clone(), segment(0xe1, b"Exif\0\0and so on")]), expected);
    assert_eq!(with(&[segment(0xe1, b"Exif\0\xff"), first]), Some(Vec::new()));
}

#[test]
fn exif_data_after_the_frame_count_and_after_the_scan_do_not() {
    let file = grey(60, 40).write();
    let at = marker(&file, 0xda);
    let after_frame = [&file[..at], &segment(0xe1, &exif(6)), &file[at..]].concat();
    assert!(Jpeg::read(&after_frame).unwrap().exif().is_some());
    let end = file.len() - 2;
    let after_scan = [&file[..end], &segment(0xe1, &exif(6)), &file[end..]].concat();
    assert_eq!(Jpeg::read(&after_scan).unwrap().exif(), None);
}
