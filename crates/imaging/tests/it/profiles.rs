//! Embedded colour profiles: what is seen is in sRGB, and a profile that can't be applied costs nothing but itself.

use bytes::Bytes;
use fm_domain::previews::{PictureFormat, PreviewSize};
use fm_domain::thumbnails::{RenderBudget, RenderSpec, Thumbnailer as _};
use fm_imaging::ImageThumbnailer;
use fm_webp::testing::{lossy, lossy_with_alpha};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::ColorProfile;

use crate::embed::{in_jpeg, in_png, in_webp};
use crate::pictures::{encoded, pixels, render};

pub(crate) const SIZE: (u32, u32) = (96, 64);

/// A red, and what it is in sRGB if it is one of Display P3.
pub(crate) const RED: [u8; 3] = [200, 60, 50];
pub(crate) const RED_OF_P3: [u8; 3] = [217, 42, 39];

pub(crate) fn display_p3() -> Vec<u8> {
    ColorProfile::new_display_p3().encode().unwrap()
}

/// How far a pixel in the middle is from this colour at most.
pub(crate) fn distance(image: &RgbaImage, colour: [u8; 3]) -> u8 {
    let pixel = image.get_pixel(image.width() / 2, image.height() / 2).0;
    pixel.iter().zip(colour).map(|(seen, expected)| seen.abs_diff(expected)).max().unwrap()
}

fn flat() -> DynamicImage {
    RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb(RED)).into()
}

/// A JPEG without losses that could be seen.
fn fine_jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut file = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut file, 100)).unwrap();
    file
}

/// The red in every format, without a profile and with this one.
fn pairs(profile: &[u8]) -> Vec<(&'static str, Bytes, Bytes)> {
    let (jpeg, png) = (fine_jpeg(&flat()), encoded(&flat(), ImageFormat::Png));
    let webp = encoded(&flat(), ImageFormat::WebP);
    let lossy = lossy(&flat().to_rgb8(), SIZE.0, SIZE.1).unwrap();
    let [red, green, blue] = RED;
    // A margin that is see-through, without which libwebp writes no alpha.
    let margin = |x: u32, _: u32| Rgba([red, green, blue, if x < 8 { 0 } else { u8::MAX }]);
    let with_alpha = lossy_with_alpha(&RgbaImage::from_fn(SIZE.0, SIZE.1, margin), SIZE.0, SIZE.1).unwrap();
    vec![
        ("JPEG", jpeg.clone().into(), in_jpeg(&jpeg, profile, 60_000).into()),
        (
            "JPEG in parts",
            jpeg.clone().into(),
            in_jpeg(&jpeg, profile, (profile.len() / 3 + 1).min(60_000)).into(),
        ),
        ("PNG", png.clone(), in_png(&png, profile).into()),
        ("WebP", webp.clone(), in_webp(&webp, SIZE, profile).into()),
        ("lossy WebP", lossy.clone().into(), in_webp(&lossy, SIZE, profile).into()),
        // It has a header of its own, of 30 bytes.
        ("lossy WebP with alpha", with_alpha.clone().into(), with_profile_flag(&with_alpha, profile)),
    ]
}

/// An extended WebP with a profile behind its header, which promises it.
fn with_profile_flag(webp: &[u8], profile: &[u8]) -> Bytes {
    let length = u32::try_from(profile.len()).unwrap().to_le_bytes();
    let padding = vec![0; profile.len() % 2];
    let mut file = [&webp[..30], b"ICCP", &length, profile, &padding, &webp[30..]].concat();
    file[20] |= 0b10_0000;
    let body = u32::try_from(file.len() - 8).unwrap().to_le_bytes();
    file[4..8].copy_from_slice(&body);
    file.into()
}

#[tokio::test]
async fn every_format_with_a_profile_is_shown_in_srgb() {
    for (format, plain, profiled) in pairs(&display_p3()) {
        // What libwebp keeps of a colour is not all of it.
        let tolerance = if format.starts_with("lossy") { 8 } else { 3 };
        let (plain, profiled) = (pixels(plain).await, pixels(profiled).await);
        assert!(distance(&plain, RED) <= tolerance, "{format}: {:?}", plain.get_pixel(30, 20));
        assert!(distance(&profiled, RED_OF_P3) <= tolerance, "{format}: {:?}", profiled.get_pixel(30, 20));
    }
}

#[tokio::test]
async fn previews_are_in_srgb_and_placeholders_are_of_what_is_seen() {
    let png = encoded(&flat(), ImageFormat::Png);
    let profiled: Bytes = in_png(&png, &display_p3()).into();
    let spec = RenderSpec::preview(PreviewSize::Small);
    let preview =
        ImageThumbnailer::default().render(profiled.clone(), spec, RenderBudget::STANDARD).await.unwrap();
    assert_eq!(preview.format, PictureFormat::Jpeg);
    let seen = image::load_from_memory(&preview.bytes).unwrap().into_rgba8();
    assert!(distance(&seen, RED_OF_P3) <= 4, "{:?}", seen.get_pixel(40, 30));

    let converted: DynamicImage = RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb(RED_OF_P3)).into();
    let expected = render(encoded(&converted, ImageFormat::Png)).await.unwrap().placeholder.unwrap();
    let placeholder = render(profiled).await.unwrap().placeholder.unwrap();
    let average = |hash: &[u8]| thumbhash::thumb_hash_to_average_rgba(hash).unwrap();
    let (seen, expected) = (average(placeholder.as_bytes()), average(expected.as_bytes()));
    assert!((seen.0 - expected.0).abs() < 0.05 && (seen.1 - expected.1).abs() < 0.05, "{seen:?}");
}

#[tokio::test]
async fn a_profile_of_srgb_changes_nothing() {
    for (format, plain, profiled) in pairs(&ColorProfile::new_srgb().encode().unwrap()) {
        assert_eq!(pixels(plain).await, pixels(profiled).await, "{format}");
    }
}

#[tokio::test]
async fn a_profile_that_is_broken_or_too_large_or_for_other_pixels_changes_nothing() {
    let p3 = display_p3();
    let broken = [b"no profile at all".as_slice(), &[7; 300]].concat();
    let grey = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let mut inks = p3.clone();
    inks[16..20].copy_from_slice(b"CMYK");
    let large = [p3.as_slice(), &vec![0; 4 << 20]].concat();
    for profile in [&p3[..200], &broken, &grey, &inks, &large] {
        for (format, plain, profiled) in pairs(profile) {
            assert_eq!(pixels(plain).await, pixels(profiled).await, "{format} with {} bytes", profile.len());
        }
    }
}

#[tokio::test]
async fn a_jpeg_that_lacks_a_part_of_its_profile_is_shown_without_it() {
    let jpeg = fine_jpeg(&flat());
    let profile = display_p3();
    let whole = in_jpeg(&jpeg, &profile, profile.len() / 3 + 1);
    // The first part: a marker, a length, and what that says.
    let length = usize::from(u16::from_be_bytes([whole[4], whole[5]]));
    let lacking = [&whole[..2], &whole[4 + length..]].concat();
    assert_eq!(pixels(lacking.into()).await, pixels(jpeg.into()).await);
}

#[tokio::test]
async fn grey_pictures_are_converted_by_profiles_of_grey() {
    let grey: DynamicImage = GrayImage::from_pixel(SIZE.0, SIZE.1, Luma([128])).into();
    let linear = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let (jpeg, png) = (fine_jpeg(&grey), encoded(&grey, ImageFormat::Png));
    for (format, profile, expected) in [("linear", &linear, 188), ("of colours", &display_p3(), 128)] {
        for picture in [in_jpeg(&jpeg, profile, 60_000), in_png(&png, profile)] {
            let seen = pixels(picture.into()).await;
            assert!(distance(&seen, [expected; 3]) <= 3, "{format}: {:?}", seen.get_pixel(30, 20));
        }
    }
}

#[tokio::test]
async fn what_is_see_through_stays_so() {
    let [red, green, blue] = RED;
    let veiled: DynamicImage = RgbaImage::from_pixel(SIZE.0, SIZE.1, Rgba([red, green, blue, 100])).into();
    let png = encoded(&veiled, ImageFormat::Png);
    let seen = pixels(in_png(&png, &display_p3()).into()).await;
    let [.., alpha] = seen.get_pixel(30, 20).0;
    assert_eq!(alpha, 100);
    assert!(distance(&seen, RED_OF_P3) <= 4, "{:?}", seen.get_pixel(30, 20));
}

#[tokio::test]
async fn a_profile_that_is_packed_a_thousandfold_is_unpacked_no_further_than_memory_allows() {
    // One that is applied where it is unpacked: what stands behind its tags is not looked at.
    let padded = [display_p3(), vec![0; 2 << 20]].concat();
    let packed: Bytes = in_png(&encoded(&flat(), ImageFormat::Png), &padded).into();
    assert!(packed.len() < 10_000, "{} bytes", packed.len());
    for (max_alloc, expected) in [(RenderBudget::STANDARD.max_alloc, RED_OF_P3), (4 << 20, RED)] {
        let budget = RenderBudget { max_alloc, ..RenderBudget::STANDARD };
        let rendered =
            ImageThumbnailer::default().render(packed.clone(), RenderSpec::THUMBNAIL, budget).await;
        let seen = image::load_from_memory(&rendered.unwrap().bytes).unwrap().into_rgba8();
        assert!(distance(&seen, expected) <= 3, "within {max_alloc}: {:?}", seen.get_pixel(30, 20));
    }
}
