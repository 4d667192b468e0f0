//! What a caller asks of a decoder, and what it may cost.

use std::fmt::Display;

use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail};
use image::metadata::Orientation;

use crate::picture::target;
use crate::shrink::{Channels, Shrink, Size};
use crate::source::Source;

/// What is asked for, and the account of its memory.
///
/// Everything whose size a file tells is taken from the account before it is allocated, and nothing is put back. A step
/// whose memory is free again after it works on a [`Request::scope`].
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) spec: RenderSpec,
    max_pixels: u64,
    /// How many bytes may still be allocated.
    memory: u64,
}

impl Request {
    pub(crate) const fn new(spec: RenderSpec, budget: RenderBudget) -> Self {
        Self { spec, max_pixels: budget.max_pixels, memory: budget.max_alloc }
    }

    /// An account of its own, with as much as is left of this one.
    pub(crate) const fn scope(&self) -> Self {
        Self { spec: self.spec, max_pixels: self.max_pixels, memory: self.memory }
    }

    /// Refuses a picture without pixels or with too many.
    pub(crate) fn admit(&self, size: Size) -> Result<(), RenderThumbnail> {
        if size.pixels() == 0 {
            return Err(undecodable("it has no pixels"));
        }
        if size.pixels() > self.max_pixels {
            return Err(RenderThumbnail::TooLarge);
        }
        Ok(())
    }

    /// Takes this many bytes from what may be allocated; `None` is more than can be counted.
    pub(crate) fn afford(&mut self, bytes: Option<u64>) -> Result<(), RenderThumbnail> {
        self.memory =
            bytes.and_then(|bytes| self.memory.checked_sub(bytes)).ok_or(RenderThumbnail::TooLarge)?;
        Ok(())
    }

    /// Allocates a list of this many values; `None` is more than can be counted.
    pub(crate) fn list<T: Clone>(&mut self, value: T, count: Option<u64>) -> Result<Vec<T>, RenderThumbnail> {
        self.afford(count.and_then(|count| count.checked_mul(size_of::<T>() as u64)))?;
        let count = count.and_then(|count| usize::try_from(count).ok()).ok_or(RenderThumbnail::TooLarge)?;
        Ok(vec![value; count])
    }

    /// How many bytes may still be allocated, for decoders that have limits of their own.
    pub(crate) const fn memory(&self) -> u64 {
        self.memory
    }

    /// Prepares for rows of a picture.
    pub(crate) fn shrink(
        &mut self,
        size: Size,
        channels: Channels,
        orientation: Orientation,
        source: &Source,
    ) -> Result<Shrink, RenderThumbnail> {
        let to = target(size, orientation, self.spec);
        self.afford(Shrink::bytes(size, to, channels))?;
        Ok(Shrink::new(size, to, channels, source.deadline()))
    }
}

/// A decoder's complaint, cut to what fits into a log line.
pub(crate) fn undecodable(complaint: impl Display) -> RenderThumbnail {
    RenderThumbnail::Undecodable(complaint.to_string().chars().take(200).collect())
}
