//! What the headers of frames and scans say (ITU-T T.81, B.2.2 and B.2.3).

use crate::frame::{Component, Frame};
use crate::limits::DecodeError;
use crate::size::Size;

/// The frame header (B.2.2).
pub(crate) fn frame(segment: &[u8]) -> Result<Frame, DecodeError> {
    let &[precision, height_high, height_low, width_high, width_low, count, ref components @ ..] = segment
    else {
        return Err(DecodeError::Broken);
    };
    let width = u16::from_be_bytes([width_high, width_low]).into();
    // No height: it would come after the first scan (B.2.5), which no browser reads.
    let height = u16::from_be_bytes([height_high, height_low]).into();
    let (components, rest) = components.as_chunks::<3>();
    if components.len() != usize::from(count) || !rest.is_empty() {
        return Err(DecodeError::Broken);
    }
    let components = components.iter().map(|&[id, factors, quantizer]| Component {
        id,
        across: u32::from(factors >> 4),
        down: u32::from(factors & 15),
        quantizer: quantizer.into(),
    });
    let frame = Frame::new(Size { width, height }, components.collect());
    frame.filter(|_| precision == 8).ok_or(DecodeError::Unsupported)
}

/// A component's part in a scan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// Its place in the frame.
    pub(crate) component: usize,
    pub(crate) dc: usize,
    pub(crate) ac: usize,
}

/// What a scan brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// All coefficients.
    Sequential,
    /// The DC coefficients without so many of their low bits.
    DcFirst { low: u8 },
    /// This low bit of the DC coefficients.
    DcRefinement { low: u8 },
    /// A band of AC coefficients without so many of their low bits.
    AcFirst { band: (u8, u8), low: u8 },
    /// This low bit of a band of AC coefficients.
    AcRefinement { band: (u8, u8), low: u8 },
}

/// What a scan header says.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    /// In the order of the scan.
    pub(crate) parts: Vec<Part>,
    pub(crate) step: Step,
}

/// The scan header (B.2.3); `None` if libjpeg takes it for broken.
pub(crate) fn scan(segment: &[u8], frame: &Frame, is_progressive: bool) -> Option<Scan> {
    let (&count, rest) = segment.split_first()?;
    let (selectors, &[first, last, approximation]) = rest.split_at_checked(2 * usize::from(count))? else {
        return None;
    };
    let band = (first, last);
    let step = match (band, approximation >> 4, approximation & 15) {
        // Encoders exist that fill these fields with something else (Table B.3).
        _ if !is_progressive => Step::Sequential,
        ((0, 0), 0, low @ 0..=13) => Step::DcFirst { low },
        ((0, 0), high, low @ 0..=13) if high == low + 1 => Step::DcRefinement { low },
        ((1..=63, 1..=63), 0, low @ 0..=13) if first <= last && count == 1 => Step::AcFirst { band, low },
        ((1..=63, 1..=63), high, low @ 0..=13) if first <= last && count == 1 && high == low + 1 => {
            Step::AcRefinement { band, low }
        }
        _ => return None,
    };
    let mut parts: Vec<Part> = Vec::with_capacity(selectors.len() / 2);
    for (at, &[id, tables]) in selectors.as_chunks::<2>().0.iter().enumerate() {
        // Identifiers may be the same: then components are told apart by their order.
        let place = frame.components.get(at..)?.iter().position(|component| component.id == id)?;
        let component = at + place;
        if parts.iter().any(|part| part.component == component) {
            return None;
        }
        parts.push(Part { component, dc: usize::from(tables >> 4), ac: usize::from(tables & 15) });
    }
    (!parts.is_empty()).then_some(Scan { parts, step })
}
