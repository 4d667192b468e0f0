//! Small pictures, whole and broken.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// A picture with a red left half and a blue right half, in this format.
pub fn halves(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture =
        RgbImage::from_fn(
            width,
            height,
            |x, _| {
                if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) }
            },
        );
    encode(&DynamicImage::ImageRgb8(picture), format)
}

/// A PNG.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    halves(width, height, ImageFormat::Png)
}

/// A PNG whose left half is wholly transparent and whose right half is solid green.
pub fn half_transparent_png(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbaImage::from_fn(width, height, |x, _| {
        if x < width / 2 { Rgba([0, 0, 0, 0]) } else { Rgba([0, 200, 0, 255]) }
    });
    encode(&DynamicImage::ImageRgba8(picture), ImageFormat::Png)
}

/// An animation whose first frame is red and whose second is blue.
pub fn animated_gif(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    {
        let mut encoder = GifEncoder::new(&mut bytes);
        for color in [Rgba([220, 20, 20, 255]), Rgba([20, 20, 220, 255])] {
            encoder.encode_frame(Frame::new(RgbaImage::from_pixel(width, height, color))).unwrap();
        }
    }
    bytes
}

/// A JPEG with an EXIF orientation spliced in behind its first marker.
pub fn jpeg_with_orientation(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let plain = halves(width, height, ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
    let mut bytes = plain[..2].to_vec();
    bytes.extend_from_slice(&[0xff, 0xe1]);
    bytes.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    bytes.extend_from_slice(&exif);
    bytes.extend_from_slice(&plain[2..]);
    bytes
}

/// A PNG that declares 50,000 by 50,000 pixels and holds next to none.
pub fn bomb() -> Vec<u8> {
    let mut bytes = png(8, 8);
    // The header chunk begins behind the signature, its length and its name.
    bytes[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
    let sum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// A PNG that ends before its first row.
pub fn head_of_a_png() -> Vec<u8> {
    let mut bytes = png(100, 100);
    // The signature, the header chunk, and the length and name of the next.
    bytes.truncate(8 + 25 + 8);
    bytes
}

/// The pixels of a PNG.
pub fn decode(png: &[u8]) -> RgbaImage {
    image::load_from_memory_with_format(png, ImageFormat::Png).expect("a PNG").to_rgba8()
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The check sum of a PNG chunk (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}
