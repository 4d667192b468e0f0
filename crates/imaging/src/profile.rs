//! Colour profiles that pictures embed (ICC.1:2022), by which small pixels become sRGB.
//!
//! A profile of three curves and a matrix is applied to red, green and blue, one of a single curve to grey: those of cameras, phones, screens
//! and working spaces are such. Others are ignored, as is what is broken: the picture is shown as if it were sRGB.

#[cfg(test)]
mod tests;

use std::panic::catch_unwind;

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::request::Request;
use crate::shrink::Channels;

/// The most bytes of a profile. Those that are applied here have a few hundred, or some ten thousand where their curves are long tables; the largest
/// there are, of presses, have 2 or 3 MiB.
const MAX_PROFILE_BYTES: u64 = 4 * 1024 * 1024;

/// The part of the memory that a profile may have, as a divisor: a list that grows is there twice, the second time with room.
const SHARE_OF_PROFILE: u64 = 4;

/// The most bytes of one tag: a curve of 32,000 numbers.
const MAX_TAG_BYTES: usize = 64 * 1024;

/// The header, which the number of tags follows.
const HEADER_BYTES: usize = 128;

/// An entry of the table of tags: signature, offset, length.
const ENTRY_BYTES: usize = 12;

/// Everything that a conversion needs: colorants, their curves, and the curve of grey.
const TAGS: [&[u8; 4]; 7] = [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC"];

/// How far colorants may be from those of sRGB, and curves from its curve at black and, as a part of what they give, above it, to be taken for it:
/// nowhere more than two of 255 levels. Profiles of sRGB differ by what they round.
const COLORANT_TOLERANCE: f64 = 0.001;
const CURVE_TOLERANCE: (f32, f32) = (0.000_5, 0.01);

/// What pixels are made of. A profile for other pixels is not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// Red, green and blue, all the same.
    Grey,
    Rgb,
}

/// What of a profile a conversion needs.
#[derive(Debug)]
pub(crate) struct Profile {
    essence: Vec<u8>,
    space: Space,
}

impl Profile {
    /// The most bytes that a profile may have that is joined or unpacked.
    pub(crate) fn max_bytes(request: &Request) -> usize {
        usize::try_from((request.memory() / SHARE_OF_PROFILE).min(MAX_PROFILE_BYTES)).unwrap_or(0)
    }

    /// Reads the profile of pixels; `None` where it is too large, or ends before its tags.
    pub(crate) fn read(profile: &[u8], space: Space) -> Option<Self> {
        if profile.len() as u64 > MAX_PROFILE_BYTES {
            return None;
        }
        Some(Self { essence: essence(profile)?, space })
    }

    /// The pixels in sRGB, their alpha as it was; `None` where they are in sRGB already, or the profile is not for them.
    pub(crate) fn to_srgb(&self, pixels: &[u8], channels: Channels) -> Option<Vec<u8>> {
        // The profile is a client's and the library is not ours. A picture is not lost for its profile.
        let converted = catch_unwind(|| match self.space {
            Space::Grey => self.grey_to_srgb(pixels, channels),
            Space::Rgb => self.rgb_to_srgb(pixels, channels),
        });
        converted.ok().flatten()
    }

    fn rgb_to_srgb(&self, pixels: &[u8], channels: Channels) -> Option<Vec<u8>> {
        let (profile, srgb) = (self.parsed(DataColorSpace::Rgb)?, ColorProfile::new_srgb());
        if !profile.is_matrix_shaper() || is_srgb(&profile, &srgb) {
            return None;
        }
        let layout = match channels {
            Channels::Rgb => Layout::Rgb,
            Channels::Rgba => Layout::Rgba,
        };
        let transform =
            profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()).ok()?;
        let mut converted = vec![0; pixels.len()];
        transform.transform(pixels, &mut converted).ok()?;
        Some(converted)
    }

    fn grey_to_srgb(&self, pixels: &[u8], channels: Channels) -> Option<Vec<u8>> {
        let (profile, srgb) = (self.parsed(DataColorSpace::Gray)?, ColorProfile::new_srgb());
        profile.gray_trc.as_ref()?;
        let options = TransformOptions::default();
        let transform = profile.create_transform_8bit(Layout::Gray, &srgb, Layout::Rgb, options).ok()?;
        let levels: Vec<u8> = (0..=u8::MAX).collect();
        let mut converted = vec![0; levels.len() * 3];
        transform.transform(&levels, &mut converted).ok()?;
        let levels = converted.as_chunks::<3>().0;
        let mut pixels = pixels.to_vec();
        for pixel in pixels.chunks_exact_mut(channels.count()) {
            for colour in pixel.iter_mut().take(3) {
                *colour = levels[usize::from(*colour)][0];
            }
        }
        Some(pixels)
    }

    /// The profile as the library reads it, where it is for such colours and describes them by CIE XYZ.
    fn parsed(&self, colours: DataColorSpace) -> Option<ColorProfile> {
        let profile = ColorProfile::new_from_slice(&self.essence).ok()?;
        (profile.color_space == colours && profile.pcs == DataColorSpace::Xyz).then_some(profile)
    }
}

/// A profile with nothing but the tags of a conversion, each once.
///
/// The library reads all tags that a table lists. A text in a thousand languages, each of which is the same megabyte of the file, would become
/// gigabytes, and a table of colours that is listed a thousand times would be read as often.
fn essence(profile: &[u8]) -> Option<Vec<u8>> {
    let (header, rest) = profile.split_first_chunk::<HEADER_BYTES>()?;
    let (&count, table) = rest.split_first_chunk::<4>()?;
    let entries = table.as_chunks::<ENTRY_BYTES>().0;
    let entries = entries.get(..number(count)?).unwrap_or(entries);
    let tags = TAGS.into_iter().filter_map(|tag| {
        let entry = entries.iter().find(|entry| entry.starts_with(tag))?;
        Some((tag, data(profile, entry)?))
    });
    let tags: Vec<_> = tags.collect();

    let bytes = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let mut essence = header.to_vec();
    essence.extend(bytes(tags.len()));
    let mut offset = HEADER_BYTES + 4 + tags.len() * ENTRY_BYTES;
    for (tag, data) in &tags {
        essence.extend([**tag, bytes(offset), bytes(data.len())].as_flattened());
        offset += data.len();
    }
    for (_, data) in &tags {
        essence.extend_from_slice(data);
    }
    Some(essence)
}

/// The data of a tag.
fn data<'a>(profile: &'a [u8], entry: &[u8; ENTRY_BYTES]) -> Option<&'a [u8]> {
    let [_, offset, length] = entry.as_chunks::<4>().0 else { return None };
    let offset = number(*offset)?;
    let data = profile.get(offset..offset.checked_add(number(*length)?)?)?;
    (1..=MAX_TAG_BYTES).contains(&data.len()).then_some(data)
}

fn number(bytes: [u8; 4]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

/// Whether a profile is sRGB itself, as far as it can be seen.
fn is_srgb(profile: &ColorProfile, srgb: &ColorProfile) -> bool {
    let (colorants, expected) = (profile.colorant_matrix().v, srgb.colorant_matrix().v);
    let mut colorants = colorants.as_flattened().iter().zip(expected.as_flattened());
    let are_colorants = colorants.all(|(one, other)| (one - other).abs() <= COLORANT_TOLERANCE);
    let Ok(expected) = srgb.build_8bit_lin_table(&srgb.red_trc) else { return false };
    let (at_black, of_light) = CURVE_TOLERANCE;
    let is_near = |(one, other): (&f32, &f32)| (one - other).abs() <= at_black + of_light * other;
    let curves = [&profile.red_trc, &profile.green_trc, &profile.blue_trc];
    let are_curves = curves.into_iter().all(|curve| {
        profile.build_8bit_lin_table(curve).is_ok_and(|curve| curve.iter().zip(expected.iter()).all(is_near))
    });
    are_colorants && are_curves
}
