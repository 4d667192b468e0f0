//! The DC coefficients of a component.

use crate::size::Size;

/// The DC coefficients of a component, a row of blocks after the other.
pub(crate) struct Plane {
    coefficients: Vec<i16>,
    stride: usize,
    quantizer: u16,
    /// How many of their low bits are still to come; `None` before any came.
    missing: Option<u8>,
}

impl Plane {
    /// Room for so many blocks.
    pub(crate) fn new(blocks: Size) -> Self {
        let (width, height) = (blocks.width as usize, blocks.height as usize);
        Self { coefficients: vec![0; width * height], stride: width, quantizer: 0, missing: None }
    }

    /// How many bytes that takes.
    pub(crate) const fn bytes(blocks: Size) -> u64 {
        blocks.area() * size_of::<i16>() as u64
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.missing == Some(0)
    }

    /// Begins with a scan that leaves some of the low bits out; `None` if that is no beginning.
    pub(crate) fn begin(&mut self, quantizer: u16, low: u8) -> Option<()> {
        self.quantizer = quantizer;
        self.missing.replace(low).is_none().then_some(())
    }

    /// Goes on with a scan of this bit; `None` if it is not its turn.
    pub(crate) fn refine(&mut self, low: u8) -> Option<()> {
        (self.missing.replace(low)? == low + 1).then_some(())
    }

    /// The coefficients of some blocks in a row.
    #[inline]
    pub(crate) fn run(&mut self, row: usize, column: usize, count: usize) -> Option<&mut [i16]> {
        self.coefficients.get_mut(row * self.stride + column..)?.get_mut(..count)
    }

    /// The averages of a row of blocks.
    pub(crate) fn averages(&self, row: usize) -> impl Iterator<Item = u8> {
        let begin = row * self.stride;
        let coefficients = self.coefficients.get(begin..begin + self.stride).unwrap_or_default();
        coefficients.iter().map(|&coefficient| average(coefficient, self.quantizer))
    }
}

/// The average of a block: an eighth of its DC coefficient (A.3.3), moved up by 128 (A.3.1).
fn average(coefficient: i16, quantizer: u16) -> u8 {
    let eightfold = i32::from(coefficient) * i32::from(quantizer);
    u8::try_from(((eightfold + 4) >> 3).saturating_add(128).clamp(0, 255)).unwrap_or(u8::MAX)
}
