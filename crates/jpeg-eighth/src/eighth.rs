//! From the file's markers to a picture.
//!
//! In a sequential picture the AC coefficients are passed over: a look at a table tells how many bits that takes. In
//! a progressive one they are in scans of their own, which are left out.

use std::fmt;

use crate::colour::Colour;
use crate::frame::Frame;
use crate::headers::{self, Step};
use crate::limits::{DecodeError, Limits};
use crate::plane::Plane;
use crate::rows::Rows;
use crate::scan;
use crate::segments::{Settings, marker, next_marker, segment, skip_data};
use crate::size::Size;

/// A picture at 1/8 of its size.
pub struct Eighth {
    frame: Frame,
    planes: Vec<Plane>,
    colour: Colour,
}

/// Decodes a JPEG file.
///
/// Orientation and colour profiles are not applied. Bytes after the last scan of a sequential picture are not looked at,
/// and may be missing; a progressive picture must have its end marker, or it would not be seen that scans are missing.
pub fn decode(file: &[u8], limits: Limits) -> Result<Eighth, DecodeError> {
    let mut rest = file;
    let mut settings = Settings::default();
    let mut begun = None;
    if next_marker(&mut rest) != Some(marker::SOI) {
        return Err(DecodeError::Unsupported);
    }
    loop {
        let marker = next_marker(&mut rest).ok_or(DecodeError::Unsupported)?;
        if marker == marker::EOI {
            break;
        }
        let segment = segment(&mut rest).ok_or(DecodeError::Unsupported)?;
        match (marker, &mut begun) {
            (marker::SOF0 | marker::SOF1 | marker::SOF2, None) => {
                let frame = headers::frame(segment).ok_or(DecodeError::Unsupported)?;
                let planes = planes(&frame, limits)?;
                begun = Some((marker == marker::SOF2, frame, planes));
            }
            (marker::SOS, Some((is_progressive, frame, planes))) => {
                let scan = headers::scan(segment, frame, *is_progressive).ok_or(DecodeError::Unsupported)?;
                if scan.step == Step::Ac {
                    limits.check_time()?;
                    skip_data(&mut rest).ok_or(DecodeError::Unsupported)?;
                    continue;
                }
                rest = scan::decode(rest, &scan, frame, &settings, planes, limits)?;
                if !*is_progressive && planes.iter().all(Plane::is_whole) {
                    break;
                }
            }
            _ => settings.take(marker, segment).ok_or(DecodeError::Unsupported)?,
        }
    }
    let (_, frame, planes) =
        begun.filter(|(_, _, planes)| planes.iter().all(Plane::is_whole)).ok_or(DecodeError::Unsupported)?;
    let colour = Colour::of(&frame, settings.hints).ok_or(DecodeError::Unsupported)?;
    Ok(Eighth { frame, planes, colour })
}

/// Room for the coefficients of each component.
fn planes(frame: &Frame, limits: Limits) -> Result<Vec<Plane>, DecodeError> {
    let sizes: Vec<Size> = frame.components.iter().map(|&component| frame.padded_blocks(component)).collect();
    limits.check_alloc(sizes.iter().copied().map(Plane::bytes).sum())?;
    Ok(sizes.into_iter().map(Plane::new).collect())
}

impl Eighth {
    /// The width in pixels: an eighth of the picture's, rounded up; 1 to 8,192.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.frame.eighth().width
    }

    /// The height in pixels: an eighth of the picture's, rounded up; 1 to 8,192.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.frame.eighth().height
    }

    /// The rows from the top, three bytes a pixel, in the colours of the file: [`Eighth::to_rgb`] converts them.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        Rows::new(self)
    }

    /// Makes red, green and blue of pixels from [`Eighth::rows`], in place.
    ///
    /// Averages of such pixels can be converted as well as the pixels themselves, which is cheaper because there are
    /// fewer.
    pub fn to_rgb(&self, pixels: &mut [u8]) {
        self.colour.convert(pixels);
    }

    /// How many components there are: one or three.
    pub(crate) const fn components(&self) -> usize {
        self.planes.len()
    }

    /// How many pixels a sample of a component stands for.
    pub(crate) fn spread(&self, component: usize) -> Size {
        self.frame.spread(self.frame.components[component])
    }

    /// A row of the picture of one component, each sample as often as it stands for a pixel.
    pub(crate) fn stretch(&self, component: usize, y: usize, line: &mut [u8]) {
        let spread = self.spread(component);
        let averages = self.planes[component].averages(y / spread.height as usize);
        match spread.width as usize {
            1 => line.iter_mut().zip(averages).for_each(|(pixel, average)| *pixel = average),
            often => line.chunks_mut(often).zip(averages).for_each(|(pixels, average)| pixels.fill(average)),
        }
    }
}

impl fmt::Debug for Eighth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = (self.width(), self.height());
        formatter
            .debug_struct("Eighth")
            .field("width", &width)
            .field("height", &height)
            .finish_non_exhaustive()
    }
}
