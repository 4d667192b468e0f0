//! Widths and heights.

/// A width and a height, in pixels, samples or blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    /// How many there are.
    pub(crate) const fn area(self) -> u64 {
        self.width as u64 * self.height as u64
    }
}
