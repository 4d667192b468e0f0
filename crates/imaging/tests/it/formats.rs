//! Every format and kind of pixel gives the thumbnail that is seen in a viewer.

use crate::pictures::{
    QUARTERS, encoded, exif, interlaced_png, is_about, jpeg_with_exif, lossy_quarters, pixels,
    png_with_chunk, quarters, render, seen_quarters, tiff, webp_with_exif,
};
use bytes::Bytes;
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, GrayImage, ImageFormat, Luma, Rgba, RgbaImage};

const UPRIGHT: [Option<usize>; 4] = [Some(0), Some(1), Some(2), Some(3)];

#[tokio::test]
async fn every_format_gives_64_pixels_across_and_the_height_of_the_aspect() {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    for format in [Jpeg, Png, Gif, WebP, Bmp, Tiff] {
        for (size, expected) in [
            ((640, 480), (64, 48)),
            ((1000, 331), (64, 21)),
            ((65, 64), (64, 63)),
            ((64, 64), (64, 64)),
            ((40, 80), (40, 80)),
            ((2500, 10), (64, 1)),
        ] {
            let seen = pixels(encoded(&quarters(size.0, size.1), format)).await;
            assert_eq!(seen.dimensions(), expected, "{format:?} {size:?}");
            if expected.1 >= 8 {
                assert_eq!(seen_quarters(&seen), UPRIGHT, "{format:?} {size:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_height_is_never_more_than_4096() {
    let seen = pixels(encoded(&quarters(100, 20_000), ImageFormat::Png)).await;
    assert_eq!(seen.dimensions(), (64, 4096));
    assert_eq!(seen_quarters(&seen), UPRIGHT);
    assert_eq!(pixels(encoded(&quarters(3, 9000), ImageFormat::Png)).await.dimensions(), (3, 4096));
}

/// What the quarters look like when the viewer obeys each of the eight orientations.
const ORIENTED: [[usize; 4]; 8] = [
    [0, 1, 2, 3],
    [1, 0, 3, 2],
    [3, 2, 1, 0],
    [2, 3, 0, 1],
    [0, 2, 1, 3],
    [2, 0, 3, 1],
    [3, 1, 2, 0],
    [1, 3, 0, 2],
];

#[tokio::test]
async fn all_eight_orientations_are_applied_in_every_format_that_has_them() {
    let size = (320, 160);
    let jpeg = encoded(&quarters(size.0, size.1), ImageFormat::Jpeg);
    let png = encoded(&quarters(size.0, size.1), ImageFormat::Png);
    let webp = encoded(&quarters(size.0, size.1), ImageFormat::WebP);
    let lossy = lossy_quarters(size.0, size.1);
    for (orientation, expected) in (1..=8).zip(ORIENTED) {
        let sources = [
            jpeg_with_exif(&jpeg, orientation),
            png_with_chunk(&png, *b"eXIf", &exif(orientation)),
            webp_with_exif(&webp, size, orientation),
            webp_with_exif(&lossy, size, orientation),
        ];
        for source in sources {
            let seen = pixels(source).await;
            let shape = if orientation > 4 { (64, 128) } else { (64, 32) };
            assert_eq!(seen.dimensions(), shape, "orientation {orientation}");
            assert_eq!(seen_quarters(&seen), expected.map(Some), "orientation {orientation}");
        }
    }
}

#[tokio::test]
async fn a_tiff_is_turned_as_its_tag_says() {
    let grey: Vec<u8> = (0..200 * 100).map(|at| if at % 200 < 100 { 10 } else { 240 }).collect();
    let seen = pixels(tiff(200, 100, 6, &grey)).await;
    assert_eq!(seen.dimensions(), (64, 128));
    assert!(is_about(&seen, (32, 20), [10; 3]) && is_about(&seen, (32, 110), [240; 3]));
}

#[tokio::test]
async fn an_orientation_that_does_not_exist_is_as_good_as_none() {
    let jpeg = encoded(&quarters(320, 160), ImageFormat::Jpeg);
    for orientation in [0, 9, 255] {
        assert_eq!(seen_quarters(&pixels(jpeg_with_exif(&jpeg, orientation)).await), UPRIGHT);
    }
}

#[tokio::test]
async fn what_is_see_through_stays_so_and_does_not_bleed() {
    // Opaque red beside green that is fully transparent.
    let image =
        RgbaImage::from_fn(
            256,
            256,
            |x, _| if x < 128 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) },
        );
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        let seen = pixels(encoded(&DynamicImage::from(image.clone()), format)).await;
        assert_eq!(seen.get_pixel(8, 32).0, [255, 0, 0, 255], "{format:?}");
        assert_eq!(seen.get_pixel(60, 32).0[3], 0, "{format:?}");
        let bled =
            seen.pixels().filter(|pixel| pixel.0[3] > 8 && (pixel.0[0] < 240 || pixel.0[1] > 15)).count();
        assert_eq!(bled, 0, "{format:?}");
    }
}

#[tokio::test]
async fn half_see_through_pixels_keep_their_colour() {
    let image = RgbaImage::from_pixel(300, 300, Rgba([200, 100, 50, 128]));
    let seen = pixels(encoded(&DynamicImage::from(image), ImageFormat::Png)).await;
    let [red, green, blue, alpha] = seen.get_pixel(32, 32).0;
    assert_eq!(alpha, 128);
    assert!(
        red.abs_diff(200) <= 2 && green.abs_diff(100) <= 2 && blue.abs_diff(50) <= 2,
        "{:?}",
        seen.get_pixel(32, 32)
    );
}

#[tokio::test]
async fn grey_and_deep_pixels_are_brought_to_eight_bits() {
    let upright = quarters(256, 128);
    let deep = [
        (DynamicImage::from(upright.to_rgb16()), ImageFormat::Png),
        (DynamicImage::from(upright.to_rgba16()), ImageFormat::Png),
        (DynamicImage::from(upright.to_rgb16()), ImageFormat::Tiff),
    ];
    for (image, format) in deep {
        assert_eq!(seen_quarters(&pixels(encoded(&image, format)).await), UPRIGHT);
    }
    let grey = GrayImage::from_fn(256, 128, |x, _| Luma([if x < 128 { 30 } else { 220 }]));
    let greys = [
        (DynamicImage::from(grey.clone()), ImageFormat::Jpeg),
        (DynamicImage::from(grey.clone()), ImageFormat::Png),
        (DynamicImage::from(grey.clone()).to_luma_alpha8().into(), ImageFormat::Png),
        (DynamicImage::from(grey.clone()).to_luma16().into(), ImageFormat::Png),
        (DynamicImage::from(grey).to_luma_alpha16().into(), ImageFormat::Png),
    ];
    for (image, format) in greys {
        let seen = pixels(encoded(&image, format)).await;
        assert!(is_about(&seen, (10, 16), [30; 3]) && is_about(&seen, (54, 16), [220; 3]), "{format:?}");
    }
}

#[tokio::test]
async fn palettes_of_few_bits_are_read() {
    let mut info = png::Info::with_size(200, 100);
    info.color_type = png::ColorType::Indexed;
    info.bit_depth = png::BitDepth::Two;
    info.palette = Some(QUARTERS.concat().into());
    let mut file = Vec::new();
    let mut writer = png::Encoder::with_info(&mut file, info).unwrap().write_header().unwrap();
    // Four pixels of two bits a byte: 25 bytes for each half of a row.
    let row = |indices: [u8; 2]| indices.into_iter().flat_map(|index| [index * 0b0101_0101; 25]);
    let data: Vec<u8> = (0..100).flat_map(|y| row(if y < 50 { [0, 1] } else { [2, 3] })).collect();
    writer.write_image_data(&data).unwrap();
    drop(writer);
    assert_eq!(seen_quarters(&pixels(file.into()).await), UPRIGHT);
}

#[tokio::test]
async fn interlaced_rows_are_put_together() {
    for (width, height) in [(1, 1), (5, 3), (64, 64), (203, 101)] {
        let seen = pixels(interlaced_png(&quarters(width, height).into_rgb8())).await;
        assert_eq!(seen.width(), width.min(64));
        if width > 10 {
            assert_eq!(seen_quarters(&seen), UPRIGHT);
        }
    }
}

fn gif(frames: &[(RgbaImage, u32, u32)]) -> Bytes {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    for (image, left, top) in frames {
        let delay = image::Delay::from_numer_denom_ms(100, 1);
        encoder.encode_frame(Frame::from_parts(image.clone(), *left, *top, delay)).unwrap();
    }
    drop(encoder);
    file.into()
}

#[tokio::test]
async fn an_animation_shows_its_first_frame() {
    let first = quarters(200, 100).into_rgba8();
    let second = RgbaImage::from_pixel(200, 100, Rgba([0, 0, 0, 255]));
    let seen = pixels(gif(&[(first, 0, 0), (second, 0, 0)])).await;
    assert_eq!(seen_quarters(&seen), UPRIGHT);
}

#[tokio::test]
async fn a_frame_smaller_than_its_canvas_lies_where_it_belongs() {
    let frame = RgbaImage::from_pixel(100, 50, Rgba([200, 30, 30, 255]));
    let mut file = gif(&[(frame, 0, 0)]).to_vec();
    // The canvas becomes 200 × 100, and the frame moves to its lower right quarter.
    file[6..10].copy_from_slice(&[200, 0, 100, 0]);
    let descriptor = file.windows(9).position(|window| window == [0x2c, 0, 0, 0, 0, 100, 0, 50, 0]).unwrap();
    file[descriptor + 1..descriptor + 5].copy_from_slice(&[100, 0, 50, 0]);
    let seen = pixels(file.into()).await;
    assert_eq!(seen.dimensions(), (64, 32));
    assert_eq!(seen.get_pixel(10, 8).0[3], 0);
    assert_eq!(seen.get_pixel(50, 8).0[3], 0);
    assert!(is_about(&seen, (48, 24), [200, 30, 30]));
}

#[tokio::test]
async fn no_metadata_reaches_the_thumbnail() {
    let jpeg = jpeg_with_exif(&encoded(&quarters(320, 160), ImageFormat::Jpeg), 6);
    let png = png_with_chunk(&encoded(&quarters(320, 160), ImageFormat::Png), *b"tEXt", b"Comment\0at home");
    for source in [jpeg, png] {
        let thumbnail = render(source).await.unwrap();
        let mut kinds = Vec::new();
        let mut at = 8;
        while at < thumbnail.bytes.len() {
            let length = u32::from_be_bytes(thumbnail.bytes[at..at + 4].try_into().unwrap());
            kinds.push(thumbnail.bytes.slice(at + 4..at + 8));
            at += 12 + usize::try_from(length).unwrap();
        }
        assert!(kinds.iter().all(|kind| matches!(&kind[..], b"IHDR" | b"IDAT" | b"IEND")), "{kinds:?}");
    }
}

#[tokio::test]
async fn a_truncated_jpeg_is_shown_as_far_as_it_goes() {
    for (width, height) in [(1600, 1200), (300, 200)] {
        let jpeg = encoded(&quarters(width, height), ImageFormat::Jpeg);
        let end = pixels(jpeg.slice(..jpeg.len() - 2)).await;
        assert_eq!(seen_quarters(&end), UPRIGHT);
        let cut = pixels(jpeg.slice(..jpeg.len() * 6 / 10)).await;
        assert_eq!(seen_quarters(&cut)[..2], UPRIGHT[..2]);
        assert_eq!(cut.get_pixel(32, cut.height() - 1).0, [0; 4]);
    }
}

#[tokio::test]
async fn alpha_that_the_header_of_a_webp_does_not_promise_is_seen() {
    let veiled = RgbaImage::from_pixel(80, 80, Rgba([250, 20, 20, 100]));
    let plain = encoded(&veiled.into(), ImageFormat::WebP);
    let seen = pixels(webp_with_exif(&plain, (80, 80), 1)).await;
    assert_eq!(seen.get_pixel(32, 32).0, [250, 20, 20, 100]);
}
