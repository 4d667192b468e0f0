//! The sizes of a picture, of its components and of their blocks (ITU-T T.81, A.1 and A.2).

use crate::scale::Scale;
use crate::size::Size;

/// The most blocks in an MCU of several components (B.2.3).
const MOST_BLOCKS: u32 = 10;

/// A kind of sample: brightness, or a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) id: u8,
    /// How many blocks an MCU has of it in each row: the horizontal sampling factor.
    pub(crate) across: u32,
    /// How many rows of blocks an MCU has of it: the vertical sampling factor.
    pub(crate) down: u32,
    /// Which quantization table it is to be multiplied by.
    pub(crate) quantizer: usize,
}

/// What the frame header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) size: Size,
    pub(crate) components: Vec<Component>,
    /// The largest sampling factors.
    largest: Size,
}

impl Frame {
    /// A frame of one component, of three or of four; `None` if it is another, or one that no decoder takes.
    pub(crate) fn new(size: Size, components: Vec<Component>) -> Option<Self> {
        let largest = Size {
            width: components.iter().map(|component| component.across).max()?,
            height: components.iter().map(|component| component.down).max()?,
        };
        let is_sampled = |component: &Component| {
            (1..=4).contains(&component.across)
                && (1..=4).contains(&component.down)
                && largest.width.is_multiple_of(component.across)
                && largest.height.is_multiple_of(component.down)
        };
        let taken =
            size.area() > 0 && matches!(components.len(), 1 | 3 | 4) && components.iter().all(is_sampled);
        taken.then_some(Self { size, components, largest })
    }

    /// The picture's size at this scale.
    pub(crate) const fn scaled(&self, scale: Scale) -> Size {
        Size { width: scale.of(self.size.width), height: scale.of(self.size.height) }
    }

    /// How many rows of eight pixels an MCU of several components has.
    pub(crate) const fn mcu_height(&self) -> u32 {
        self.largest.height
    }

    /// How many samples a component has at this scale.
    pub(crate) const fn samples(&self, component: Component, scale: Scale) -> Size {
        let side = scale.side();
        Size {
            width: (self.size.width * component.across * side).div_ceil(8 * self.largest.width),
            height: (self.size.height * component.down * side).div_ceil(8 * self.largest.height),
        }
    }

    /// How many MCUs of several components there are (A.2.3).
    pub(crate) const fn mcus(&self) -> Size {
        Size {
            width: self.size.width.div_ceil(8 * self.largest.width),
            height: self.size.height.div_ceil(8 * self.largest.height),
        }
    }

    /// Whether these components fit into MCUs together.
    pub(crate) fn interleaves(&self, components: impl Iterator<Item = usize>) -> bool {
        let blocks = |at: usize| self.components.get(at).map_or(0, |one| one.across * one.down);
        components.map(blocks).sum::<u32>() <= MOST_BLOCKS
    }

    /// How many blocks a component has where it is alone in a scan (A.1.1 and A.2.2).
    pub(crate) const fn blocks(&self, component: Component) -> Size {
        let width = (self.size.width * component.across).div_ceil(self.largest.width);
        let height = (self.size.height * component.down).div_ceil(self.largest.height);
        Size { width: width.div_ceil(8), height: height.div_ceil(8) }
    }

    /// How many blocks a component has with those that fill the last MCUs up.
    pub(crate) const fn padded_blocks(&self, component: Component) -> Size {
        let mcus = self.mcus();
        Size { width: mcus.width * component.across, height: mcus.height * component.down }
    }

    /// How many pixels, across and down, a component's sample stands for.
    pub(crate) const fn spread(&self, component: Component) -> Size {
        Size { width: self.largest.width / component.across, height: self.largest.height / component.down }
    }
}
