//! Runs of pixels: what they leave out is black, and rows that they don't reach are see-through, as Chromium has it.

use fm_domain::thumbnails::RenderThumbnail;
use image::metadata::Orientation;

use crate::decode::bmp::header::Header;
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Shrunk};
use crate::source::Source;

/// A pixel that no run has set.
const UNSET: u16 = u16::MAX;

const BLACK: [u8; 4] = [0, 0, 0, u8::MAX];

/// Codes between two looks at the clock.
const CODES_BETWEEN_LOOKS: u32 = 1 << 16;

pub(super) fn decode(
    header: &Header<'_>,
    source: &Source,
    request: Request,
) -> Result<Shrunk, RenderThumbnail> {
    let pixels = header.size.pixels();
    request.afford(pixels.checked_mul(2))?;
    let mut plane = Plane {
        pixels: vec![UNSET; request.afford(Some(pixels))?],
        width: header.size.width as usize,
        x: 0,
        y: 0,
    };
    let rows = plane.fill(header.data, header.bits, source)?;
    if plane.pixels.iter().all(|&index| index == UNSET) {
        return Err(undecodable("it ends before its first pixel"));
    }
    let mut shrink = request.shrink(header.size, Channels::Rgba, Orientation::NoTransforms, source)?;
    let mut line = Vec::with_capacity(shrink.row_bytes());
    // The first row is the lowest.
    for (y, row) in plane.pixels.chunks_exact(plane.width).enumerate().rev() {
        let left_out = if y < rows { BLACK } else { [0; 4] };
        line.clear();
        line.extend(row.iter().flat_map(|&index| match header.palette.get(usize::from(index)) {
            Some(&[red, green, blue]) => [red, green, blue, u8::MAX],
            None => left_out,
        }));
        shrink.push(&line)?;
    }
    Ok(shrink.finish())
}

/// Indices of colours, and the place of the next one.
struct Plane {
    pixels: Vec<u16>,
    width: usize,
    x: usize,
    y: usize,
}

impl Plane {
    /// Sets what the data say, as far as they go; tells the number of rows that they reach.
    fn fill(&mut self, data: &[u8], bits: u16, source: &Source) -> Result<usize, RenderThumbnail> {
        let mut data = data.iter().copied();
        let mut codes = 0_u32;
        while let (Some(count), Some(value)) = (data.next(), data.next()) {
            codes = codes.wrapping_add(1);
            if codes.is_multiple_of(CODES_BETWEEN_LOOKS) {
                source.deadline().check()?;
            }
            match (count, value) {
                (0, 0) => (self.x, self.y) = (0, self.y + 1),
                (0, 1) => return Ok(self.pixels.len() / self.width),
                (0, 2) => {
                    let (Some(right), Some(up)) = (data.next(), data.next()) else { break };
                    self.x += usize::from(right);
                    self.y += usize::from(up);
                }
                (0, count) => {
                    let bytes = if bits == 8 { usize::from(count) } else { usize::from(count).div_ceil(2) };
                    let taken: Vec<u8> = data.by_ref().take(bytes).collect();
                    let is_cut = taken.len() < bytes;
                    for place in 0..usize::from(count) {
                        let Some(&byte) = taken.get(if bits == 8 { place } else { place / 2 }) else { break };
                        self.set(if bits == 8 { byte } else { nibble(byte, place) });
                    }
                    if is_cut {
                        break;
                    }
                    // They end on an even byte.
                    if bytes % 2 == 1 {
                        data.next();
                    }
                }
                (count, value) => {
                    for place in 0..usize::from(count) {
                        self.set(if bits == 8 { value } else { nibble(value, place) });
                    }
                }
            }
            if self.y * self.width >= self.pixels.len() {
                break;
            }
        }
        Ok(self.y)
    }

    /// Sets the next pixel; what lies beyond the row is left out.
    fn set(&mut self, index: u8) {
        if self.x < self.width
            && let Some(pixel) = self.pixels.get_mut(self.y * self.width + self.x)
        {
            *pixel = index.into();
        }
        self.x += 1;
    }
}

/// The higher half of a byte for even places, the lower one for odd ones.
const fn nibble(byte: u8, place: usize) -> u8 {
    if place.is_multiple_of(2) { byte >> 4 } else { byte & 15 }
}
