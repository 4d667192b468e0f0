//! What decoders allocate keeps to the account of the picture.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

use std::io::Cursor;
use std::time::Duration;

use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail};
use fm_webp::testing::{lossy, lossy_with_alpha};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use crate::decode::decode;
use crate::format::Format;
use crate::request::Request;
use crate::source::{Deadline, Source};

/// What may come on top of the budget: tables of decoders.
const OVERHEAD: u64 = 1024 * 1024;

#[test]
fn memory_that_is_affordable_once_is_refused_the_second_time() {
    let budget = RenderBudget { max_alloc: 1000, ..RenderBudget::STANDARD };
    let mut request = Request::new(RenderSpec::THUMBNAIL, budget);
    let mut scope = request.scope();
    assert!(scope.afford(Some(600)).is_ok() && scope.afford(Some(600)).is_err());
    // What a scope takes is free again after it.
    assert_eq!(request.list(0_u16, Some(400)).unwrap().len(), 400);
    assert!(matches!(request.list(0_u16, Some(101)), Err(RenderThumbnail::TooLarge)));
    assert!(request.afford(None).is_err());
}

#[test]
fn every_format_keeps_to_its_account_wherever_memory_ends() {
    let veiled = RgbaImage::from_fn(1000, 700, |x, y| {
        let byte = |value: u32| u8::try_from(value % 256).unwrap();
        Rgba([byte(x * y), byte(x), byte(y), byte(x + y)])
    });
    let veiled = DynamicImage::from(veiled);
    let opaque = DynamicImage::from(veiled.to_rgb8());
    let encoded = |image: &DynamicImage, kind| {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, kind).unwrap();
        file.into_inner()
    };
    for (format, file) in [
        (Format::Jpeg, encoded(&opaque, ImageFormat::Jpeg)),
        (Format::Png, encoded(&veiled, ImageFormat::Png)),
        (Format::Gif, encoded(&opaque, ImageFormat::Gif)),
        (Format::WebP, encoded(&veiled, ImageFormat::WebP)),
        (Format::WebP, encoded(&opaque, ImageFormat::WebP)),
        (Format::WebP, lossy(&opaque.to_rgb8(), 1000, 700).unwrap()),
        (Format::WebP, lossy_with_alpha(&veiled.to_rgba8(), 1000, 700).unwrap()),
        (Format::Bmp, encoded(&veiled, ImageFormat::Bmp)),
        (Format::Tiff, encoded(&veiled, ImageFormat::Tiff)),
    ] {
        let source = Source::new(file.into(), Deadline::after(Duration::from_mins(5)));
        let mut decoded = 0;
        for step in 0..40 {
            // 1 KiB to 1 GiB.
            let max_alloc = 1024_u64 << (step / 2);
            let budget =
                RenderBudget { max_alloc: max_alloc + max_alloc / 2 * (step % 2), ..RenderBudget::STANDARD };
            let mut answer = Ok(());
            let allocated = allocation_counter::measure(|| {
                let mut request = Request::new(RenderSpec::THUMBNAIL, budget);
                answer = decode(format, &source, &mut request).map(|_picture| ());
            });
            let peak = allocated.bytes_max;
            assert!(peak <= budget.max_alloc + OVERHEAD, "{format:?} within {}: {peak}", budget.max_alloc);
            assert!(matches!(answer, Ok(()) | Err(RenderThumbnail::TooLarge)), "{format:?}: {answer:?}");
            decoded += u32::from(answer.is_ok());
        }
        assert!((1..40).contains(&decoded), "{format:?}: {decoded}");
    }
}
