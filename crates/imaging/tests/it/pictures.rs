//! Pictures, made on the spot.

use std::io::Cursor;

use bytes::Bytes;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered, Thumbnailer as _};
use fm_imaging::ImageThumbnailer;
use fm_webp::testing::lossy;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, RgbaImage};

/// The colours of the quarters of a picture: top left, top right, bottom left, bottom right.
pub(crate) const QUARTERS: [[u8; 3]; 4] = [[230, 20, 20], [20, 200, 20], [20, 20, 220], [240, 240, 40]];

/// A picture of which every quarter has a colour of its own, so that its orientation can be seen.
pub(crate) fn quarters(width: u32, height: u32) -> DynamicImage {
    let colour = |x, y| QUARTERS[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)];
    RgbImage::from_fn(width, height, |x, y| Rgb(colour(x, y))).into()
}

pub(crate) fn encoded(image: &DynamicImage, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner().into()
}

/// EXIF data that says nothing but the orientation.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff
}

/// The JPEG with an APP1 segment right after its beginning.
pub(crate) fn jpeg_with_exif(jpeg: &[u8], orientation: u8) -> Bytes {
    let exif = [b"Exif\0\0".as_slice(), &exif(orientation)].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat().into()
}

/// A chunk of a PNG.
pub(crate) fn png_chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in kind.iter().chain(data) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [length.as_slice(), &kind, data, &(!crc).to_be_bytes()].concat()
}

/// The PNG with a chunk right after its header.
pub(crate) fn png_with_chunk(png: &[u8], kind: [u8; 4], data: &[u8]) -> Bytes {
    [&png[..33], &png_chunk(kind, data), &png[33..]].concat().into()
}

/// A PNG that comes in the seven passes of Adam7, unpacked.
pub(crate) fn interlaced_png(image: &RgbImage) -> Bytes {
    let passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let (width, height) = image.dimensions();
    let mut raw = Vec::new();
    for (left, top, across, down) in
        passes.into_iter().filter(|&(left, top, ..)| left < width && top < height)
    {
        for y in (top..height).step_by(down) {
            raw.push(0);
            raw.extend((left..width).step_by(across).flat_map(|x| image.get_pixel(x, y).0));
        }
    }
    let mut packed = vec![0x78, 0x01];
    let blocks = raw.chunks(60_000);
    let last = blocks.len() - 1;
    for (number, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap();
        packed.push(u8::from(number == last));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
    }
    let (low, high) = raw.iter().fold((1_u32, 0_u32), |(low, high), &byte| {
        let low = (low + u32::from(byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    packed.extend((high << 16 | low).to_be_bytes());
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 1]].concat();
    let chunks = [png_chunk(*b"IHDR", &header), png_chunk(*b"IDAT", &packed), png_chunk(*b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunks.concat()].concat().into()
}

/// The same as [`quarters`], as a lossy WebP.
pub(crate) fn lossy_quarters(width: u32, height: u32) -> Bytes {
    lossy(&quarters(width, height).to_rgb8(), width, height).unwrap().into()
}

/// A WebP with EXIF data around the bitstream of a plain one.
pub(crate) fn webp_with_exif(webp: &[u8], size: (u32, u32), orientation: u8) -> Bytes {
    let chunk = |kind: &[u8], data: &[u8]| {
        let padding = vec![0; data.len() % 2];
        [kind, &u32::try_from(data.len()).unwrap().to_le_bytes(), data, &padding].concat()
    };
    let mut header = vec![0b1000, 0, 0, 0];
    header.extend(&(size.0 - 1).to_le_bytes()[..3]);
    header.extend(&(size.1 - 1).to_le_bytes()[..3]);
    let body =
        [b"WEBP".as_slice(), &chunk(b"VP8X", &header), &webp[12..], &chunk(b"EXIF", &exif(orientation))];
    chunk(b"RIFF", &body.concat()).into()
}

/// An uncompressed TIFF of grey pixels.
pub(crate) fn tiff(width: u16, height: u16, orientation: u8, pixels: &[u8]) -> Bytes {
    let fields: [(u16, u16, u32); 9] = [
        (0x100, 3, width.into()),
        (0x101, 3, height.into()),
        (0x102, 3, 8),
        (0x103, 3, 1),
        (0x106, 3, 1),
        (0x111, 4, 8 + 2 + 9 * 12 + 4),
        (0x112, 3, orientation.into()),
        (0x116, 3, height.into()),
        (0x117, 4, u32::try_from(pixels.len()).unwrap()),
    ];
    let mut file = b"II*\0\x08\0\0\0\x09\0".to_vec();
    for (tag, kind, value) in fields {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file.extend(pixels);
    file.into()
}

pub(crate) async fn render(source: Bytes) -> Result<Rendered, RenderThumbnail> {
    ImageThumbnailer::default().render(source, RenderSpec::THUMBNAIL, RenderBudget::STANDARD).await
}

/// The thumbnail's pixels; it is a PNG of the size that it says.
pub(crate) async fn pixels(source: Bytes) -> RgbaImage {
    let thumbnail = render(source).await.unwrap();
    let image = image::load_from_memory_with_format(&thumbnail.bytes, ImageFormat::Png).unwrap();
    assert_eq!((image.width(), image.height()), (thumbnail.width, thumbnail.height));
    image.into_rgba8()
}

/// Whether this pixel has about this colour and is opaque.
pub(crate) fn is_about(image: &RgbaImage, at: (u32, u32), colour: [u8; 3]) -> bool {
    let pixel = image.get_pixel(at.0, at.1).0;
    pixel[3] == 255 && pixel.iter().zip(colour).all(|(&seen, wanted)| seen.abs_diff(wanted) <= 12)
}

/// The colours of the quarters of a thumbnail, by their number in [`QUARTERS`].
pub(crate) fn seen_quarters(image: &RgbaImage) -> [Option<usize>; 4] {
    let (width, height) = image.dimensions();
    let middles = [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| (width * x / 4, height * y / 4));
    middles.map(|at| QUARTERS.iter().position(|&colour| is_about(image, at, colour)))
}
