//! What profiles do to pixels, and what they cost.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

use fm_fuzzing::changed;
use moxcms::{ColorProfile, ToneReprCurve};
use proptest::prelude::*;

use super::{MAX_PROFILE_BYTES, Profile, Space};
use crate::shrink::Channels;

/// What a conversion of a few pixels may allocate: the tags, and the tables of the library.
const MAX_ALLOC: u64 = 2 * 1024 * 1024;

/// A strong red, a grey, and a colour between them.
const PIXELS: [u8; 9] = [200, 60, 50, 128, 128, 128, 120, 90, 160];

fn encoded(profile: &ColorProfile) -> Vec<u8> {
    profile.encode().unwrap()
}

fn rgb(profile: &[u8]) -> Option<Vec<u8>> {
    Profile::read(profile, Space::Rgb)?.to_srgb(&PIXELS, Channels::Rgb)
}

fn assert_about(seen: &[u8], expected: &[u8]) {
    assert_eq!(seen.len(), expected.len());
    let is_about = seen.iter().zip(expected).all(|(seen, expected)| seen.abs_diff(*expected) <= 3);
    assert!(is_about, "{seen:?} where {expected:?} should be");
}

#[test]
fn colours_of_wider_spaces_become_those_of_srgb() {
    let p3 = rgb(&encoded(&ColorProfile::new_display_p3())).unwrap();
    assert_about(&p3, &[217, 42, 39, 128, 128, 128, 126, 88, 165]);
    let adobe = rgb(&encoded(&ColorProfile::new_adobe_rgb())).unwrap();
    assert_about(&adobe, &[232, 57, 46, 129, 129, 129, 131, 90, 164]);
    let pro_photo = rgb(&encoded(&ColorProfile::new_pro_photo_rgb())).unwrap();
    assert!(pro_photo[0] > 230 && pro_photo[1] < 40, "{pro_photo:?}");
    let [red, green, blue] = pro_photo[3..6] else { unreachable!() };
    assert!(red.abs_diff(green) <= 2 && green.abs_diff(blue) <= 2, "{pro_photo:?}");
}

#[test]
fn alpha_stays_as_it_was() {
    let pixels = [200, 60, 50, 255, 200, 60, 50, 7, 200, 60, 50, 0];
    let profile = Profile::read(&encoded(&ColorProfile::new_display_p3()), Space::Rgb).unwrap();
    let converted = profile.to_srgb(&pixels, Channels::Rgba).unwrap();
    assert_about(&converted, &[217, 42, 39, 255, 217, 42, 39, 7, 217, 42, 39, 0]);
    let alphas: Vec<u8> = converted.iter().skip(3).step_by(4).copied().collect();
    assert_eq!(alphas, [255, 7, 0]);
}

/// The light of a level of 1,023, in 65535ths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 1 before")]
fn light_of_srgb(level: u16) -> u16 {
    let level = f32::from(level) / 1023.0;
    let light = if level <= 0.040_45 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) };
    (light * 65_535.0).round() as u16
}

#[test]
fn srgb_is_recognised_by_what_it_says_and_not_by_its_name() {
    let mut srgb = ColorProfile::new_srgb();
    assert_eq!(rgb(&encoded(&srgb)), None);
    srgb.description = None;
    srgb.cicp = None;
    // The curve as a table of 1,024 numbers, as in the profiles of 1998.
    let curve = ToneReprCurve::Lut((0..1024).map(light_of_srgb).collect());
    for trc in [&mut srgb.red_trc, &mut srgb.green_trc, &mut srgb.blue_trc] {
        *trc = Some(curve.clone());
    }
    assert_eq!(rgb(&encoded(&srgb)), None);
    // The same curve and name with other colorants.
    let mut p3 = ColorProfile::new_display_p3();
    p3.description = ColorProfile::new_srgb().description;
    assert!(rgb(&encoded(&p3)).is_some());
    // The same colorants with another curve.
    srgb.green_trc = Some(ToneReprCurve::Lut(vec![0x0200]));
    assert!(rgb(&encoded(&srgb)).is_some());
}

#[test]
fn a_curve_of_grey_is_applied_to_grey() {
    let linear = encoded(&ColorProfile::new_gray_with_gamma(1.0));
    let profile = Profile::read(&linear, Space::Grey).unwrap();
    let converted = profile.to_srgb(&[0, 0, 0, 9, 40, 40, 40, 8, 128, 128, 128, 7], Channels::Rgba).unwrap();
    assert_about(&converted, &[0, 0, 0, 9, 110, 110, 110, 8, 188, 188, 188, 7]);
    let converted = profile.to_srgb(&[255, 255, 255, 200, 200, 200], Channels::Rgb).unwrap();
    assert_about(&converted, &[255, 255, 255, 229, 229, 229]);
}

#[test]
fn a_profile_for_other_pixels_is_not_applied() {
    let grey = encoded(&ColorProfile::new_gray_with_gamma(1.0));
    let p3 = encoded(&ColorProfile::new_display_p3());
    assert_eq!(rgb(&grey), None);
    assert_eq!(Profile::read(&p3, Space::Grey).unwrap().to_srgb(&PIXELS, Channels::Rgb), None);
    for (at, signature) in [(16, b"CMYK"), (16, b"GRAY"), (20, b"Lab "), (36, b"none")] {
        let mut other = p3.clone();
        other[at..at + 4].copy_from_slice(signature);
        assert_eq!(rgb(&other), None, "{at}");
    }
}

#[test]
fn a_profile_that_is_cut_off_or_too_large_is_not_applied() {
    let mut profile = encoded(&ColorProfile::new_display_p3());
    let whole = rgb(&profile);
    for length in 0..profile.len() {
        let seen = rgb(&profile[..length]);
        // What stands at the end are texts, which are not needed.
        assert!(seen.is_none() || seen == whole, "{length}");
    }
    profile.resize(usize::try_from(MAX_PROFILE_BYTES).unwrap(), 0);
    assert_eq!(rgb(&profile), whole);
    profile.push(0);
    assert_eq!(rgb(&profile), None);
}

/// The profile with this description in place of its own.
fn described(profile: &[u8], text: &[u8]) -> Vec<u8> {
    let mut file = [profile, text].concat();
    let entry =
        file[132..].as_chunks_mut::<12>().0.iter_mut().find(|entry| entry.starts_with(b"desc")).unwrap();
    let [offset, length] = [profile, text].map(|bytes| u32::try_from(bytes.len()).unwrap().to_be_bytes());
    entry[4..].copy_from_slice([offset, length].as_flattened());
    file
}

#[test]
fn a_text_in_many_languages_that_are_all_the_same_bytes_is_not_read() {
    let profile = encoded(&ColorProfile::new_display_p3());
    let whole = rgb(&profile);
    assert!(whole.is_some());
    // A megabyte of text, in a hundred languages.
    let mut text = [b"mluc\0\0\0\0".as_slice(), &[0, 0, 0, 100, 0, 0, 0, 12]].concat();
    for _ in 0..100 {
        text.extend([b"enUS".as_slice(), &[0, 0x10, 0, 0, 0, 2, 0, 0]].concat());
    }
    text.resize(0x2_0000 + 0x10_0000, b'x');
    let profile = described(&profile, &text);
    let mut converted = None;
    let allocated = allocation_counter::measure(|| converted = rgb(&profile));
    assert!(allocated.bytes_max <= MAX_ALLOC, "{} bytes", allocated.bytes_max);
    assert_eq!(converted, whole);
}

fn profiles() -> Vec<Vec<u8>> {
    let table = ToneReprCurve::Lut((0..64).map(|at| at * 1024).collect());
    let p3 = ColorProfile::new_display_p3();
    let mut apart = p3.clone();
    apart.green_trc = Some(table);
    let (adobe, grey) = (ColorProfile::new_adobe_rgb(), ColorProfile::new_gray_with_gamma(1.8));
    [p3, apart, adobe, grey].iter().map(encoded).collect()
}

proptest! {
    /// A profile that is anything at all converts colours or leaves them alone, and alpha in any case.
    #[test]
    fn changed_profiles_keep_to_their_memory_and_to_the_pixels(
        profile in changed(profiles()),
        pixels in proptest::collection::vec(any::<[u8; 4]>(), 0..40),
        is_grey in any::<bool>(),
    ) {
        let space = if is_grey { Space::Grey } else { Space::Rgb };
        let mut converted = None;
        let allocated = allocation_counter::measure(|| {
            let profile = Profile::read(&profile, space);
            converted = profile.and_then(|profile| profile.to_srgb(pixels.as_flattened(), Channels::Rgba));
        });
        prop_assert!(allocated.bytes_max <= MAX_ALLOC, "{} bytes", allocated.bytes_max);
        if let Some(converted) = converted {
            let alphas = |pixels: &[u8]| pixels.iter().skip(3).step_by(4).copied().collect::<Vec<_>>();
            prop_assert_eq!(converted.len(), pixels.len() * 4);
            prop_assert_eq!(alphas(&converted), alphas(pixels.as_flattened()));
        }
    }
}
