//! A decoded picture.

use std::fmt;

use crate::channel::Channel;
use crate::colour::Colour;
use crate::rows::Rows;
use crate::size::Size;

/// A decoded picture.
pub struct Picture {
    size: Size,
    /// How many rows there are before the file ends.
    rows: u32,
    channels: Vec<Channel>,
    colour: Colour,
}

impl Picture {
    pub(crate) const fn new(size: Size, rows: u32, channels: Vec<Channel>, colour: Colour) -> Self {
        Self { size, rows, channels, colour }
    }

    /// The width in pixels at the scale that it was decoded at, rounded up.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.size.width
    }

    /// The height in pixels at the scale that it was decoded at, rounded up.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.size.height
    }

    /// The rows from the top, three bytes a pixel, in the colours of the file: [`Picture::to_rgb`] converts them. Where
    /// the file ends early, there are fewer than [`Picture::height`].
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        Rows::new(self)
    }

    /// Makes red, green and blue of pixels from [`Picture::rows`], in place.
    ///
    /// Averages of such pixels can be converted as well as the pixels themselves, which is cheaper because there are
    /// fewer.
    pub fn to_rgb(&self, pixels: &mut [u8]) {
        if self.is_whole() {
            self.colour.convert(pixels);
        }
    }

    /// Whether all rows are there. If not, each is converted at once: averages with what is missing can't be.
    pub(crate) const fn is_whole(&self) -> bool {
        self.rows == self.size.height
    }

    /// How many rows there are: at least one.
    pub(crate) const fn row_count(&self) -> u32 {
        self.rows
    }

    /// One, three or four.
    pub(crate) fn channels(&self) -> &[Channel] {
        &self.channels
    }

    pub(crate) const fn colour(&self) -> Colour {
        self.colour
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = (self.width(), self.height());
        formatter
            .debug_struct("Picture")
            .field("width", &width)
            .field("height", &height)
            .finish_non_exhaustive()
    }
}
