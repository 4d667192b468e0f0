//! What the headers of frames and scans say (ITU-T T.81, B.2.2 and B.2.3).

use crate::frame::{Component, Frame};
use crate::size::Size;

/// The frame header (B.2.2) of a picture of eight bits.
pub(crate) fn frame(segment: &[u8]) -> Option<Frame> {
    let &[8, height_high, height_low, width_high, width_low, count, ref components @ ..] = segment else {
        return None;
    };
    let width = u16::from_be_bytes([width_high, width_low]).into();
    // No height: it would come after the first scan (B.2.5).
    let height = u16::from_be_bytes([height_high, height_low]).into();
    let (components, []) = components.as_chunks::<3>() else { return None };
    if components.len() != usize::from(count) {
        return None;
    }
    let components = components.iter().map(|&[id, factors, quantizer]| Component {
        id,
        across: u32::from(factors >> 4),
        down: u32::from(factors & 15),
        quantizer: quantizer.into(),
    });
    Frame::new(Size { width, height }, components.collect())
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
    First { low: u8 },
    /// This low bit of the DC coefficients.
    Refinement { low: u8 },
    /// AC coefficients.
    Ac,
}

/// What a scan header says.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    pub(crate) parts: Vec<Part>,
    pub(crate) step: Step,
}

/// The scan header (B.2.3); `None` if it has no place in a picture of this kind (Table B.3).
pub(crate) fn scan(segment: &[u8], frame: &Frame, is_progressive: bool) -> Option<Scan> {
    let (&count, rest) = segment.split_first()?;
    let (parts, &[first, last, approximation]) = rest.split_at_checked(2 * usize::from(count))? else {
        return None;
    };
    let step = match (is_progressive, first, last, approximation >> 4, approximation & 15) {
        // Some encoders write a last coefficient of 0.
        (false, 0, 0 | 63, 0, 0) => Step::Sequential,
        (true, 0, 0, 0, low @ 0..=13) => Step::First { low },
        (true, 0, 0, 1..=13, low) if approximation >> 4 == low + 1 => Step::Refinement { low },
        (true, 1..=63, 1..=63, 0..=13, 0..=13) if first <= last && count == 1 => Step::Ac,
        _ => return None,
    };
    let parts = parts.as_chunks::<2>().0.iter().map(|&[id, tables]| {
        let component = frame.components.iter().position(|component| component.id == id)?;
        Some(Part { component, dc: usize::from(tables >> 4), ac: usize::from(tables & 15) })
    });
    let parts: Vec<Part> = parts.collect::<Option<_>>()?;
    // In the order of the frame, and each once.
    let is_ordered = parts.is_sorted_by(|a, b| a.component < b.component);
    (!parts.is_empty() && is_ordered).then_some(Scan { parts, step })
}
