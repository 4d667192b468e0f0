//! Draws the pictures that the property tests of the decoders change, as small as they can be:
//! `cargo run -p fm-imaging --example corpus` writes them to `crates/imaging/corpus`.
#![expect(clippy::unwrap_used, reason = "a picture that can't be drawn is no part of the corpus")]

#[path = "../tests/it/tiff/writer.rs"]
mod writer;

use std::error::Error;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use fm_jpeg::testing::{progressive, sequential};
use fm_webp::testing::{lossy, lossy_with_alpha};
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageBuffer, ImageFormat, Luma, Rgba, RgbaImage};

use writer::{Tiff, Values};

/// Odd, so that rows are filled up.
const SIZE: (u32, u32) = (19, 13);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    fs::create_dir_all(&folder)?;
    for (name, picture) in plain().into_iter().chain(bitmaps()).chain(tiffs()).chain(jpegs()) {
        fs::write(folder.join(name), picture)?;
    }
    Ok(())
}

type Named = (String, Vec<u8>);

fn named(name: &str, picture: Vec<u8>) -> Named {
    (name.to_owned(), picture)
}

fn veiled() -> RgbaImage {
    let byte = |value: u32| u8::try_from(value % 256).unwrap();
    RgbaImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        Rgba([byte(x * 13), byte(y * 19), byte(x * y), byte(255 - x * y / 2)])
    })
}

fn opaque() -> DynamicImage {
    DynamicImage::from(DynamicImage::from(veiled()).to_rgb8())
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// What the encoders of others write: colours with and without opacity, grey, deep samples, an animation.
fn plain() -> Vec<Named> {
    let (veiled, opaque) = (DynamicImage::from(veiled()), opaque());
    let grey = DynamicImage::from(opaque.to_luma8());
    let deep: ImageBuffer<Luma<u16>, Vec<u16>> = opaque.to_luma16();
    let mut animation = Vec::new();
    let mut encoder = GifEncoder::new(&mut animation);
    let frames = [veiled.to_rgba8(), opaque.to_rgba8()].map(Frame::new);
    encoder.encode_frames(frames).unwrap();
    drop(encoder);
    vec![
        named("opaque.png", encoded(&opaque, ImageFormat::Png)),
        named("veiled.png", encoded(&veiled, ImageFormat::Png)),
        named("grey.png", encoded(&grey, ImageFormat::Png)),
        named("deep.png", encoded(&DynamicImage::from(deep), ImageFormat::Png)),
        named("one.gif", encoded(&opaque, ImageFormat::Gif)),
        named("animated.gif", animation),
        named("opaque.webp", encoded(&opaque, ImageFormat::WebP)),
        named("veiled.webp", encoded(&veiled, ImageFormat::WebP)),
        named("lossy.webp", lossy(&opaque.to_rgb8(), SIZE.0, SIZE.1).unwrap()),
        named("veiled-lossy.webp", lossy_with_alpha(&veiled.to_rgba8(), SIZE.0, SIZE.1).unwrap()),
        named("opaque.bmp", encoded(&opaque, ImageFormat::Bmp)),
        named("veiled.bmp", encoded(&veiled, ImageFormat::Bmp)),
        named("plain.jpg", encoded(&opaque, ImageFormat::Jpeg)),
        named("grey.jpg", encoded(&grey, ImageFormat::Jpeg)),
    ]
}

/// A BMP of four bits with its pixels in runs, absolute stretches, a jump and an early end of a row.
fn bitmaps() -> Vec<Named> {
    let runs: &[u8] = &[
        13, 0x01, 6, 0x22, 0, 0, 0, 5, 0x12, 0x30, 0x10, 0, 10, 0x33, 0, 0, 0, 2, 4, 2, 8, 0x21, 0, 0, 19,
        0x10, 0, 1,
    ];
    let palette = [[0, 0, 0, 0], [200, 30, 20, 0], [20, 200, 30, 0], [250, 250, 250, 0]].concat();
    let mut file = b"BM".to_vec();
    let offset = u32::try_from(14 + 40 + palette.len()).unwrap();
    file.extend([offset + u32::try_from(runs.len()).unwrap(), 0, offset].map(u32::to_le_bytes).concat());
    file.extend([40, SIZE.0, SIZE.1].map(u32::to_le_bytes).concat());
    file.extend([1_u16, 4].map(u16::to_le_bytes).concat());
    file.extend([2_u32, 0, 0, 0, 4, 0].map(u32::to_le_bytes).concat());
    file.extend(palette);
    file.extend(runs);
    vec![named("runs.bmp", file)]
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn xz(data: &[u8]) -> Vec<u8> {
    let mut options = lzma_rust2::XzOptions::with_preset(1);
    options.lzma_options.dict_size = 1 << 16;
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

/// Every compression of TIFF, strips and tiles, both orders of bytes, predictors, palettes, planes.
fn tiffs() -> Vec<Named> {
    let rgb = opaque().to_rgb8().into_raw();
    let plain = Tiff::new(SIZE, 2, 3, 8, rgb.clone());
    let lzw = |data: &[u8]| {
        weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(data).unwrap()
    };
    let zstd =
        |data: &[u8]| ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest);
    let literal = |data: &[u8]| {
        data.chunks(100)
            .flat_map(|chunk| [&[u8::try_from(chunk.len() - 1).unwrap()], chunk].concat())
            .collect()
    };
    let jpeg = encoded(&opaque(), ImageFormat::Jpeg);
    let tile = vec![0x5a; 16 * 16 * 3];
    let tiles = Tiff { tile: Some((16, 16)), chunks: vec![tile; 2], ..plain.clone() };
    let palette = Tiff::new(SIZE, 3, 1, 8, vec![1; 19 * 13]).with(320, &[0x1234; 768]);
    vec![
        named("plain.tiff", plain.write().to_vec()),
        named("big-endian.tiff", Tiff { big_endian: true, ..plain.clone() }.write().to_vec()),
        named("big.tiff", Tiff { big: true, ..plain.clone() }.write().to_vec()),
        named("lzw.tiff", plain.clone().packed(5, lzw).write().to_vec()),
        named("deflate.tiff", plain.clone().with(317, &[2]).packed(8, zlib).write().to_vec()),
        named("packbits.tiff", plain.clone().packed(32_773, literal).write().to_vec()),
        named("zstandard.tiff", plain.clone().packed(50_000, zstd).write().to_vec()),
        named("lzma.tiff", plain.clone().packed(34_925, xz).write().to_vec()),
        named(
            "jpeg.tiff",
            Tiff::new(SIZE, 6, 3, 8, jpeg).with(530, &[2, 2]).with(259, &[7]).write().to_vec(),
        ),
        named("tiles.tiff", tiles.write().to_vec()),
        named("palette.tiff", palette.write().to_vec()),
        named("fax.tiff", fax().write().to_vec()),
        named(
            "turned.tiff",
            plain
                .with(274, &[6])
                .field(306, Values::Bytes(b"2026".to_vec()))
                .field(282, Values::Fractions(vec![72_000]))
                .write()
                .to_vec(),
        ),
    ]
}

/// Rows in the one-dimensional code of CCITT Group 3: each is white, black, and white again.
fn fax() -> Tiff {
    use fax::maps::{black, white};
    use fax::{BitWriter as _, VecWriter};
    let mut page = Vec::new();
    for _ in 0..SIZE.1 {
        let mut row = VecWriter::new();
        row.write(white::encode(5).unwrap()).unwrap();
        row.write(black::encode(9).unwrap()).unwrap();
        row.write(white::encode(5).unwrap()).unwrap();
        page.extend(row.finish());
    }
    Tiff::new(SIZE, 0, 1, 1, page).with(259, &[2])
}

fn jpegs() -> Vec<Named> {
    let kinds = [("sequential", sequential()), ("progressive", progressive())];
    let files = kinds
        .into_iter()
        .flat_map(|(kind, files)| files.into_iter().enumerate().map(move |file| (kind, file)));
    files.map(|(kind, (number, file))| (format!("{kind}-{number}.jpg"), file)).collect()
}
