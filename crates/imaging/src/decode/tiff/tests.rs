//! What hostile files cost, in memory and in time.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

#[path = "../../../tests/it/tiff/writer.rs"]
mod writer;

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, RgbImage};

use self::writer::{Tiff, Values};
use crate::decode::tiff;
use crate::decode::tiff::fax;
use crate::decode::tiff::layout::Packing;
use crate::request::Request;
use crate::source::{Deadline, Source};

/// What may come on top of the budget: tables, the list of readers, what messages take.
const OVERHEAD: u64 = 1024 * 1024;

const MEBIBYTE: u64 = 1024 * 1024;

/// Decodes the file, and fails if that takes more memory than the budget and [`OVERHEAD`].
fn within(max_alloc: u64, file: &Bytes, what: &str) -> Result<(), RenderThumbnail> {
    let source = Source::new(file.clone(), Deadline::after(Duration::from_mins(5)));
    let budget = RenderBudget { max_alloc, ..RenderBudget::STANDARD };
    let mut answer = Ok(());
    let allocated = allocation_counter::measure(|| {
        let mut request = Request::new(RenderSpec::THUMBNAIL, budget);
        answer = tiff::decode(&source, &mut request).map(|_picture| ());
    });
    let peak = allocated.bytes_max;
    assert!(peak <= max_alloc + OVERHEAD, "{what} within {max_alloc}: {peak} bytes, {answer:?}");
    answer
}

/// Fails unless the file is decoded within `enough`, refused as too large within `little`, and takes no more than either.
fn assert_bounded(file: &Bytes, enough: u64, little: u64, what: &str) {
    assert!(matches!(within(enough, file, what), Ok(())), "{what}: {:?}", within(enough, file, what));
    let refused = within(little, file, what);
    assert!(
        matches!(refused, Err(RenderThumbnail::TooLarge | RenderThumbnail::Undecodable(_))),
        "{what} within {little}: {refused:?}"
    );
    // Wherever between them memory ends.
    for step in 1..16 {
        drop(within(little + (enough - little) * step / 16, file, what));
    }
}

/// A picture of tiles that all are the same bytes of the file.
fn shared(size: (u32, u32), tile: (u32, u32), bits: u16, samples: u16, chunk: Vec<u8>) -> Tiff {
    let photometric = if samples == 1 { 1 } else { 2 };
    let count = size.0.div_ceil(tile.0) * size.1.div_ceil(tile.1);
    let tiff = Tiff::new(size, photometric, samples, bits, chunk);
    Tiff { tile: Some(tile), shared: Some(count), ..tiff }
}

/// Compresses a chunk.
type Pack = fn(&[u8]) -> Vec<u8>;

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn lzw(data: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(data).unwrap()
}

fn zstd(data: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A frame of raw blocks that asks for a window of 2^`log` bytes.
fn zstd_with_window(data: &[u8], log: u8) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3];
    let blocks = data.chunks(100_000);
    let last = blocks.len() - 1;
    for (at, block) in blocks.enumerate() {
        let header = u32::try_from(block.len()).unwrap() << 3 | u32::from(at == last);
        frame.extend(&header.to_le_bytes()[..3]);
        frame.extend(block);
    }
    frame
}

fn xz(data: &[u8], dictionary: u32) -> Vec<u8> {
    let mut options = lzma_rust2::XzOptions::with_preset(1);
    options.lzma_options.dict_size = dictionary;
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

#[test]
fn many_tiles_beside_each_other_are_in_one_account() {
    // 2,048 tiles across, of which each is small, and 60 of which each is larger than its decoder.
    for (tile, count, bits, samples) in [((16, 16), 2048, 8, 3), ((256, 256), 60, 16, 4)] {
        let size = (tile.0 * count, tile.1);
        let bytes = tile.0 as usize * tile.1 as usize * usize::from(samples * bits / 8);
        let pack: [(u16, Pack); 4] =
            [(5, lzw), (8, zlib), (50_000, zstd), (34_925, |data| xz(data, 1 << 20))];
        for (compression, pack) in pack {
            let tiff = shared(size, tile, bits, samples, vec![7; bytes]).packed(compression, pack);
            let what = format!("compression {compression}, {count} tiles");
            assert_bounded(&tiff.write(), 96 * MEBIBYTE, MEBIBYTE / 2, &what);
        }
    }
}

#[test]
fn reversed_bits_are_turned_once_however_many_chunks_share_them() {
    // Each of 1,000 tiles across is the same 512 KiB of the file.
    let mut chunk = vec![0x80; 512 << 10];
    chunk[..16].fill(0x81);
    for compression in [1, 32_773, 5, 8] {
        let tiff =
            shared((16_000, 16), (16, 16), 8, 1, chunk.clone()).with(266, &[2]).with(259, &[compression]);
        let answer = within(40 * MEBIBYTE, &tiff.write(), "reversed bits");
        assert!(!matches!(answer, Err(RenderThumbnail::TooLarge)), "compression {compression}: {answer:?}");
    }
}

#[test]
fn windows_are_in_the_account() {
    // A strip for each row of tiles or one alone, so that one reader or several are open.
    for (size, tile) in [((2048, 2048), (2048, 2048)), ((8192, 2048), (2048, 2048))] {
        let data = vec![9; tile.0 as usize * tile.1 as usize * 3];
        for (name, compression, packed) in
            [("Zstandard", 50_000, zstd_with_window(&data, 23)), ("LZMA", 34_925, xz(&data, 24 << 20))]
        {
            let file = shared(size, tile, 8, 3, packed).with(259, &[compression]).write();
            let readers = u64::from(size.0 / tile.0);
            assert_bounded(&file, 64 * MEBIBYTE * readers, 12 * MEBIBYTE * readers, name);
        }
        let window = zstd_with_window(&data, 27);
        let file = shared(size, tile, 8, 3, window).with(259, &[50_000]).write();
        assert!(within(64 * MEBIBYTE, &file, "a window of 128 MiB").is_err());
        let file = shared(size, tile, 8, 3, xz(&data[..100], 128 << 20)).with(259, &[34_925]).write();
        assert!(within(64 * MEBIBYTE, &file, "a dictionary of 128 MiB").is_err());
    }
}

#[test]
fn a_block_of_zstandard_with_the_most_sequences_keeps_to_the_account() {
    // Compressed, last: no literals, 98,047 sequences of which none follows.
    let block = [0x00, 0xff, 0xff, 0xff, 0x00];
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, (20 - 10) << 3];
    frame.extend(&(u32::try_from(block.len()).unwrap() << 3 | 2 << 1 | 1).to_le_bytes()[..3]);
    frame.extend(block);
    let file = shared((64_000, 64), (64, 64), 8, 3, frame).with(259, &[50_000]).write();
    let answer = within(32 * MEBIBYTE, &file, "sequences");
    assert!(matches!(answer, Err(RenderThumbnail::Undecodable(_))), "{answer:?}");
}

#[test]
fn pictures_in_tiles_are_in_the_account() {
    let image = DynamicImage::from(RgbImage::from_pixel(512, 512, image::Rgb([200, 100, 50])));
    let mut jpeg = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 90)).unwrap();
    let mut webp = std::io::Cursor::new(Vec::new());
    image.write_to(&mut webp, ImageFormat::WebP).unwrap();
    let tables = Values::Bytes([&jpeg[..2], &[0xff, 0xd9]].concat());
    for (name, compression, chunk) in [("JPEG", 7, jpeg), ("WebP", 50_001, webp.into_inner())] {
        let tiff = shared((512 * 30, 512), (512, 512), 8, 3, chunk).with(259, &[compression]);
        let file = tiff.field(347, tables.clone()).write();
        // The samples of all 30 tiles, and the decoder of one.
        assert_bounded(&file, 32 * MEBIBYTE, 20 * MEBIBYTE, name);
    }
}

#[test]
fn a_fax_is_in_the_account() {
    // A row of changes for each pixel: horizontal codes of one white and one black pixel.
    let width = 2_000_000;
    let bits: String = "001000111010".repeat(width as usize / 2);
    let page: Vec<u8> =
        bits.as_bytes().chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | (bit & 1))).collect();
    let file = Tiff::new((width, 1), 0, 1, 1, page).with(259, &[4]).write();
    assert_bounded(&file, 64 * MEBIBYTE, 16 * MEBIBYTE, "Group 4");
}

#[test]
fn rows_and_predictors_are_in_the_account() {
    let width = 400_000;
    let zeros = vec![0; width as usize * 4 * 3];
    let floats = Tiff::new((width, 1), 2, 3, 32, zlib(&zeros)).with(259, &[8]).with(339, &[3]);
    assert_bounded(&floats.clone().with(317, &[3]).write(), 32 * MEBIBYTE, 10 * MEBIBYTE, "a predictor");
    // Samples that are of no use are read with the others.
    let many = Tiff::new((20, 1), 1, 60_000, 64, zlib(&vec![0; 20 * 60_000 * 8])).with(259, &[8]);
    let many = many.with(258, &[64]);
    assert_bounded(&many.write(), 40 * MEBIBYTE, 16 * MEBIBYTE, "samples");
    let chroma = Tiff::new((width, 4), 6, 3, 8, vec![128; width as usize / 4 * 18]).with(530, &[4, 4]);
    let video = Values::Fractions([16, 235, 128, 240, 128, 240].map(|value| value * 1000).to_vec());
    assert_bounded(&chroma.field(532, video).write(), 80 * MEBIBYTE, 4 * MEBIBYTE, "shared chroma");
}

#[test]
fn a_tile_with_more_pixels_than_a_picture_may_have_is_refused() {
    let tiff = shared((64, 64), (1 << 20, 1 << 12), 8, 1, vec![0; 100]);
    assert!(matches!(within(512 * MEBIBYTE, &tiff.write(), "a large tile"), Err(RenderThumbnail::TooLarge)));
}

#[test]
fn a_fax_stops_at_the_deadline() {
    let mut request = Request::new(RenderSpec::THUMBNAIL, RenderBudget::STANDARD);
    // Each row of Group 4 is the same as the one before: a bit is enough.
    let mut unpack = |deadline| {
        let page = Source::new(vec![0xff; 125_000].into(), deadline);
        fax::unpack(&page, Packing::Group4, 8, 1_000_000, &mut request)
    };
    assert_eq!(unpack(Deadline::after(Duration::from_mins(1))).unwrap().len(), 1_000_000);
    assert!(matches!(unpack(Deadline::after(Duration::ZERO)), Err(RenderThumbnail::TimedOut)));
}

/// The file ends long before the values that a tag claims to have.
#[test]
fn a_tag_takes_no_memory_for_values_that_are_not_there() {
    let mut file = Tiff::new((20, 1), 1, 1, 8, vec![0; 20]).write().to_vec();
    let directory = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
    let count = directory + 2 + 4;
    file[count..count + 4].copy_from_slice(&589_825_u32.to_le_bytes());
    let refused = within(8 * MEBIBYTE, &file.into(), "a width of many values");
    assert!(matches!(refused, Err(RenderThumbnail::TooLarge)), "{refused:?}");
}
