//! TIFF: every compression, with and without a predictor, whole and cut off.

use std::io::Write as _;

use fm_domain::thumbnails::RenderThumbnail;
use image::ImageFormat;

use super::writer::{Tiff, Values};
use super::{SIZE, UPRIGHT, assert_quarters, colours, rgb, samples};
use crate::pictures::{encoded, is_about, pixels, quarters, render, seen_quarters};

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn xz(data: &[u8]) -> Vec<u8> {
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

fn pack_bits(data: &[u8]) -> Vec<u8> {
    // Runs of three, with a byte that means nothing before each, and what is left as it is.
    let mut packed = Vec::new();
    for bytes in data.chunks(3) {
        if let [first, rest @ ..] = bytes
            && rest.len() == 2
            && rest.iter().all(|byte| byte == first)
        {
            packed.extend([0x80, 0xfe, *first]);
        } else {
            packed.push(u8::try_from(bytes.len() - 1).unwrap());
            packed.extend(bytes);
        }
    }
    packed
}

#[tokio::test]
async fn every_compression_is_unpacked() {
    let lzw = |data: &[u8]| {
        weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(data).unwrap()
    };
    let zstd =
        |data: &[u8]| ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest);
    let plain = rgb();
    assert_quarters(&plain.clone().packed(5, lzw), "LZW").await;
    assert_quarters(&plain.clone().packed(8, zlib), "Deflate").await;
    assert_quarters(&plain.clone().packed(32_946, zlib), "old Deflate").await;
    assert_quarters(&plain.clone().packed(32_773, pack_bits), "PackBits").await;
    assert_quarters(&plain.clone().packed(50_000, zstd), "Zstandard").await;
    assert_quarters(&plain.clone().packed(34_925, xz), "LZMA").await;
    let webp = encoded(&colours().into(), ImageFormat::WebP);
    assert_quarters(&plain.clone().packed(50_001, |_| webp.to_vec()), "WebP").await;
    let reversed = |data: &[u8]| data.iter().map(|byte| byte.reverse_bits()).collect();
    assert_quarters(&plain.clone().packed(1, reversed).with(266, &[2]), "reversed bits").await;
    let jpeg = encoded(&colours().into(), ImageFormat::Jpeg);
    let in_jpeg = Tiff::new(SIZE, 6, 3, 8, Vec::new()).with(530, &[2, 2]);
    assert_quarters(&in_jpeg.clone().packed(7, |_| jpeg.to_vec()), "JPEG").await;
    // The tables apart from the picture, as most programs write it.
    let scan = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    let tables = [&jpeg[..scan], &[0xff, 0xd9]].concat();
    let picture = [&jpeg[..2], &jpeg[scan..]].concat();
    let apart = in_jpeg.packed(7, |_| picture.clone()).field(347, Values::Bytes(tables));
    // The tables of Huffman codes may follow the frame: then they are in the picture.
    assert_quarters(&apart, "JPEG, tables apart").await;
    let length = u32::try_from(jpeg.len()).unwrap();
    let old = Tiff { chunks: vec![jpeg.to_vec()], ..Tiff::new(SIZE, 6, 3, 8, Vec::new()) }.with(259, &[6]);
    assert_quarters_of_old_jpeg(old, length).await;
}

/// The file begins with the JPEG, right after its own head.
async fn assert_quarters_of_old_jpeg(tiff: Tiff, length: u32) {
    let tiff = tiff.field(513, Values::Longs(vec![8])).field(514, Values::Longs(vec![length]));
    assert_eq!(seen_quarters(&pixels(tiff.write()).await), UPRIGHT, "JPEG of TIFF 6.0");
}

/// Differences between each byte and the one this far before it.
fn differences(row: &[u8], distance: usize) -> Vec<u8> {
    (0..row.len())
        .map(|at| row[at].wrapping_sub(if at >= distance { row[at - distance] } else { 0 }))
        .collect()
}

#[tokio::test]
async fn predictors_are_undone_for_every_width() {
    let row = SIZE.0 as usize * 3;
    let data: Vec<u8> = samples(|rgb| rgb.to_vec()).chunks(row).flat_map(|row| differences(row, 3)).collect();
    assert_quarters(&Tiff::new(SIZE, 2, 3, 8, data).with(317, &[2]).packed(8, zlib), "bytes").await;
    for big_endian in [false, true] {
        for bytes in [2_usize, 4] {
            let mut data = Vec::new();
            for row in colours().rows() {
                let mut before = [0_u32; 3];
                for pixel in row {
                    for (sample, before) in pixel.0.into_iter().zip(&mut before) {
                        let deep = u32::from(sample) << (bytes * 8 - 8);
                        let difference = deep.wrapping_sub(*before);
                        *before = deep;
                        let mut difference = difference.to_le_bytes()[..bytes].to_vec();
                        if big_endian {
                            difference.reverse();
                        }
                        data.extend(difference);
                    }
                }
            }
            let bits = u16::try_from(bytes * 8).unwrap();
            let tiff =
                Tiff { big_endian, ..Tiff::new(SIZE, 2, 3, bits, data).with(317, &[2]).packed(8, zlib) };
            assert_eq!(
                seen_quarters(&pixels(tiff.write()).await),
                UPRIGHT,
                "{bits} bits, big-endian: {big_endian}"
            );
        }
        let mut data = Vec::new();
        for row in colours().rows() {
            let floats: Vec<[u8; 4]> = row
                .flat_map(|pixel| pixel.0.map(|sample| (f32::from(sample) / 255.0).to_be_bytes()))
                .collect();
            let planes: Vec<u8> =
                (0..4).flat_map(|byte| floats.iter().map(move |float| float[byte])).collect();
            data.extend(differences(&planes, 3));
        }
        let tiff = Tiff::new(SIZE, 2, 3, 32, data).with(317, &[3]).with(339, &[3, 3, 3]).packed(8, zlib);
        let seen = pixels(Tiff { big_endian, ..tiff }.write()).await;
        assert_eq!(seen_quarters(&seen), UPRIGHT, "floating-point numbers, big-endian: {big_endian}");
    }
}

#[tokio::test]
async fn a_predictor_counts_only_where_the_compression_has_one() {
    let data = samples(|rgb| rgb.to_vec());
    for predictor in [2, 3] {
        let plain = rgb().with(317, &[predictor]);
        assert_quarters(&plain, "not compressed").await;
        assert_quarters(&plain.clone().packed(32_773, pack_bits), "PackBits").await;
        let webp = encoded(&colours().into(), ImageFormat::WebP);
        assert_quarters(&plain.packed(50_001, |_| webp.to_vec()), "WebP").await;
    }
    let unknown = Tiff::new(SIZE, 2, 3, 8, data).with(317, &[9]).packed(8, zlib);
    assert!(matches!(render(unknown.write()).await, Err(RenderThumbnail::Undecodable(_))));
}

#[tokio::test]
async fn an_old_jpeg_is_turned_before_its_thumbnail_is_measured() {
    let size = (192, 64);
    let jpeg = encoded(&quarters(size.0, size.1), ImageFormat::Jpeg);
    let length = u32::try_from(jpeg.len()).unwrap();
    let old = Tiff { chunks: vec![jpeg.to_vec()], ..Tiff::new(size, 6, 3, 8, Vec::new()) }.with(259, &[6]);
    let old = old.field(513, Values::Longs(vec![8])).field(514, Values::Longs(vec![length]));
    for (orientation, expected, quarters) in
        [(1, (64, 21), [0, 1, 2, 3]), (6, (64, 192), [2, 0, 3, 1]), (8, (64, 192), [1, 3, 0, 2])]
    {
        let seen = pixels(old.clone().with(274, &[orientation]).write()).await;
        assert_eq!(seen.dimensions(), expected, "orientation {orientation}");
        assert_eq!(seen_quarters(&seen), quarters.map(Some), "orientation {orientation}");
    }
}

#[tokio::test]
async fn a_jpeg_in_it_may_be_as_wide_as_jpeg_can_be() {
    let size = (20_000, 8);
    let jpeg = encoded(&quarters(size.0, size.1), ImageFormat::Jpeg);
    let tiff = Tiff::new(size, 6, 3, 8, Vec::new()).packed(7, |_| jpeg.to_vec());
    let seen = pixels(Tiff { chunks: vec![jpeg.to_vec()], ..tiff }.write()).await;
    assert_eq!(seen.dimensions(), (64, 1));
}

#[tokio::test]
async fn inks_and_grey_in_a_jpeg_are_what_the_directory_says() {
    let flat = |ids: &[u8]| {
        let components = ids.iter().map(|&id| (id, 1, 1)).collect();
        let grey = fm_jpeg::testing::grey(96, 64);
        let sample = |component: usize, _: u32, _: u32| [25, 235, 235, 0][component];
        fm_jpeg::testing::Writer { components, noise: 0, sample, ..grey }.write()
    };
    for (photometric, ids, colour) in [
        (5, &[1, 2, 3, 4][..], [230, 20, 20]),
        (2, &[1, 2, 3], [25, 235, 235]),
        (1, &[1], [25; 3]),
        (0, &[1], [230; 3]),
    ] {
        let samples = u16::try_from(ids.len()).unwrap();
        let tiff = Tiff::new(SIZE, photometric, samples, 8, Vec::new()).packed(7, |_| flat(ids));
        let seen = pixels(tiff.write()).await;
        assert!(is_about(&seen, (20, 20), colour), "{photometric}: {:?}", seen.get_pixel(20, 20));
    }
}

#[tokio::test]
async fn a_strip_that_is_missing_or_cut_off_makes_it_undecodable() {
    let whole = rgb().packed(8, zlib);
    let cut = Tiff { chunks: vec![whole.chunks[0][..whole.chunks[0].len() / 2].to_vec()], ..whole.clone() };
    let none = Tiff { chunks: vec![Vec::new()], ..whole };
    for tiff in [cut, none] {
        assert!(matches!(render(tiff.write()).await, Err(RenderThumbnail::Undecodable(_))));
    }
}
