//! A frame at its place on a larger canvas, of which the rest is see-through.

use std::iter::repeat_n;

use fm_domain::thumbnails::RenderThumbnail;

use crate::shrink::{Channels, Shrink, Size, widen};

/// Where a frame lies on its canvas.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) size: Size,
}

impl Place {
    /// The whole canvas.
    pub(crate) const fn whole(canvas: Size) -> Self {
        Self { left: 0, top: 0, size: canvas }
    }

    /// Whether the frame leaves nothing of the canvas free.
    pub(crate) const fn covers(&self, canvas: Size) -> bool {
        self.left == 0
            && self.top == 0
            && self.size.width >= canvas.width
            && self.size.height >= canvas.height
    }
}

/// Takes rows of a frame, and pushes rows of the canvas, which have alpha.
pub(crate) struct Canvas<'a> {
    shrink: &'a mut Shrink,
    size: Size,
    place: Place,
    pushed: u32,
    row: Vec<u8>,
}

impl<'a> Canvas<'a> {
    /// A canvas of this size; `shrink` was made for it and has alpha.
    pub(crate) fn new(shrink: &'a mut Shrink, size: Size, place: Place) -> Self {
        Self { shrink, size, place, pushed: 0, row: Vec::new() }
    }

    /// Takes the next row of the frame. What lies outside of the canvas is cut off.
    pub(crate) fn push(&mut self, frame_row: &[u8], channels: Channels) -> Result<(), RenderThumbnail> {
        while self.pushed < self.place.top.min(self.size.height) {
            self.push_row(&[], channels)?;
        }
        if self.pushed < self.size.height { self.push_row(frame_row, channels) } else { Ok(()) }
    }

    /// Pushes what the canvas has below the frame.
    pub(crate) fn finish(mut self) -> Result<(), RenderThumbnail> {
        while self.pushed < self.size.height {
            self.push_row(&[], Channels::Rgba)?;
        }
        Ok(())
    }

    fn push_row(&mut self, frame_row: &[u8], channels: Channels) -> Result<(), RenderThumbnail> {
        let bytes = self.size.width as usize * 4;
        self.row.clear();
        self.row.extend(repeat_n(0, (self.place.left as usize * 4).min(bytes)));
        let seen = (bytes - self.row.len()) / 4 * channels.count();
        let seen = frame_row.get(..seen).unwrap_or(frame_row);
        match channels {
            Channels::Rgb => widen(seen, &mut self.row),
            Channels::Rgba => self.row.extend(seen),
        }
        self.row.resize(bytes, 0);
        self.pushed += 1;
        self.shrink.push(&self.row)
    }
}
