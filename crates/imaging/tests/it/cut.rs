//! Pictures that are cut off or broken in the middle: what is there is shown, the rest is see-through.

use bytes::Bytes;
use fm_domain::thumbnails::RenderThumbnail;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use crate::pictures::{
    encoded, interlaced_png, pixels, png_chunk, png_with_chunk, quarters, render, webp_with_exif,
};

/// A picture that does not compress, in red above and blue below.
fn grain() -> DynamicImage {
    let mut state = 0x2545_f491_u32;
    RgbImage::from_fn(256, 256, |_, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let noise = u8::try_from(state % 32).unwrap();
        if y < 128 { Rgb([200 + noise, noise, noise]) } else { Rgb([noise, noise, 200 + noise]) }
    })
    .into()
}

/// The opacity of the middle of each eighth of the thumbnail, from the top.
async fn opacity(file: Bytes) -> [u8; 8] {
    let seen = pixels(file).await;
    std::array::from_fn(|row| seen.get_pixel(32, u32::try_from(row).unwrap() * 8 + 4).0[3])
}

#[tokio::test]
async fn the_rows_that_came_are_shown_and_the_rest_is_see_through() {
    for format in [ImageFormat::Png, ImageFormat::Gif] {
        let whole = encoded(&grain(), format);
        let seen = pixels(whole.slice(..whole.len() * 3 / 8)).await;
        let [red, green, blue, alpha] = seen.get_pixel(32, 4).0;
        assert!(
            alpha == 255 && red > 150 && green < 90 && blue < 90,
            "{format:?}: {:?}",
            seen.get_pixel(32, 4)
        );
        assert_eq!(seen.get_pixel(32, 60).0[3], 0, "{format:?}");
        let half = opacity(whole.slice(..whole.len() / 2)).await;
        assert_eq!(
            (half[0], half[1], half[2], half[5], half[6], half[7]),
            (255, 255, 255, 0, 0, 0),
            "{format:?}"
        );
        let nearly = opacity(whole.slice(..whole.len() - 5)).await;
        assert_eq!(nearly[..7], [255; 7], "{format:?}");
    }
}

#[tokio::test]
async fn an_interlaced_png_shows_the_passes_that_came() {
    let whole = interlaced_png(&grain().into_rgb8());
    let seen = pixels(whole.slice(..whole.len() / 4)).await;
    for (y, colour) in [(8, 0), (56, 2)] {
        let pixel = seen.get_pixel(32, y).0;
        assert!(pixel[3] == 255 && pixel[colour] > 150 && pixel[2 - colour] < 100, "{pixel:?} in row {y}");
    }
    let first_rows = opacity(whole.slice(..whole.len() / 130)).await;
    assert_eq!((first_rows[0], first_rows[7]), (255, 0));
}

#[tokio::test]
async fn a_png_is_whole_without_its_end_or_with_wrong_checksums() {
    let whole = encoded(&quarters(200, 100), ImageFormat::Png);
    let expected = render(whole.clone()).await.unwrap().bytes;
    let data = whole.windows(4).position(|name| name == b"IDAT").unwrap();
    let length = u32::from_be_bytes(whole[data - 4..data].try_into().unwrap());
    let end = data + 4 + usize::try_from(length).unwrap();
    let with = |at: usize| {
        let mut file = whole.to_vec();
        file[at] ^= 0xff;
        Bytes::from(file)
    };
    for (what, file) in [
        ("no end", whole.slice(..whole.len() - 12)),
        ("no checksum", whole.slice(..end)),
        ("a wrong checksum", with(end)),
        ("a wrong Adler-32", with(end - 1)),
        ("a wrong checksum of the header", with(29)),
        ("a wrong checksum of the end", with(whole.len() - 1)),
    ] {
        assert_eq!(render(file).await.unwrap().bytes, expected, "{what}");
    }
    let mut text = png_chunk(*b"gAMA", &[0, 0, 0, 1]);
    *text.last_mut().unwrap() ^= 1;
    let file: Bytes = [&whole[..33], &text, &whole[33..]].concat().into();
    assert_eq!(render(file).await.unwrap().bytes, expected, "a wrong checksum of a chunk that is not needed");
}

#[tokio::test]
async fn a_png_without_a_row_is_undecodable() {
    let whole = encoded(&grain(), ImageFormat::Png);
    let apple = png_with_chunk(&whole, *b"CgBI", &[0x50, 0, 0x20, 2]);
    for file in [whole.slice(..60), whole.slice(..33), apple] {
        let answer = render(file).await;
        assert!(matches!(answer, Err(RenderThumbnail::Undecodable(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn a_webp_whose_header_promises_what_is_not_there_is_shown() {
    let size = (160, 80);
    let whole = webp_with_exif(&encoded(&quarters(size.0, size.1), ImageFormat::WebP), size, 1);
    let expected = pixels(whole.clone()).await;
    // Without its EXIF, but with the promise; alpha, XMP and an animation are promised, too.
    let exif = whole.windows(4).position(|name| name == b"EXIF").unwrap();
    for promise in [0b1_0000, 0b1000, 0b100, 0b10_0000, 0b11_1100, 0b11_1110] {
        let mut file = whole[..exif].to_vec();
        file[20] = promise;
        assert_eq!(pixels(file.into()).await, expected, "{promise:06b}");
    }
}
