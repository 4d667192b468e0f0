//! Runs of pixels: what they leave out is black, and rows that they don't reach are see-through, as Chromium has it.

use fm_domain::thumbnails::RenderThumbnail;
use image::metadata::Orientation;

use crate::decode::bmp::header::{Header, Run};
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Shrunk};
use crate::source::Source;

/// A pixel that no run has set.
const UNSET: [u8; 4] = [0; 4];

const BLACK: [u8; 4] = [0, 0, 0, u8::MAX];

/// Codes between two looks at the clock.
const CODES_BETWEEN_LOOKS: u32 = 1 << 16;

pub(super) fn decode(
    header: &Header<'_>,
    run: Run,
    source: &Source,
    request: &mut Request,
) -> Result<Shrunk, RenderThumbnail> {
    let mut plane = Plane {
        pixels: request.list(UNSET, Some(header.size.pixels()))?,
        width: header.size.width as usize,
        x: 0,
        y: 0,
    };
    let rows = plane.fill(header, run, source)?;
    if plane.pixels.iter().all(|&pixel| pixel == UNSET) {
        return Err(undecodable("it ends before its first pixel"));
    }
    let mut shrink = request.shrink(header.size, Channels::Rgba, Orientation::NoTransforms, source)?;
    let mut line = Vec::with_capacity(shrink.row_bytes());
    let height = header.size.height as usize;
    for place in 0..height {
        // Without being told, the first row is the lowest.
        let y = if header.is_top_down { place } else { height - 1 - place };
        let row = plane.pixels.iter().skip(y * plane.width).take(plane.width);
        let left_out = if y < rows { BLACK } else { UNSET };
        line.clear();
        line.extend(row.flat_map(|&pixel| if pixel == UNSET { left_out } else { pixel }));
        shrink.push(&line)?;
    }
    Ok(shrink.finish())
}

/// Colours, and the place of the next one.
struct Plane {
    pixels: Vec<[u8; 4]>,
    width: usize,
    x: usize,
    y: usize,
}

impl Plane {
    /// Sets what the data say, as far as they go; tells the number of rows that they reach.
    fn fill(&mut self, header: &Header<'_>, run: Run, source: &Source) -> Result<usize, RenderThumbnail> {
        let mut data = header.data.iter().copied();
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
                    let count = usize::from(count);
                    let bytes = match run {
                        Run::Four => count.div_ceil(2),
                        Run::Eight => count,
                        Run::Colour => count * 3,
                    };
                    let taken: Vec<u8> = data.by_ref().take(bytes).collect();
                    (0..count)
                        .map_while(|at| colour(header, run, &taken, at))
                        .for_each(|pixel| self.set(pixel));
                    if taken.len() < bytes {
                        break;
                    }
                    // They end on an even byte.
                    if bytes % 2 == 1 {
                        data.next();
                    }
                }
                (count, value) => {
                    let mut bytes = [value; 3];
                    if run == Run::Colour {
                        let (Some(green), Some(red)) = (data.next(), data.next()) else { break };
                        bytes = [value, green, red];
                    }
                    // An index repeats; two of four bits take turns.
                    let colours = [0, 1].map(|at| match run {
                        Run::Colour => colour(header, run, &bytes, 0),
                        _ => colour(header, run, &bytes, at),
                    });
                    colours.iter().cycle().take(count.into()).flatten().for_each(|&pixel| self.set(pixel));
                }
            }
            if self.y * self.width >= self.pixels.len() {
                break;
            }
        }
        Ok(self.y)
    }

    /// Sets the next pixel; what lies beyond the row is left out.
    fn set(&mut self, pixel: [u8; 4]) {
        if self.x < self.width
            && let Some(place) = self.pixels.get_mut(self.y * self.width + self.x)
        {
            *place = pixel;
        }
        self.x += 1;
    }
}

/// The colour at this place of the data of a run; `None` after their end.
fn colour(header: &Header<'_>, run: Run, data: &[u8], at: usize) -> Option<[u8; 4]> {
    let index = match run {
        Run::Four => data.get(at / 2).map(|byte| if at.is_multiple_of(2) { byte >> 4 } else { byte & 15 })?,
        Run::Eight => *data.get(at)?,
        Run::Colour => {
            let [blue, green, red] = *data.as_chunks().0.get(at)?;
            return Some([red, green, blue, u8::MAX]);
        }
    };
    let [red, green, blue] = header.palette.get(usize::from(index)).copied().unwrap_or_default();
    Some([red, green, blue, u8::MAX])
}
