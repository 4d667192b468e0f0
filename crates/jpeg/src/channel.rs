//! Components as rows of the picture.

use crate::frame::{Component, Frame};
use crate::limits::{DecodeError, Limits};
use crate::plane::Plane;
use crate::scale::Scale;
use crate::size::Size;
use crate::transform::samples;

/// The samples of a component.
pub(crate) struct Channel {
    samples: Vec<u8>,
    /// How many samples a row has with those beyond the picture.
    stride: usize,
    /// The samples that are of the picture.
    size: Size,
    /// How many pixels, across and down, a sample stands for.
    pub(crate) spread: Size,
    /// Whether samples that stand for two pixels are mixed with their neighbours.
    is_smooth: bool,
}

impl Channel {
    pub(crate) fn new(
        plane: &Plane,
        component: Component,
        frame: &Frame,
        scale: Scale,
        limits: Limits,
    ) -> Result<Self, DecodeError> {
        let (size, spread) = (frame.samples(component, scale), frame.spread(component));
        // As libjpeg: other factors are rare, and at 1/8 it doesn't show.
        let is_smooth = scale != Scale::Eighth
            && match (spread.width, spread.height) {
                (1, 2) => true,
                (2, 1 | 2) => size.width > 2,
                _ => false,
            };
        let stride = frame.padded_blocks(component).width as usize * scale.side() as usize;
        Ok(Self { samples: samples(plane, scale, limits)?, stride, size, spread, is_smooth })
    }

    /// How many bytes the samples of so many blocks take.
    pub(crate) const fn bytes(blocks: Size, scale: Scale) -> u64 {
        blocks.area() * (scale.side() * scale.side()) as u64
    }

    /// A row of the samples that are of the picture.
    fn row(&self, at: usize) -> &[u8] {
        let begin = at * self.stride;
        self.samples.get(begin..begin + self.size.width as usize).unwrap_or_default()
    }

    /// A row of the picture: as many pixels as the line has.
    pub(crate) fn stretch(&self, y: usize, line: &mut [u8]) {
        let (across, down) = (self.spread.width as usize, self.spread.height as usize);
        let row = self.row(y / down);
        match across {
            _ if self.is_smooth => self.smooth(y, line),
            1 => line.iter_mut().zip(row).for_each(|(pixel, &sample)| *pixel = sample),
            often => line.chunks_mut(often).zip(row).for_each(|(pixels, &sample)| pixels.fill(sample)),
        }
    }

    /// The same, each pixel three parts of its own sample and one part of the sample that is next to it.
    fn smooth(&self, y: usize, line: &mut [u8]) {
        let row = self.row(y / self.spread.height as usize);
        let (other, weights) = if self.spread.height == 2 {
            let last = (self.size.height as usize).saturating_sub(1);
            let next = if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(last) };
            (self.row(next), (3, 1))
        } else {
            (row, (1, 0))
        };
        let mix = |at: usize| u16::from(row[at]) * weights.0 + u16::from(other[at]) * weights.1;
        let both = weights.0 + weights.1;
        if self.spread.width == 1 {
            let bias = if y.is_multiple_of(2) { 1 } else { 2 };
            for (at, pixel) in line.iter_mut().enumerate().take(row.len()) {
                *pixel = byte((mix(at) + bias) / both);
            }
            return;
        }
        let (first, second) = if both == 4 { (8, 7) } else { (1, 2) };
        for (at, pixels) in line.chunks_mut(2).enumerate().take(row.len()) {
            let own = 3 * mix(at);
            pixels[0] = byte((own + mix(at.saturating_sub(1)) + first) / (4 * both));
            if let Some(pixel) = pixels.get_mut(1) {
                *pixel = byte((own + mix((at + 1).min(row.len() - 1)) + second) / (4 * both));
            }
        }
    }
}

fn byte(value: u16) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}
