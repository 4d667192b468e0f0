//! Scans (ITU-T T.81, F.2 and G.2), of which the DC coefficients are kept.

use crate::bits::{Bits, REFILLED};
use crate::frame::Frame;
use crate::headers::{Part, Scan, Step};
use crate::huffman::{BLOCK, Class, END_OF_BLOCK, Table};
use crate::limits::{DecodeError, Limits};
use crate::plane::Plane;
use crate::segments::{Settings, marker, next_marker};
use crate::size::Size;

/// The longest code with its magnitude.
const LONGEST_CODE: u32 = 16 + 15;
const _: () = assert!(LONGEST_CODE <= REFILLED, "a code must fit into what is visible");

/// Decodes a scan that begins the bytes, and gives what comes after it.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    scan: &Scan,
    frame: &Frame,
    settings: &Settings<'_>,
    planes: &mut [Plane],
    limits: Limits,
) -> Result<&'a [u8], DecodeError> {
    let alone = scan.parts.len() == 1;
    let mcus = match scan.parts.as_slice() {
        [one] => frame.blocks(frame.components[one.component]),
        several if frame.interleaves(several.iter().map(|part| part.component)) => frame.mcus(),
        _ => return Err(DecodeError::Unsupported),
    };
    let mut components = Vec::with_capacity(scan.parts.len());
    for (at, plane) in planes.iter_mut().enumerate() {
        if let Some(&part) = scan.parts.iter().find(|part| part.component == at) {
            let component = Decoding::new(part, scan.step, alone, frame, settings, plane);
            components.push(component.ok_or(DecodeError::Unsupported)?);
        }
    }
    let mut bits = Bits::new(bytes);
    let mut restarts = Restarts::every(settings.restart_interval);
    for row in 0..mcus.height as usize {
        limits.check_time()?;
        for column in 0..mcus.width as usize {
            if restarts.is_due() {
                bits = restarts.restart(bits).ok_or(DecodeError::Unsupported)?;
                for component in &mut components {
                    component.prediction = 0;
                }
            }
            for component in &mut components {
                component.mcu(&mut bits, row, column).ok_or(DecodeError::Unsupported)?;
            }
        }
        // A picture that promises more than it has shall not take the time of one that has it.
        if bits.is_overdrawn() {
            return Err(DecodeError::Unsupported);
        }
    }
    bits.end().ok_or(DecodeError::Unsupported)
}

/// How a scan codes a block.
enum Coding {
    /// All of its coefficients (F.2.2).
    Sequential { dc: Table, ac: Table },
    /// Its DC coefficient without some of the low bits (G.1.2.1).
    First { dc: Table, low: u8 },
    /// One of those bits.
    Refinement { low: u8 },
}

/// A component that is being decoded.
struct Decoding<'a> {
    plane: &'a mut Plane,
    coding: Coding,
    /// How many blocks an MCU has of it.
    blocks: Size,
    /// The DC coefficient before (F.1.1.5.1).
    prediction: i16,
}

impl<'a> Decoding<'a> {
    /// `None` if the scan has no place here, or a table is missing.
    fn new(
        part: Part,
        step: Step,
        alone: bool,
        frame: &Frame,
        settings: &Settings<'_>,
        plane: &'a mut Plane,
    ) -> Option<Self> {
        let component = frame.components.get(part.component)?;
        let quantizer = (*settings.quantizers.get(component.quantizer)?)?;
        let table = |tables: &[Option<_>; 2], at: usize, class| Table::new((*tables.get(at)?)?, class);
        let dc = || table(&settings.dc, part.dc, Class::Dc);
        let coding = match step {
            Step::Sequential => {
                plane.begin(quantizer, 0)?;
                Coding::Sequential { dc: dc()?, ac: table(&settings.ac, part.ac, Class::Ac)? }
            }
            Step::First { low } => {
                plane.begin(quantizer, low)?;
                Coding::First { dc: dc()?, low }
            }
            Step::Refinement { low } => {
                plane.refine(low)?;
                Coding::Refinement { low }
            }
            Step::Ac => return None,
        };
        let blocks = if alone {
            Size { width: 1, height: 1 }
        } else {
            Size { width: component.across, height: component.down }
        };
        Some(Self { plane, coding, blocks, prediction: 0 })
    }

    /// Decodes this component's blocks of an MCU (A.2).
    #[inline]
    fn mcu(&mut self, bits: &mut Bits<'_>, row: usize, column: usize) -> Option<()> {
        let (across, down) = (self.blocks.width as usize, self.blocks.height as usize);
        for line in row * down..(row + 1) * down {
            for coefficient in self.plane.run(line, column * across, across)? {
                bits.refill();
                match &self.coding {
                    Coding::Sequential { dc, ac } => {
                        *coefficient = predicted(bits, dc, &mut self.prediction)?;
                        pass_over(bits, ac)?;
                    }
                    Coding::First { dc, low } => {
                        *coefficient = predicted(bits, dc, &mut self.prediction)? << low;
                    }
                    Coding::Refinement { low } => *coefficient |= i16::from(bits.bit()) << low,
                }
            }
        }
        Some(())
    }
}

/// The DC coefficient that comes next (F.2.2.1).
#[inline]
fn predicted(bits: &mut Bits<'_>, table: &Table, prediction: &mut i16) -> Option<i16> {
    let code = table.code(bits)?;
    let difference = i16::try_from(bits.difference(code)).ok()?;
    // What overflows comes from a broken file, and gives wrong colours.
    *prediction = prediction.wrapping_add(difference);
    Some(*prediction)
}

/// Leaves the AC coefficients of a block out (F.2.2.2).
#[inline]
fn pass_over(bits: &mut Bits<'_>, table: &Table) -> Option<()> {
    let mut place = 1;
    while place < BLOCK {
        if bits.available() < LONGEST_CODE {
            bits.refill();
        }
        let code = table.code(bits)?;
        bits.skip(code);
        place += code.step;
    }
    // Coefficients beyond the last are a fault.
    (place == BLOCK || place > END_OF_BLOCK).then_some(())
}

/// Markers at which decoding begins afresh (F.2.1.3.1), in turns from RST0 to RST7.
struct Restarts {
    interval: u16,
    left: u16,
    next: u8,
}

impl Restarts {
    /// A restart after so many MCUs, or none.
    const fn every(interval: u16) -> Self {
        Self { interval, left: interval, next: 0 }
    }

    /// Counts an MCU: whether there must be a restart before it.
    #[inline]
    const fn is_due(&mut self) -> bool {
        if self.interval == 0 {
            return false;
        }
        let due = self.left == 0;
        self.left = if due { self.interval } else { self.left } - 1;
        due
    }

    /// Goes on behind the marker; `None` if it is not the one that must come.
    fn restart<'a>(&mut self, bits: Bits<'a>) -> Option<Bits<'a>> {
        let mut rest = bits.end()?;
        let expected = marker::RST0 + self.next;
        self.next = (self.next + 1) % 8;
        (next_marker(&mut rest)? == expected).then(|| Bits::new(rest))
    }
}
