//! The coefficients of a component.

use crate::scale::Scale;
use crate::segments::Quantizer;
use crate::size::Size;

/// Where each coefficient of a block stands, row by row (A.3.6, Figure A.6), by its number in the file.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Which coefficients of a block are stored: a square of those of the lowest frequencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// How many there are in each row and column of a block: 1, 2, 4 or 8.
    side: u8,
}

impl Layout {
    /// What a picture needs at this scale.
    pub(crate) const fn new(scale: Scale, is_progressive: bool) -> Self {
        let side = match scale {
            Scale::Eighth => 1,
            // A refinement says nothing of the coefficients that are zero: all of them must be known to read it.
            _ if is_progressive => 8,
            Scale::Quarter => 2,
            Scale::Half => 4,
            Scale::Whole => 8,
        };
        Self { side }
    }

    /// How many coefficients there are in a row.
    pub(crate) const fn side(self) -> usize {
        self.side as usize
    }

    /// How many coefficients there are of a block.
    pub(crate) const fn area(self) -> usize {
        self.side() * self.side()
    }

    /// Whether the DC coefficient is all.
    pub(crate) const fn is_dc_alone(self) -> bool {
        self.side == 1
    }

    /// Where the coefficient of this number in the file is stored among those of its block; `None` if it is not.
    pub(crate) fn place(self, number: usize) -> Option<usize> {
        // Numbers beyond the last are from broken files.
        let place = ZIGZAG[number.min(63)];
        let (row, column) = (place / 8, place % 8);
        (row < self.side && column < self.side).then(|| usize::from(row * self.side + column))
    }
}

/// The coefficients of a component, a row of blocks after the other.
pub(crate) struct Plane {
    coefficients: Vec<i16>,
    /// How many blocks a row has.
    stride: usize,
    layout: Layout,
    quantizer: Option<Quantizer>,
}

impl Plane {
    /// Room for so many blocks.
    pub(crate) fn new(blocks: Size, layout: Layout) -> Self {
        let (width, height) = (blocks.width as usize, blocks.height as usize);
        Self { coefficients: vec![0; width * height * layout.area()], stride: width, layout, quantizer: None }
    }

    /// How many bytes that takes.
    pub(crate) const fn bytes(blocks: Size, layout: Layout) -> u64 {
        blocks.area() * (layout.area() * size_of::<i16>()) as u64
    }

    pub(crate) const fn layout(&self) -> Layout {
        self.layout
    }

    /// Begins a scan. The divisors of the first count for all.
    pub(crate) fn begin(&mut self, quantizer: Quantizer) {
        self.quantizer.get_or_insert(quantizer);
    }

    /// The divisors; all zero if no scan had this component.
    pub(crate) fn quantizer(&self) -> Quantizer {
        self.quantizer.unwrap_or([0; 64])
    }

    /// The DC coefficients of some blocks in a row, where they are all that is stored.
    #[inline]
    pub(crate) fn run(&mut self, row: usize, column: usize, count: usize) -> &mut [i16] {
        let begin = row * self.stride + column;
        self.coefficients.get_mut(begin..begin + count).unwrap_or_default()
    }

    /// What is stored of a block.
    #[inline]
    pub(crate) fn block(&mut self, row: usize, column: usize) -> &mut [i16] {
        let area = self.layout.area();
        let begin = (row * self.stride + column) * area;
        self.coefficients.get_mut(begin..begin + area).unwrap_or_default()
    }

    /// The blocks, row by row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[i16]> {
        self.coefficients.chunks_exact((self.stride * self.layout.area()).max(1))
    }
}
