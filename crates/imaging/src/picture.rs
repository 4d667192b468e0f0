//! A decoded picture, which way up it is, and how large it becomes.

use fm_domain::thumbnails::RenderSpec;
use image::metadata::Orientation;

use crate::profile::Profile;
use crate::shrink::{Shrunk, Size};

/// A decoded picture, already small.
pub(crate) struct Picture {
    pub(crate) shrunk: Shrunk,
    pub(crate) orientation: Orientation,
    /// What its colours are, where they may not be sRGB.
    pub(crate) profile: Option<Profile>,
}

/// The orientation that raw EXIF data (a TIFF header and what follows) asks for.
pub(crate) fn orientation_of(exif: Option<&[u8]>) -> Orientation {
    exif.map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
        .and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms)
}

/// The size that a picture of this size is rendered in, as the decoder sees it: before it is turned.
pub(crate) fn target(picture: Size, orientation: Orientation, spec: RenderSpec) -> Size {
    let seen = if is_turned(orientation) { picture.turned() } else { picture };
    let target = match spec {
        RenderSpec::Thumbnail { width, max_height } => {
            let width = seen.width.min(width).max(1);
            let height = scaled(seen.height, width, seen.width).min(max_height.max(1));
            Size { width, height }
        }
        RenderSpec::Preview { longer_side } => {
            let longer = seen.width.max(seen.height);
            let side = longer.min(longer_side).max(1);
            Size { width: scaled(seen.width, side, longer), height: scaled(seen.height, side, longer) }
        }
    };
    if is_turned(orientation) { target.turned() } else { target }
}

/// So many pixels where `of` of them become `to`, rounded: one at least.
fn scaled(pixels: u32, to: u32, of: u32) -> u32 {
    let of = u64::from(of.max(1));
    let scaled = (u64::from(pixels) * u64::from(to) + of / 2) / of;
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}

/// Whether width and height change places.
pub(crate) const fn is_turned(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}
