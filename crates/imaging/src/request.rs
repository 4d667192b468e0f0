//! What a caller asks of a decoder, and what it may cost.

use std::fmt::Display;

use fm_domain::thumbnails::{RenderBudget, RenderThumbnail, ThumbnailSpec};
use image::metadata::Orientation;

use crate::picture::target;
use crate::shrink::{Channels, Shrink, Size};
use crate::source::Source;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) spec: ThumbnailSpec,
    pub(crate) budget: RenderBudget,
}

impl Request {
    /// Refuses a picture without pixels or with too many.
    pub(crate) fn admit(&self, size: Size) -> Result<(), RenderThumbnail> {
        if size.pixels() == 0 {
            return Err(undecodable("it has no pixels"));
        }
        if size.pixels() > self.budget.max_pixels {
            return Err(RenderThumbnail::TooLarge);
        }
        Ok(())
    }

    /// Refuses to allocate this much; `None` is more than can be counted.
    pub(crate) fn afford(&self, bytes: Option<u64>) -> Result<usize, RenderThumbnail> {
        bytes
            .filter(|&bytes| bytes <= self.budget.max_alloc)
            .and_then(|bytes| usize::try_from(bytes).ok())
            .ok_or(RenderThumbnail::TooLarge)
    }

    /// Prepares for rows of a picture.
    pub(crate) fn shrink(
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

/// A decoder's complaint, cut to what fits into a log line.
pub(crate) fn undecodable(complaint: impl Display) -> RenderThumbnail {
    RenderThumbnail::Undecodable(complaint.to_string().chars().take(200).collect())
}
