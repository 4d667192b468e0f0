//! Previews show what thumbnails show, larger.

use bytes::Bytes;
use fm_domain::previews::{PictureFormat, PreviewSize};
use fm_domain::thumbnails::{RenderBudget, RenderSpec, Rendered, Thumbnailer as _};
use fm_imaging::ImageThumbnailer;
use image::{ImageFormat, RgbaImage};

use crate::pictures::{encoded, jpeg_with_exif, lossy_quarters, quarters, seen_quarters};

const UPRIGHT: [Option<usize>; 4] = [Some(0), Some(1), Some(2), Some(3)];

async fn preview(source: Bytes, size: PreviewSize) -> Rendered {
    let spec = RenderSpec::preview(size);
    ImageThumbnailer::default().render(source, spec, RenderBudget::STANDARD).await.unwrap()
}

fn pixels(rendered: &Rendered) -> RgbaImage {
    let format = match rendered.format {
        PictureFormat::Jpeg => ImageFormat::Jpeg,
        PictureFormat::Png => ImageFormat::Png,
    };
    let picture = image::load_from_memory_with_format(&rendered.bytes, format).unwrap().into_rgba8();
    assert_eq!(picture.dimensions(), (rendered.width, rendered.height));
    picture
}

#[tokio::test]
async fn every_format_is_rendered_in_every_size() {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let sources = [Jpeg, Png, Gif, WebP, Bmp, Tiff].map(|format| encoded(&quarters(1_500, 1_000), format));
    for source in sources.into_iter().chain([lossy_quarters(1_500, 1_000)]) {
        for (size, expected) in [(PreviewSize::Small, (256, 171)), (PreviewSize::Medium, (1_024, 683))] {
            let rendered = preview(source.clone(), size).await;
            assert_eq!(rendered.format, PictureFormat::Jpeg);
            let seen = pixels(&rendered);
            assert_eq!((seen.dimensions(), seen_quarters(&seen)), (expected, UPRIGHT), "{size:?}");
        }
    }
}

/// At half its scale a photograph has hardly more pixels than its preview.
#[tokio::test]
async fn a_jpeg_of_any_size_is_decoded_at_a_scale_that_is_large_enough() {
    for (width, height, expected) in [
        (3_000, 2_000, (1_024, 683)),
        (4_000, 3_000, (1_024, 768)),
        (1_030, 40, (1_024, 40)),
        (1_025, 1_025, (1_024, 1_024)),
        (700, 2_100, (341, 1_024)),
    ] {
        let source = encoded(&quarters(width, height), ImageFormat::Jpeg);
        let seen = pixels(&preview(source.clone(), PreviewSize::Medium).await);
        assert_eq!((seen.dimensions(), seen_quarters(&seen)), (expected, UPRIGHT), "{width} x {height}");
        let turned = preview(jpeg_with_exif(&source, 6), PreviewSize::Medium).await;
        assert_eq!((turned.height, turned.width), expected, "{width} x {height} on its side");
    }
}

#[tokio::test]
async fn what_a_broken_file_lacks_is_see_through_and_so_its_preview_is_a_png() {
    let whole = encoded(&quarters(1_600, 1_200), ImageFormat::Jpeg);
    let rendered = preview(whole.slice(..whole.len() * 6 / 10), PreviewSize::Small).await;
    assert_eq!(rendered.format, PictureFormat::Png);
    let seen = pixels(&rendered);
    assert_eq!(seen_quarters(&seen)[..2], UPRIGHT[..2]);
    assert_eq!(seen.get_pixel(128, seen.height() - 1).0, [0; 4]);
}

#[tokio::test]
async fn the_placeholder_of_a_thumbnail_that_is_higher_than_a_hash_takes_is_of_all_of_it() {
    for (width, height) in [(64, 101), (64, 4_096), (1, 4_096), (1, 1), (2_500, 10)] {
        let source = encoded(&quarters(width, height), ImageFormat::Png);
        let rendered = ImageThumbnailer::default();
        let rendered = rendered.render(source, RenderSpec::THUMBNAIL, RenderBudget::STANDARD).await.unwrap();
        let hash = rendered.placeholder.unwrap();
        let ratio = thumbhash::thumb_hash_to_approximate_aspect_ratio(hash.as_bytes()).unwrap();
        assert_eq!((ratio > 1.2, ratio < 0.8), (width > height, width < height), "{width} x {height}");
    }
}
