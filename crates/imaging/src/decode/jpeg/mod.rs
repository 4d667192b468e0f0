//! JPEG, decoded at the smallest of the scales 1/8, 1/4, 1/2 and 1 that is good enough, averaged row by row.
//!
//! Large pictures are decoded at 1/8, which is where the time goes: [`fm_jpeg`] does no more than that scale needs.

#[cfg(test)]
mod tests;

use fm_domain::thumbnails::{RenderSpec, RenderThumbnail};
use fm_jpeg::{DecodeError, Jpeg, Limits, Picture as Scaled, Scale};
use image::metadata::Orientation;

use crate::picture::{Picture, is_turned, orientation_of, target};
use crate::profile::{Profile, Space};
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Shrink, Shrunk, Size};
use crate::source::{Deadline, Source};

/// How many pixels the decoder shall leave for each two that the picture is rendered in. Of a preview one sees no difference between three
/// and four, and a photograph of 12 megapixels is decoded at half its scale with three.
const fn oversampling(spec: RenderSpec) -> u64 {
    match spec {
        RenderSpec::Thumbnail { .. } => 4,
        RenderSpec::Preview { .. } => 3,
    }
}

/// Decodes a picture; an orientation that the file around it gives counts more than its own.
pub(super) fn decode(
    source: &Source,
    request: &mut Request,
    orientation: Option<Orientation>,
) -> Result<Picture, RenderThumbnail> {
    let jpeg = Jpeg::read(source.bytes()).map_err(refusal)?;
    let size = Size { width: jpeg.width(), height: jpeg.height() };
    request.admit(size)?;
    let orientation = orientation.unwrap_or_else(|| orientation_of(jpeg.exif()));
    let profile = profile(&jpeg, request);
    let to = target(size, orientation, request.spec);
    // After turning, the width is what was the height.
    let (pixels, wanted) =
        if is_turned(orientation) { (size.height, to.height) } else { (size.width, to.width) };
    let wanted = u64::from(wanted) * oversampling(request.spec);
    let is_enough = |scale: &Scale| u64::from(scale.of(pixels)) * 2 >= wanted;
    let scale = Scale::ALL.into_iter().find(is_enough).unwrap_or(Scale::Whole);
    let scaled = decode_within(&jpeg, scale, to, source.deadline(), request).map_err(refusal)?;
    Ok(Picture { shrunk: shrink(&scaled, to, source.deadline())?, orientation, profile })
}

/// The colour profile, where it can be for the picture: there is none for inks.
fn profile(jpeg: &Jpeg<'_>, request: &Request) -> Option<Profile> {
    let space = match jpeg.components() {
        1 => Space::Grey,
        3 => Space::Rgb,
        _ => return None,
    };
    Profile::read(&jpeg.icc_profile(Profile::max_bytes(request))?, space)
}

/// Decodes at this scale, or at a smaller one where that takes too much memory.
fn decode_within(
    jpeg: &Jpeg<'_>,
    scale: Scale,
    to: Size,
    deadline: Deadline,
    request: &Request,
) -> Result<Scaled, DecodeError> {
    let mut answer = Err(DecodeError::TooLarge);
    for smaller in Scale::ALL.into_iter().rev().filter(|&one| one <= scale) {
        let size = Size { width: smaller.of(jpeg.width()), height: smaller.of(jpeg.height()) };
        // What averages its rows is alive at the same time.
        let mut left = request.scope();
        if left.afford(Shrink::bytes(size, to, Channels::Rgb)).is_err() {
            continue;
        }
        let limits = Limits { max_alloc: left.memory(), deadline: deadline.instant() };
        answer = jpeg.decode(smaller, limits);
        if !matches!(answer, Err(DecodeError::TooLarge)) {
            break;
        }
    }
    answer
}

/// Averages the picture. Colours are converted when few pixels are left.
fn shrink(scaled: &Scaled, to: Size, deadline: Deadline) -> Result<Shrunk, RenderThumbnail> {
    let size = Size { width: scaled.width(), height: scaled.height() };
    let mut shrink = Shrink::new(size, to, Channels::Rgb, deadline);
    let mut rows = scaled.rows();
    while let Some(row) = rows.next_row() {
        shrink.push(row)?;
    }
    let mut small = shrink.finish();
    scaled.to_rgb(&mut small.pixels);
    Ok(small)
}

pub(super) fn refusal(error: DecodeError) -> RenderThumbnail {
    match error {
        DecodeError::Unsupported | DecodeError::Broken => undecodable(error),
        DecodeError::TooLarge => RenderThumbnail::TooLarge,
        DecodeError::TimedOut => RenderThumbnail::TimedOut,
    }
}
