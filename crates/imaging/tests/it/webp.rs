//! Lossy WebP, which libwebp decodes at reduced scale where there is no alpha.

use bytes::Bytes;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Thumbnailer as _};
use fm_imaging::ImageThumbnailer;
use fm_webp::testing::{lossy, lossy_with_alpha};
use image::{Rgba, RgbaImage};

use crate::pictures::{is_about, lossy_quarters, pixels, quarters, render, seen_quarters, webp_with_exif};

const UPRIGHT: [Option<usize>; 4] = [Some(0), Some(1), Some(2), Some(3)];

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    [&name[..], &length, data, &vec![0; data.len() % 2]].concat()
}

fn three(number: u32) -> [u8; 3] {
    *number.to_le_bytes().first_chunk().unwrap()
}

#[tokio::test]
async fn a_lossy_picture_looks_like_itself_at_every_size() {
    for (width, height, wanted) in [
        (320, 160, (64, 32)),
        (64, 32, (64, 32)),
        (63, 90, (63, 90)),
        (65, 65, (64, 64)),
        (127, 60, (64, 30)),
        (128, 64, (64, 32)),
        (129, 70, (64, 35)),
        (3000, 1000, (64, 21)),
        (16, 2000, (16, 2000)),
        (100, 8000, (64, 4096)),
        (8000, 70, (64, 1)),
    ] {
        let seen = pixels(lossy_quarters(width, height)).await;
        assert_eq!(seen.dimensions(), wanted, "{width} × {height}");
        if wanted.1 > 1 {
            assert_eq!(seen_quarters(&seen), UPRIGHT, "{width} × {height}");
        }
    }
}

#[tokio::test]
async fn a_lossy_picture_is_refused_by_its_header() {
    let file = lossy_quarters(100, 100);
    for budget in [
        RenderBudget { max_pixels: 99 * 100, ..RenderBudget::STANDARD },
        RenderBudget { max_alloc: 16 * 1024, ..RenderBudget::STANDARD },
    ] {
        let answer = ImageThumbnailer::default().render(file.clone(), RenderSpec::THUMBNAIL, budget).await;
        assert!(matches!(answer, Err(RenderThumbnail::TooLarge)), "{budget:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_lossy_picture_that_is_cut_off_or_of_another_size_than_its_header_is_undecodable() {
    let size = (320, 160);
    let plain = lossy_quarters(size.0, size.1);
    let extended = webp_with_exif(&plain, size, 1);
    assert_eq!(seen_quarters(&pixels(extended.clone()).await), UPRIGHT);
    let mut broken: Vec<Bytes> = vec![webp_with_exif(&plain, (321, 160), 1)];
    let end = extended.windows(4).position(|name| name == b"EXIF").unwrap();
    for percent in [10, 30, 60, 90, 99] {
        broken.push(plain.slice(..plain.len() * percent / 100));
        broken.push(extended.slice(..end * percent / 100));
    }
    for file in broken {
        let answer = render(file.clone()).await;
        assert!(matches!(answer, Err(RenderThumbnail::Undecodable(_))), "{} bytes: {answer:?}", file.len());
    }
}

#[tokio::test]
async fn the_alpha_of_a_lossy_picture_is_seen() {
    let veiled = RgbaImage::from_fn(256, 128, |x, _y| Rgba([200, 30, 30, if x < 128 { 255 } else { 0 }]));
    let seen = pixels(lossy_with_alpha(&veiled, 256, 128).unwrap().into()).await;
    assert!(is_about(&seen, (16, 16), [200, 30, 30]), "{:?}", seen.get_pixel(16, 16));
    assert_eq!(seen.get_pixel(50, 16).0[3], 0);
}

#[tokio::test]
async fn the_first_frame_of_a_lossy_animation_lies_at_its_place() {
    let (canvas, frame) = ((320, 160), (160, 80));
    let picture = lossy(&quarters(frame.0, frame.1).to_rgb8(), frame.0, frame.1).unwrap();
    let header = [&[0b1_0010_u8, 0, 0, 0][..], &three(canvas.0 - 1), &three(canvas.1 - 1)].concat();
    // At 160, 80, in units of two pixels; shown for 100 ms.
    let place = [80, 40, frame.0 - 1, frame.1 - 1, 100].map(three).concat();
    let body = [
        b"WEBP".to_vec(),
        chunk(*b"VP8X", &header),
        chunk(*b"ANIM", &[0; 6]),
        chunk(*b"ANMF", &[&place[..], &[0], &picture[12..]].concat()),
    ];
    let seen = pixels(chunk(*b"RIFF", &body.concat()).into()).await;
    assert_eq!(seen.dimensions(), (64, 32));
    assert_eq!((seen.get_pixel(8, 8).0[3], seen.get_pixel(40, 8).0[3]), (0, 0));
    assert!(is_about(&seen, (40, 20), [230, 20, 20]), "{:?}", seen.get_pixel(40, 20));
    assert!(is_about(&seen, (60, 30), [240, 240, 40]), "{:?}", seen.get_pixel(60, 30));
}
