//! Pictures that were made to break whatever opens them.

use std::num::NonZero;
use std::time::{Duration, Instant};

use crate::pictures::{encoded, jpeg_with_exif, png_chunk, png_with_chunk, quarters, render, tiff};
use bytes::Bytes;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered, Thumbnailer as _};
use fm_imaging::{ImageThumbnailer, ImagingSettings};
use image::ImageFormat;

const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::Gif,
    ImageFormat::WebP,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

/// A PNG that says it is this large, and holds next to nothing.
fn declared(width: u32, height: u32) -> Bytes {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let chunks = [png_chunk(*b"IHDR", &header), png_chunk(*b"IDAT", &[0x78, 0x9c]), png_chunk(*b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunks.concat()].concat().into()
}

#[tokio::test]
async fn a_picture_with_too_many_pixels_is_refused_by_its_header() {
    let started = Instant::now();
    assert!(matches!(render(declared(50_000, 50_000)).await, Err(RenderThumbnail::TooLarge)));
    assert!(matches!(render(declared(100_000_001, 1)).await, Err(RenderThumbnail::TooLarge)));
    // To decode so many would take minutes.
    assert!(started.elapsed() < Duration::from_secs(20));
    let budget = RenderBudget { max_pixels: 99 * 100, ..RenderBudget::STANDARD };
    for format in FORMATS {
        let picture = encoded(&quarters(100, 100), format);
        let answer = ImageThumbnailer::default().render(picture, RenderSpec::THUMBNAIL, budget).await;
        assert!(matches!(answer, Err(RenderThumbnail::TooLarge)), "{format:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_picture_that_needs_too_much_memory_is_refused() {
    let budget = RenderBudget { max_alloc: 4096, ..RenderBudget::STANDARD };
    for format in FORMATS {
        let picture = encoded(&quarters(3000, 1000), format);
        let answer = ImageThumbnailer::default().render(picture, RenderSpec::THUMBNAIL, budget).await;
        assert!(matches!(answer, Err(RenderThumbnail::TooLarge)), "{format:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_picture_that_ends_before_its_first_row_is_undecodable() {
    for format in FORMATS {
        let picture = encoded(&quarters(300, 200), format);
        for length in [0, 1, 8, 12, 30] {
            let answer = render(picture.slice(..length)).await;
            assert!(
                matches!(answer, Err(RenderThumbnail::Undecodable(_))),
                "{format:?} at {length}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_truncated_picture_is_undecodable_where_browsers_show_none_of_it() {
    for format in [ImageFormat::WebP, ImageFormat::Tiff] {
        let picture = encoded(&quarters(300, 200), format);
        for length in [picture.len() / 3, picture.len() / 2] {
            let answer = render(picture.slice(..length)).await;
            assert!(
                matches!(answer, Err(RenderThumbnail::Undecodable(_))),
                "{format:?} at {length}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_picture_is_undecodable() {
    for bytes in [&b""[..], b"hello", b"%PDF-1.7", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", &[0; 1000]]
    {
        assert!(matches!(render(Bytes::from_static(b"")).await, Err(RenderThumbnail::Undecodable(_))));
        assert!(matches!(render(Bytes::copy_from_slice(bytes)).await, Err(RenderThumbnail::Undecodable(_))));
    }
}

/// Whether the answer tells of a defect: a decoder that panics or goes on for too long, or a thumbnail that can't be made.
fn is_defect(answer: &Result<Rendered, RenderThumbnail>) -> bool {
    match answer {
        Err(RenderThumbnail::Undecodable(complaint)) => complaint == "it makes its decoder panic",
        Err(RenderThumbnail::Store(_) | RenderThumbnail::TimedOut) => true,
        _ => false,
    }
}

#[tokio::test]
async fn flipped_bytes_are_answered_and_never_break_the_process() {
    for format in FORMATS {
        let picture = encoded(&quarters(120, 80), format);
        let mut state = 12_345_u32;
        for _ in 0..150 {
            let mut broken = picture.to_vec();
            for _ in 0..4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = usize::try_from(state >> 8).unwrap() % broken.len();
                broken[at] ^= u8::try_from(state & 0xff).unwrap() | 1;
            }
            let answer = render(broken.into()).await;
            assert!(!is_defect(&answer), "{format:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn packed_metadata_does_not_hinder_the_picture() {
    // Neither is packed correctly. The profile is ignored, and no decoder unpacks texts.
    let png = encoded(&quarters(100, 100), ImageFormat::Png);
    let packed = [b"name\0\0".as_slice(), &[0; 4096]].concat();
    for kind in [*b"iCCP", *b"zTXt"] {
        assert_eq!(render(png_with_chunk(&png, kind, &packed)).await.unwrap().width, 64);
    }
}

#[tokio::test]
async fn broken_exif_data_does_not_hinder_the_picture() {
    let jpeg = jpeg_with_exif(&encoded(&quarters(320, 160), ImageFormat::Jpeg), 6);
    let header = jpeg.windows(4).position(|window| window == b"II*\0").unwrap();
    for (at, byte) in [(header, 0), (header + 4, 0xff), (header + 8, 0xff), (header + 12, 0xff)] {
        let mut broken = jpeg.to_vec();
        broken[at] = byte;
        assert_eq!(render(broken.into()).await.unwrap().width, 64, "byte {at}");
    }
}

#[tokio::test]
async fn a_tiff_that_promises_more_than_it_has_is_undecodable() {
    let answer = render(tiff(5000, 5000, 1, &[0; 100])).await;
    assert!(matches!(answer, Err(RenderThumbnail::Undecodable(_))), "{answer:?}");
}

#[tokio::test]
async fn time_that_runs_out_is_said_to_have_run_out() {
    for format in FORMATS {
        let picture = encoded(&quarters(2000, 2000), format);
        let budget = RenderBudget { time: Duration::ZERO, ..RenderBudget::STANDARD };
        let answer = ImageThumbnailer::default().render(picture.clone(), RenderSpec::THUMBNAIL, budget).await;
        assert!(matches!(answer, Err(RenderThumbnail::TimedOut)), "{format:?}: {answer:?}");
        let budget = RenderBudget { time: Duration::from_micros(300), ..RenderBudget::STANDARD };
        let started = Instant::now();
        let answer = ImageThumbnailer::default().render(picture, RenderSpec::THUMBNAIL, budget).await;
        assert!(matches!(answer, Err(RenderThumbnail::TimedOut)), "{format:?}: {answer:?}");
        assert!(started.elapsed() < Duration::from_secs(20), "{format:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "the test waits for its tasks")]
async fn pictures_wait_for_their_turn_and_leave_the_runtime_free() {
    let one = ImageThumbnailer::new(ImagingSettings { at_once: NonZero::<usize>::MIN });
    let picture = encoded(&quarters(4000, 3000), ImageFormat::Png);
    let renders: Vec<_> = (0..4)
        .map(|_| {
            let (one, picture) = (one.clone(), picture.clone());
            tokio::spawn(async move {
                one.render(picture, RenderSpec::THUMBNAIL, RenderBudget::STANDARD).await.unwrap()
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(renders.iter().any(|task| !task.is_finished()));
    for task in renders {
        assert_eq!(task.await.unwrap().height, 48);
    }
}
