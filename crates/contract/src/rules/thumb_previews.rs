//! THUMB: previews, and the placeholders of thumbnails.

use bytes::Bytes;
use fm_domain::previews::PictureFormat;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, Rendered};
use image::{DynamicImage, ImageFormat, RgbaImage};

use crate::fixture::picture::{BLUE, RED, encoded, oriented, plain, quarters};
use crate::harness::ThumbnailerHarness;

async fn render<H: ThumbnailerHarness>(harness: &H, source: Bytes, spec: RenderSpec) -> Rendered {
    harness.thumbnailer().render(source, spec, RenderBudget::STANDARD).await.unwrap()
}

async fn preview<H: ThumbnailerHarness>(harness: &H, source: Bytes, longer_side: u32) -> Rendered {
    render(harness, source, RenderSpec::Preview { longer_side }).await
}

/// The pixels of a picture, which is what it says it is.
fn pixels(rendered: &Rendered) -> RgbaImage {
    let format = match rendered.format {
        PictureFormat::Jpeg => ImageFormat::Jpeg,
        PictureFormat::Png => ImageFormat::Png,
    };
    let decoded = image::load_from_memory_with_format(&rendered.bytes, format).unwrap();
    assert_eq!((decoded.width(), decoded.height()), (rendered.width, rendered.height), "the size it tells");
    decoded.into_rgba8()
}

/// Whether all four are about these.
fn is_about(seen: [u8; 4], wanted: [u8; 4]) -> bool {
    seen.iter().zip(wanted).all(|(seen, wanted)| seen.abs_diff(wanted) <= 16)
}

pub(crate) async fn thumb_15_a_preview_fits_into_a_square_and_keeps_its_shape<H: ThumbnailerHarness>(
    harness: &H,
) {
    for (size, longer_side, expected) in [
        ((300, 200), 150, (150, 100)),
        ((200, 300), 150, (100, 150)),
        ((100, 1_000), 100, (10, 100)),
        ((40, 30), 256, (40, 30)),
        ((256, 256), 256, (256, 256)),
        ((5_000, 1), 256, (256, 1)),
        ((1, 5_000), 256, (1, 256)),
    ] {
        let source = encoded(&plain(size.0, size.1, [9, 9, 9, 255]), ImageFormat::Png);
        let seen = pixels(&preview(harness, source, longer_side).await);
        assert_eq!(seen.dimensions(), expected, "{size:?} within {longer_side}");
    }
    let turned = oriented(&encoded(&quarters(192, 96), ImageFormat::Jpeg), 6);
    let seen = pixels(&preview(harness, turned, 96).await);
    assert_eq!(seen.dimensions(), (48, 96), "a picture on its side");
    assert!(is_about(seen.get_pixel(12, 24).0, [BLUE[0], BLUE[1], BLUE[2], 255]), "which way up it is");
}

pub(crate) async fn thumb_16_a_preview_is_a_jpeg_where_it_is_opaque_and_else_a_png_without_metadata<
    H: ThumbnailerHarness,
>(
    harness: &H,
) {
    let mut clear = RgbaImage::from_pixel(64, 64, image::Rgba([200, 30, 30, 255]));
    clear.get_pixel_mut(8, 8).0 = [0, 0, 0, 0];
    let opaque = plain(64, 64, [200, 30, 30, 255]);
    let photograph = oriented(&encoded(&quarters(300, 200), ImageFormat::Jpeg), 1);
    for (what, source, format) in [
        ("a photograph", photograph, PictureFormat::Jpeg),
        ("an opaque PNG with alpha", encoded(&opaque, ImageFormat::Png), PictureFormat::Jpeg),
        ("a PNG with a hole", encoded(&clear.into(), ImageFormat::Png), PictureFormat::Png),
    ] {
        let rendered = preview(harness, source, 64).await;
        assert_eq!(rendered.format, format, "{what}");
        let has_hole = pixels(&rendered).get_pixel(8, 8).0[3] < 128;
        assert_eq!(has_hole, format == PictureFormat::Png, "{what}");
        assert!(!rendered.bytes.windows(4).any(|bytes| bytes == b"Exif"), "the metadata of {what}");
    }
}

pub(crate) async fn thumb_17_a_thumbnail_has_a_placeholder_of_its_shape_and_colour<H: ThumbnailerHarness>(
    harness: &H,
) {
    let colour = |[red, green, blue]: [u8; 3], alpha| [red, green, blue, alpha];
    for (what, size, drawn) in [
        ("a red square", (200, 200), colour(RED, 255)),
        ("a blue picture twice as wide", (400, 200), colour(BLUE, 255)),
        ("a column that is higher than any placeholder", (64, 4_000), colour(RED, 255)),
        ("what is half clear", (90, 90), colour(BLUE, 128)),
    ] {
        let picture: DynamicImage = plain(size.0, size.1, drawn);
        let rendered = render(harness, encoded(&picture, ImageFormat::Png), RenderSpec::THUMBNAIL).await;
        let hash = rendered.placeholder.unwrap();
        let hash = hash.as_bytes();
        let (red, green, blue, alpha) = thumbhash::thumb_hash_to_average_rgba(hash).unwrap();
        let seen = [red, green, blue, alpha].map(as_byte);
        assert!(is_about(seen, drawn), "{what}: {seen:?} instead of {drawn:?}");
        let ratio = thumbhash::thumb_hash_to_approximate_aspect_ratio(hash).unwrap();
        assert_eq!((ratio > 1.2, ratio < 0.8), (size.0 > size.1, size.0 < size.1), "the shape of {what}");
    }
    let source = encoded(&quarters(300, 200), ImageFormat::Png);
    assert_eq!(preview(harness, source, 256).await.placeholder, None, "of a preview");
}

/// A share from 0 to 1 as a number from 0 to 255.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is between 0 and 1")]
fn as_byte(share: f32) -> u8 {
    (share * 255.0).round() as u8
}
