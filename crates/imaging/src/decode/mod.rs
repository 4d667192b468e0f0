//! Decoders: each reads the size off the header, has it checked, and sends its rows to be averaged.

mod gif;
mod jpeg;
mod png;
mod webp;
mod whole;

use std::fmt::Display;

use fm_domain::thumbnails::{RenderBudget, RenderThumbnail, ThumbnailSpec};
use image::metadata::Orientation;

use crate::finish::target;
use crate::format::Format;
use crate::shrink::{Channels, Shrink, Shrunk, Size};
use crate::source::Source;

/// A decoded picture, already small.
pub(crate) struct Picture {
    pub(crate) shrunk: Shrunk,
    pub(crate) orientation: Orientation,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) spec: ThumbnailSpec,
    pub(crate) budget: RenderBudget,
}

impl Request {
    /// Refuses a picture without pixels or with too many.
    fn admit(&self, size: Size) -> Result<(), RenderThumbnail> {
        if size.pixels() == 0 {
            return Err(undecodable("it has no pixels"));
        }
        if size.pixels() > self.budget.max_pixels {
            return Err(RenderThumbnail::TooLarge);
        }
        Ok(())
    }

    /// Refuses to allocate this much; `None` is more than can be counted.
    fn afford(&self, bytes: Option<u64>) -> Result<usize, RenderThumbnail> {
        bytes
            .filter(|&bytes| bytes <= self.budget.max_alloc)
            .and_then(|bytes| usize::try_from(bytes).ok())
            .ok_or(RenderThumbnail::TooLarge)
    }

    /// Prepares for rows of a picture.
    fn shrink(
        &self,
        size: Size,
        channels: Channels,
        orientation: Orientation,
        source: &Source,
    ) -> Result<Shrink, RenderThumbnail> {
        // Its sums, and the row that they are made of.
        self.afford(u64::from(size.width).checked_mul(channels.count() as u64 * 3))?;
        Ok(Shrink::new(size, target(size, orientation, self.spec), channels, source.deadline()))
    }
}

/// Decodes a picture of this format.
pub(crate) fn decode(format: Format, source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    match format {
        Format::Jpeg => jpeg::decode(source, request),
        Format::Png => png::decode(source, request),
        Format::Gif => gif::decode(source, request),
        Format::WebP => webp::decode(source, request),
        Format::Bmp => whole::decode_bmp(source, request),
        Format::Tiff => whole::decode_tiff(source, request),
    }
}

/// A decoder's complaint, cut to what fits into a log line.
fn undecodable(complaint: impl Display) -> RenderThumbnail {
    RenderThumbnail::Undecodable(complaint.to_string().chars().take(200).collect())
}

/// The orientation that raw EXIF data (a TIFF header and what follows) asks for.
fn orientation_of(exif: Option<&[u8]>) -> Orientation {
    exif.map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
        .and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms)
}
