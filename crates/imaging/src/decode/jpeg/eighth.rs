//! JPEG of 8 bits with Huffman codes (ITU-T T.81: SOF0, SOF1 and SOF2) at 1/8 of its size.
//!
//! At that scale a block of 8 × 8 samples is one pixel, and its DC coefficient alone tells it. In a sequential picture the
//! 63 others are passed over: a look at a table tells how many bits that takes. In a progressive one they are in scans of
//! their own, which nobody looks at.
//!
//! Only what is whole and usual is decoded here. Whatever else is left to the general decoder, which also finds the words
//! for what is broken.

use fm_domain::thumbnails::RenderThumbnail;

use super::colour::Colour;
use super::frame::Frame;
use super::headers::{self, Step};
use super::plane::Plane;
use super::scan;
use super::segments::{Settings, marker, next_marker, segment, skip_data};
use crate::decode::Request;
use crate::shrink::{Channels, Shrink, Shrunk, Size};
use crate::source::Deadline;

/// Why there is no picture.
#[derive(Debug)]
pub(super) enum Leave {
    /// It is broken, or of a kind that is not decoded here.
    Unusual,
    /// It must not be decoded at all.
    Refused(RenderThumbnail),
}

impl From<RenderThumbnail> for Leave {
    fn from(refusal: RenderThumbnail) -> Self {
        Self::Refused(refusal)
    }
}

/// A picture at 1/8 of its size.
pub(super) struct Eighth {
    frame: Frame,
    planes: Vec<Plane>,
    colour: Colour,
}

/// Decodes the picture; `None` if the general decoder must try.
pub(super) fn decode(
    file: &[u8],
    request: Request,
    deadline: Deadline,
) -> Result<Option<Eighth>, RenderThumbnail> {
    match read(file, request, deadline) {
        Ok(eighth) => Ok(Some(eighth)),
        Err(Leave::Unusual) => Ok(None),
        Err(Leave::Refused(refusal)) => Err(refusal),
    }
}

/// Goes from marker to marker (B.2.1).
///
/// What follows the last scan of a sequential picture is not looked at, nor missed. A progressive one must have its end,
/// or nobody would see that something is missing.
fn read(mut rest: &[u8], request: Request, deadline: Deadline) -> Result<Eighth, Leave> {
    let mut settings = Settings::default();
    let mut begun = None;
    if next_marker(&mut rest) != Some(marker::SOI) {
        return Err(Leave::Unusual);
    }
    loop {
        let marker = next_marker(&mut rest).ok_or(Leave::Unusual)?;
        if marker == marker::EOI {
            break;
        }
        let segment = segment(&mut rest).ok_or(Leave::Unusual)?;
        match (marker, &mut begun) {
            (marker::SOF0 | marker::SOF1 | marker::SOF2, None) => {
                let frame = headers::frame(segment).ok_or(Leave::Unusual)?;
                let planes = planes(&frame, request)?;
                begun = Some((marker == marker::SOF2, frame, planes));
            }
            (marker::SOS, Some((is_progressive, frame, planes))) => {
                let scan = headers::scan(segment, frame, *is_progressive).ok_or(Leave::Unusual)?;
                if scan.step == Step::Ac {
                    deadline.check()?;
                    skip_data(&mut rest).ok_or(Leave::Unusual)?;
                    continue;
                }
                rest = scan::decode(rest, &scan, frame, &settings, planes, deadline)?;
                if !*is_progressive && planes.iter().all(Plane::is_whole) {
                    break;
                }
            }
            _ => settings.take(marker, segment).ok_or(Leave::Unusual)?,
        }
    }
    let (_, frame, planes) =
        begun.filter(|(_, _, planes)| planes.iter().all(Plane::is_whole)).ok_or(Leave::Unusual)?;
    let colour = Colour::of(&frame, settings.hints).ok_or(Leave::Unusual)?;
    Ok(Eighth { frame, planes, colour })
}

/// Room for the coefficients of each component.
fn planes(frame: &Frame, request: Request) -> Result<Vec<Plane>, RenderThumbnail> {
    let sizes: Vec<Size> = frame.components.iter().map(|&component| frame.padded_blocks(component)).collect();
    request.afford(Some(sizes.iter().copied().map(Plane::bytes).sum()))?;
    Ok(sizes.into_iter().map(Plane::new).collect())
}

impl Eighth {
    pub(super) const fn size(&self) -> Size {
        self.frame.eighth()
    }

    /// How many pixels a sample of a component stands for.
    pub(super) fn spread(&self, component: usize) -> Size {
        self.frame.spread(self.frame.components[component])
    }

    /// Averages the picture on to what is to become `to`. Colours are converted when few pixels are left.
    pub(super) fn shrink(&self, to: Size, deadline: Deadline) -> Result<Shrunk, RenderThumbnail> {
        let size = self.size();
        let mut shrink = Shrink::new(size, to, Channels::Rgb, deadline);
        let mut lines = vec![vec![0; size.width as usize]; self.planes.len()];
        let mut row = vec![0; shrink.row_bytes()];
        for y in 0..size.height as usize {
            for (at, line) in lines.iter_mut().enumerate() {
                self.stretch(at, y, line);
            }
            match lines.as_slice() {
                [grey] => {
                    for (pixel, &grey) in row.as_chunks_mut::<3>().0.iter_mut().zip(grey) {
                        *pixel = [grey; 3];
                    }
                }
                [first, second, third] => {
                    let samples = first.iter().zip(second).zip(third);
                    for (pixel, ((&a, &b), &c)) in row.as_chunks_mut::<3>().0.iter_mut().zip(samples) {
                        *pixel = [a, b, c];
                    }
                }
                _ => {}
            }
            shrink.push(&row)?;
        }
        let mut small = shrink.finish();
        self.colour.convert(&mut small.pixels);
        Ok(small)
    }

    /// A row of the picture of one component, each sample as often as it stands for a pixel.
    pub(super) fn stretch(&self, component: usize, y: usize, line: &mut [u8]) {
        let spread = self.spread(component);
        let averages = self.planes[component].averages(y / spread.height as usize);
        match spread.width as usize {
            1 => line.iter_mut().zip(averages).for_each(|(pixel, average)| *pixel = average),
            often => line.chunks_mut(often).zip(averages).for_each(|(pixels, average)| pixels.fill(average)),
        }
    }
}
