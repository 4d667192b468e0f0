//! A decoded picture, which way up it is, and how large its thumbnail becomes.

use fm_domain::thumbnails::ThumbnailSpec;
use image::metadata::Orientation;

use crate::shrink::{Shrunk, Size};

/// A decoded picture, already small.
pub(crate) struct Picture {
    pub(crate) shrunk: Shrunk,
    pub(crate) orientation: Orientation,
}

/// The orientation that raw EXIF data (a TIFF header and what follows) asks for.
pub(crate) fn orientation_of(exif: Option<&[u8]>) -> Orientation {
    exif.map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
        .and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms)
}

/// The size of the thumbnail of a picture of this size, as the decoder sees it: before it is turned.
pub(crate) fn target(picture: Size, orientation: Orientation, spec: ThumbnailSpec) -> Size {
    let seen = if is_turned(orientation) { picture.turned() } else { picture };
    let width = seen.width.min(spec.width).max(1);
    let (across, seen_width) = (u64::from(width), u64::from(seen.width.max(1)));
    let height = (u64::from(seen.height) * across + seen_width / 2) / seen_width;
    let height = u32::try_from(height).unwrap_or(u32::MAX).clamp(1, spec.max_height.max(1));
    let target = Size { width, height };
    if is_turned(orientation) { target.turned() } else { target }
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
