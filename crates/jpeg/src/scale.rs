//! How large a picture is decoded.

/// A part of a picture's width and height. The smaller it is, the less time and memory decoding takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// 1/8: nothing but the average of each block of 8 × 8 samples is decoded.
    Eighth,
    /// 1/4.
    Quarter,
    /// 1/2.
    Half,
    /// All of it.
    Whole,
}

impl Scale {
    /// All of them, the smallest first.
    pub const ALL: [Self; 4] = [Self::Eighth, Self::Quarter, Self::Half, Self::Whole];

    /// How many pixels in a row or column are left of so many, rounded up.
    #[must_use]
    pub const fn of(self, pixels: u32) -> u32 {
        (pixels * self.side()).div_ceil(8)
    }

    /// How many samples in a row or column are left of the eight of a block.
    pub(crate) const fn side(self) -> u32 {
        match self {
            Self::Eighth => 1,
            Self::Quarter => 2,
            Self::Half => 4,
            Self::Whole => 8,
        }
    }
}
