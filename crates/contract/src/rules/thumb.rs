//! THUMB: thumbnails.

use std::time::{Duration, Instant};

use bytes::Bytes;
use fm_domain::previews::PictureFormat;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use crate::fixture::picture::{
    BLUE, GREEN, RED, WHITE, animated, claiming, encoded, grain, oriented, plain, quarters,
};
use crate::fixture::poll::{Beats, beats_beside, cut_after};
use crate::fixture::{ATTEMPTS, fill, soon};
use crate::harness::ThumbnailerHarness;

/// Every format that the HTTP contract names.
const FORMATS: [(ImageFormat, &str); 6] = [
    (ImageFormat::Jpeg, "image/jpeg"),
    (ImageFormat::Png, "image/png"),
    (ImageFormat::Gif, "image/gif"),
    (ImageFormat::WebP, "image/webp"),
    (ImageFormat::Bmp, "image/bmp"),
    (ImageFormat::Tiff, "image/tiff"),
];

/// How many renders are begun and dropped: more than are let in at once.
const DROPPED: usize = 100;

async fn render<H: ThumbnailerHarness>(harness: &H, source: Bytes) -> Result<Rendered, RenderThumbnail> {
    harness.thumbnailer().render(source, RenderSpec::THUMBNAIL, RenderBudget::STANDARD).await
}

/// The pixels of a thumbnail, which is what it says it is.
fn pixels(thumbnail: &Rendered) -> RgbaImage {
    assert_eq!(thumbnail.format, PictureFormat::Png);
    let decoded = image::load_from_memory_with_format(&thumbnail.bytes, ImageFormat::Png).unwrap();
    assert_eq!((decoded.width(), decoded.height()), (thumbnail.width, thumbnail.height), "the size it tells");
    decoded.to_rgba8()
}

async fn rendered<H: ThumbnailerHarness>(
    harness: &H,
    picture: &DynamicImage,
    format: ImageFormat,
) -> RgbaImage {
    pixels(&render(harness, encoded(picture, format)).await.unwrap())
}

/// The colours in the middle of each quarter, as the nearest of those that pictures are drawn with.
fn colours(picture: &RgbaImage) -> [[u8; 3]; 4] {
    let (width, height) = picture.dimensions();
    let places = [(1, 1), (3, 1), (1, 3), (3, 3)];
    places.map(|(x, y)| {
        let [red, green, blue, _] = picture.get_pixel(width * x / 4, height * y / 4).0;
        let distance = |colour: &[u8; 3]| -> u32 {
            colour
                .iter()
                .zip([red, green, blue])
                .map(|(left, right)| u32::from(left.abs_diff(right)).pow(2))
                .sum()
        };
        [RED, GREEN, BLUE, WHITE].into_iter().min_by_key(distance).unwrap()
    })
}

fn assert_size(picture: &RgbaImage, width: u32, height: u32, what: &str) {
    assert_eq!(picture.width(), width, "the width of {what}");
    assert!(
        picture.height().abs_diff(height) <= 1,
        "the height of {what}: {} for {height}",
        picture.height()
    );
}

pub(crate) async fn thumb_01_every_format_becomes_a_png_of_the_width_and_its_own_shape<
    H: ThumbnailerHarness,
>(
    harness: &H,
) {
    let thumbnailer = harness.thumbnailer();
    for (format, name) in FORMATS {
        assert!(thumbnailer.accepts(&fill::media_type(name)), "{name} is not accepted");
        assert!(thumbnailer.formats().contains(&fill::media_type(name)), "{name} is not named");
        let thumbnail = rendered(harness, &quarters(300, 200), format).await;
        assert_size(&thumbnail, 64, 43, name);
        assert_eq!(colours(&thumbnail), [RED, GREEN, BLUE, WHITE], "{name}");
    }
    assert!(!thumbnailer.accepts(&fill::media_type("text/plain")), "text is accepted");
    assert!(
        thumbnailer.formats().iter().all(|format| thumbnailer.accepts(format)),
        "it names what it does not accept"
    );
}

pub(crate) async fn thumb_02_a_small_picture_is_not_enlarged<H: ThumbnailerHarness>(harness: &H) {
    for (width, height) in [(1, 1), (10, 30), (63, 5), (64, 64)] {
        let thumbnail = rendered(harness, &plain(width, height, [1, 2, 3, 255]), ImageFormat::Png).await;
        assert_eq!(thumbnail.dimensions(), (width, height));
    }
}

pub(crate) async fn thumb_03_each_of_the_eight_orientations_is_applied<H: ThumbnailerHarness>(harness: &H) {
    let jpeg = encoded(&quarters(192, 96), ImageFormat::Jpeg);
    let upright = [
        [RED, GREEN, BLUE, WHITE],
        [GREEN, RED, WHITE, BLUE],
        [WHITE, BLUE, GREEN, RED],
        [BLUE, WHITE, RED, GREEN],
        [RED, BLUE, GREEN, WHITE],
        [BLUE, RED, WHITE, GREEN],
        [WHITE, GREEN, BLUE, RED],
        [GREEN, WHITE, RED, BLUE],
    ];
    for (orientation, expected) in (1..=8).zip(upright) {
        let thumbnail = pixels(&render(harness, oriented(&jpeg, orientation)).await.unwrap());
        let height = if orientation <= 4 { 32 } else { 128 };
        assert_size(&thumbnail, 64, height, &format!("orientation {orientation}"));
        assert_eq!(colours(&thumbnail), expected, "orientation {orientation}");
    }
    let senseless = pixels(&render(harness, oriented(&jpeg, 9)).await.unwrap());
    assert_eq!(colours(&senseless), upright[0], "an orientation that does not exist");
}

pub(crate) async fn thumb_04_transparency_is_kept<H: ThumbnailerHarness>(harness: &H) {
    let mut picture = RgbaImage::from_pixel(256, 256, image::Rgba([200, 30, 30, 255]));
    for (x, _, pixel) in picture.enumerate_pixels_mut() {
        match x {
            0..85 => pixel.0 = [0, 0, 0, 0],
            85..170 => pixel.0[3] = 128,
            _ => {}
        }
    }
    let thumbnail = rendered(harness, &picture.into(), ImageFormat::Png).await;
    let alpha = [10, 32, 54].map(|x| thumbnail.get_pixel(x, 32).0[3]);
    assert_eq!(alpha[0], 0, "what was clear");
    assert!(alpha[1].abs_diff(128) <= 8, "what was half clear has alpha {}", alpha[1]);
    assert_eq!(alpha[2], 255, "what was opaque");
    let [red, green, _, _] = thumbnail.get_pixel(32, 32).0;
    assert!(red > 150 && green < 90, "the colour of what is half clear");
}

pub(crate) async fn thumb_05_an_animation_gives_its_first_frame<H: ThumbnailerHarness>(harness: &H) {
    let frames = [plain(128, 128, [220, 20, 20, 255]), plain(128, 128, [20, 20, 220, 255])];
    let thumbnail = pixels(&render(harness, animated(&frames)).await.unwrap());
    assert_eq!(colours(&thumbnail), [RED; 4]);
}

pub(crate) async fn thumb_06_a_bomb_is_refused_before_it_is_decoded<H: ThumbnailerHarness>(harness: &H) {
    for (width, height) in [(60_000, 60_000), (u32::MAX >> 1, 1000), (20_000, 20_000)] {
        let answer = soon("refusing a bomb", render(harness, claiming(width, height))).await;
        assert!(matches!(answer, Err(RenderThumbnail::TooLarge)), "{width}x{height}: {answer:?}");
    }
    let exact = encoded(&plain(100, 100, [0, 0, 0, 255]), ImageFormat::Png);
    for (max_pixels, fits) in [(10_000, true), (9_999, false)] {
        let budget = RenderBudget { max_pixels, ..RenderBudget::STANDARD };
        let answer = harness.thumbnailer().render(exact.clone(), RenderSpec::THUMBNAIL, budget).await;
        let refused = matches!(answer, Err(RenderThumbnail::TooLarge));
        assert_eq!(
            (answer.is_ok(), refused),
            (fits, !fits),
            "10000 pixels where {max_pixels} are allowed: {answer:?}"
        );
    }
}

pub(crate) async fn thumb_07_what_is_no_picture_is_undecodable_and_of_a_broken_one_no_wrong_pixel_is_shown<
    H: ThumbnailerHarness,
>(
    harness: &H,
) {
    let png = encoded(&grain(200, 200), ImageFormat::Png);
    let jpeg = encoded(&grain(200, 200), ImageFormat::Jpeg);
    let mut wrong = png.to_vec();
    wrong[png.len() / 2..].fill(0xAA);
    let broken: [(&str, Bytes); 5] = [
        ("nothing", Bytes::new()),
        ("a text", Bytes::from_static(b"no picture at all")),
        ("a magic number alone", Bytes::from_static(b"\x89PNG\r\n\x1a\n")),
        ("the head of a PNG", png.slice(..40)),
        ("the head of a JPEG", jpeg.slice(..100)),
    ];
    for (what, source) in broken {
        let answer = render(harness, source).await;
        assert!(matches!(answer, Err(RenderThumbnail::Undecodable(_))), "{what}: {answer:?}");
    }
    // Of these the rows before the fault can be shown, as browsers do, and nothing that was not there.
    let whole = pixels(&render(harness, png.clone()).await.unwrap());
    for (what, source) in [("a PNG cut in half", png.slice(..png.len() / 2)), ("a wrong half", wrong.into())]
    {
        match render(harness, source).await {
            Ok(thumbnail) => {
                let part = pixels(&thumbnail);
                assert_size(&part, 64, 64, what);
                for (x, y) in (0..64).flat_map(|x| [(x, 4), (x, 12), (x, 20)]) {
                    assert_near(
                        *part.get_pixel(x, y),
                        *whole.get_pixel(x, y),
                        &format!("{what}, at {x}, {y}"),
                    );
                }
            }
            answer => assert!(matches!(answer, Err(RenderThumbnail::Undecodable(_))), "{what}: {answer:?}"),
        }
    }
}

/// Two pixels are alike but for the rounding of filters.
fn assert_near(seen: Rgba<u8>, wanted: Rgba<u8>, what: &str) {
    let difference = seen.0.iter().zip(wanted.0).map(|(seen, wanted)| seen.abs_diff(wanted)).max();
    assert!(difference <= Some(8), "{what}: {seen:?} instead of {wanted:?}");
}

pub(crate) async fn thumb_08_rendering_does_not_block_the_runtime<H: ThumbnailerHarness>(harness: &H) {
    let source = encoded(&grain(2000, 1500), ImageFormat::Png);
    let (answer, Beats { count: beats, .. }) = beats_beside(render(harness, source)).await;
    answer.unwrap();
    assert!(beats > 100, "the runtime was free {beats} times while three million pixels were decoded");
}

pub(crate) async fn thumb_09_rendering_ends_when_its_time_is_up<H: ThumbnailerHarness>(harness: &H) {
    let source = encoded(&grain(2000, 1500), ImageFormat::Png);
    let thumbnailer = harness.thumbnailer();
    let began = Instant::now();
    thumbnailer.render(source.clone(), RenderSpec::THUMBNAIL, RenderBudget::STANDARD).await.unwrap();
    let whole = began.elapsed();

    let budget = RenderBudget { time: Duration::from_millis(1), ..RenderBudget::STANDARD };
    let (longest, mut late) = ((whole / 2).max(Duration::from_millis(100)), Duration::MAX);
    // A busy machine may be late, but not again and again.
    for _attempt in 0..ATTEMPTS {
        let began = Instant::now();
        let answer = thumbnailer.render(source.clone(), RenderSpec::THUMBNAIL, budget).await;
        assert!(matches!(answer, Err(RenderThumbnail::TimedOut)), "{answer:?}");
        late = late.min(began.elapsed());
        if late < longest {
            break;
        }
    }
    assert!(late < longest, "a budget of 1 ms ended after {late:?} of {whole:?}");
}

pub(crate) async fn thumb_10_extreme_shapes_stay_within_the_limits<H: ThumbnailerHarness>(harness: &H) {
    for ((width, height), (expected_width, expected_height)) in
        [((5000, 1), (64, 1)), ((5000, 40), (64, 1)), ((1, 5000), (1, 4096)), ((100, 9000), (64, 4096))]
    {
        let thumbnail = rendered(harness, &plain(width, height, [9, 9, 9, 255]), ImageFormat::Png).await;
        assert_eq!(thumbnail.dimensions(), (expected_width, expected_height), "of {width}x{height}");
    }
}

pub(crate) async fn thumb_11_no_more_memory_is_taken_than_allowed<H: ThumbnailerHarness>(harness: &H) {
    let source = encoded(&plain(2000, 2000, [9, 9, 9, 255]), ImageFormat::Png);
    // Less than one row of it: a decoder that works row by row may do with little more.
    let budget = RenderBudget { max_alloc: 4 * 1024, ..RenderBudget::STANDARD };
    let answer = harness.thumbnailer().render(source, RenderSpec::THUMBNAIL, budget).await;
    assert!(matches!(answer, Err(RenderThumbnail::TooLarge)), "8 KB a row where 4 are allowed: {answer:?}");
}

pub(crate) async fn thumb_12_many_are_rendered_at_once<H: ThumbnailerHarness>(harness: &H) {
    let source = encoded(&quarters(300, 200), ImageFormat::Jpeg);
    let renders = (0..16).map(|_| render(harness, source.clone()));
    for thumbnail in soon("sixteen pictures", futures_util::future::join_all(renders)).await {
        assert_eq!(colours(&pixels(&thumbnail.unwrap())), [RED, GREEN, BLUE, WHITE]);
    }
}

pub(crate) async fn thumb_13_a_thumbnail_has_the_width_and_the_height_that_are_asked_for<
    H: ThumbnailerHarness,
>(
    harness: &H,
) {
    let source = encoded(&quarters(300, 200), ImageFormat::Png);
    let tall = encoded(&plain(100, 1_000, [9, 9, 9, 255]), ImageFormat::Png);
    for (source, width, max_height, expected) in [
        (&source, 150, 4_096, (150, 100)),
        (&source, 30, 4_096, (30, 20)),
        (&source, 1, 4_096, (1, 1)),
        (&source, 300, 4_096, (300, 200)),
        (&tall, 64, 100, (64, 100)),
    ] {
        let spec = RenderSpec::Thumbnail { width, max_height };
        let thumbnail = harness.thumbnailer().render(source.clone(), spec, RenderBudget::STANDARD).await;
        let thumbnail = pixels(&thumbnail.unwrap());
        assert_size(
            &thumbnail,
            expected.0,
            expected.1,
            &format!("a thumbnail of {width} by {max_height} at most"),
        );
    }
}

pub(crate) async fn thumb_14_renders_that_are_dropped_leave_room_for_others<H: ThumbnailerHarness>(
    harness: &H,
) {
    let thumbnailer = harness.thumbnailer();
    let source = encoded(&quarters(300, 200), ImageFormat::Png);
    for _ in 0..DROPPED {
        let render = thumbnailer.render(source.clone(), RenderSpec::THUMBNAIL, RenderBudget::STANDARD);
        cut_after(1, render).await;
    }
    let render = thumbnailer.render(source, RenderSpec::THUMBNAIL, RenderBudget::STANDARD);
    let thumbnail = soon("a picture after others were dropped", render).await.unwrap();
    assert_eq!(colours(&pixels(&thumbnail)), [RED, GREEN, BLUE, WHITE]);
}
