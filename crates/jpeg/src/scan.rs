//! Scans (ITU-T T.81, F.2 and G.2).

use crate::ac::{self, Band};
use crate::bits::{Bits, REFILLED};
use crate::frame::Frame;
use crate::headers::{Part, Scan, Step};
use crate::huffman::{BLOCK, Class, Table};
use crate::limits::{DecodeError, Limits};
use crate::plane::Plane;
use crate::restarts::Restarts;
use crate::segments::{Settings, skip_data};
use crate::size::Size;

/// The longest code with its magnitude.
pub(crate) const LONGEST_CODE: u32 = 16 + 15;
const _: () = assert!(LONGEST_CODE <= REFILLED, "a code must fit into what is visible");

/// What has been decoded of a scan.
pub(crate) struct Decoded<'a> {
    /// The bytes after it.
    pub(crate) rest: &'a [u8],
    /// Where the file ends before the scan does: how many rows of eight pixels there are, in rows of MCUs that are whole
    /// or in the first.
    pub(crate) rows: Option<u32>,
}

impl<'a> Decoded<'a> {
    /// A scan whose data end after so many whole rows of MCUs.
    fn cut(rest: &'a [u8], whole: u32, mcu_height: u32) -> Self {
        let is_end = matches!(rest, [] | [0xff]);
        Self { rest, rows: is_end.then_some(whole.max(1) * mcu_height) }
    }
}

/// Decodes a scan that begins the bytes.
///
/// Where data are missing or broken, blocks stay as they were before, and decoding goes on at the next restart: as
/// libjpeg does it, and so browsers. Fails only if the scan can't be begun, or the deadline passes.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    scan: &Scan,
    frame: &Frame,
    settings: &Settings<'_>,
    planes: &mut [Plane],
    limits: Limits,
) -> Result<Decoded<'a>, DecodeError> {
    let alone = scan.parts.len() == 1;
    let layout = planes.first().ok_or(DecodeError::Broken)?.layout();
    let mcus = match scan.parts.as_slice() {
        [one] => frame.blocks(frame.components[one.component]),
        several if frame.interleaves(several.iter().map(|part| part.component)) => frame.mcus(),
        _ => return Err(DecodeError::Broken),
    };
    let mut components = Vec::with_capacity(scan.parts.len());
    for (at, plane) in planes.iter_mut().enumerate() {
        if let Some(turn) = scan.parts.iter().position(|part| part.component == at) {
            let component = Decoding::new(scan.parts[turn], scan.step, alone, frame, settings, plane);
            components.push((turn, component.ok_or(DecodeError::Broken)?));
        }
    }
    if components.iter().all(|(_, component)| component.is_skipped()) {
        limits.check_time()?;
        return Ok(Decoded { rest: skip_data(bytes), rows: None });
    }
    components.sort_by_key(|&(turn, _)| turn);

    let components = components.into_iter().map(|(_, component)| component).collect();
    let mcu_height = if alone { 1 } else { frame.mcu_height() };
    let run =
        Run { bytes, components, mcus, mcu_height, restart_interval: settings.restart_interval, limits };
    // The loop is made twice, so that the one which large pictures take has no other kinds in it.
    if scan.step == Step::Sequential && layout.is_dc_alone() {
        run.decode(Decoding::dc_mcu)
    } else {
        run.decode(Decoding::mcu)
    }
}

/// A scan that is ready to be decoded.
struct Run<'a, 'b> {
    bytes: &'a [u8],
    /// In the order of the scan.
    components: Vec<Decoding<'b>>,
    mcus: Size,
    /// How many rows of eight pixels an MCU has.
    mcu_height: u32,
    restart_interval: u16,
    limits: Limits,
}

impl<'a, 'b> Run<'a, 'b> {
    /// Decodes all MCUs, each component's part of one by this function.
    fn decode(
        mut self,
        mcu: impl Fn(&mut Decoding<'b>, &mut Bits<'a>, usize, usize),
    ) -> Result<Decoded<'a>, DecodeError> {
        let mut bits = Bits::new(self.bytes);
        let mut restarts = Restarts::every(self.restart_interval);
        for row in 0..self.mcus.height {
            self.limits.check_time()?;
            for column in 0..self.mcus.width as usize {
                if restarts.is_due() {
                    bits = restarts.restart(bits);
                    self.components.iter_mut().for_each(Decoding::restart);
                }
                if bits.is_overdrawn() {
                    // A picture that promises more than it has shall not take the time of one that has it.
                    if !restarts.may_follow(bits.rest()) {
                        // The MCU before this one is not whole.
                        let whole = if column == 0 { row.saturating_sub(1) } else { row };
                        return Ok(Decoded::cut(bits.rest(), whole, self.mcu_height));
                    }
                    continue;
                }
                for component in &mut self.components {
                    mcu(component, &mut bits, row as usize, column);
                }
            }
        }
        if bits.is_overdrawn() {
            return Ok(Decoded::cut(bits.rest(), self.mcus.height - 1, self.mcu_height));
        }
        Ok(Decoded { rest: bits.rest(), rows: None })
    }
}

/// How a scan codes a block.
enum Coding {
    /// All of its coefficients (F.2.2), of which the DC coefficient alone is stored.
    SequentialDc { dc: Table, ac: Table },
    /// All of its coefficients (F.2.2).
    Sequential { dc: Table, ac: Table },
    /// Its DC coefficient without some of the low bits (G.1.2.1).
    DcFirst { dc: Table, low: u8 },
    /// One of those bits.
    DcRefinement { low: u8 },
    /// A band of its AC coefficients without some of the low bits (G.1.2.2).
    AcFirst { ac: Table, band: Band },
    /// One of those bits (G.1.2.3).
    AcRefinement { ac: Table, band: Band },
    /// AC coefficients that are not stored.
    Skipped,
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
    /// `None` if a table is missing or broken.
    fn new(
        part: Part,
        step: Step,
        alone: bool,
        frame: &Frame,
        settings: &Settings<'_>,
        plane: &'a mut Plane,
    ) -> Option<Self> {
        let component = frame.components.get(part.component)?;
        plane.begin((*settings.quantizers.get(component.quantizer)?)?);
        let is_sequential = step == Step::Sequential;
        let dc = || Table::new(settings.dc(part.dc, is_sequential)?, Class::Dc);
        let ac = |class| Table::new(settings.ac(part.ac, is_sequential)?, class);
        let coding = match step {
            Step::Sequential if plane.layout().is_dc_alone() => {
                Coding::SequentialDc { dc: dc()?, ac: ac(Class::Ac)? }
            }
            Step::Sequential => Coding::Sequential { dc: dc()?, ac: ac(Class::Symbols)? },
            Step::DcFirst { low } => Coding::DcFirst { dc: dc()?, low },
            Step::DcRefinement { low } => Coding::DcRefinement { low },
            Step::AcFirst { .. } | Step::AcRefinement { .. } if plane.layout().is_dc_alone() => {
                Coding::Skipped
            }
            Step::AcFirst { band, low } => {
                Coding::AcFirst { ac: ac(Class::Symbols)?, band: Band::new(band, low) }
            }
            Step::AcRefinement { band, low } => {
                Coding::AcRefinement { ac: ac(Class::Symbols)?, band: Band::new(band, low) }
            }
        };
        let blocks = if alone {
            Size { width: 1, height: 1 }
        } else {
            Size { width: component.across, height: component.down }
        };
        Some(Self { plane, coding, blocks, prediction: 0 })
    }

    const fn is_skipped(&self) -> bool {
        matches!(self.coding, Coding::Skipped)
    }

    /// Begins afresh after a restart.
    const fn restart(&mut self) {
        self.prediction = 0;
        if let Coding::AcFirst { band, .. } | Coding::AcRefinement { band, .. } = &mut self.coding {
            band.restart();
        }
    }

    /// Decodes this component's blocks of an MCU (A.2) of a sequential picture, of which the DC coefficients are stored.
    #[inline]
    fn dc_mcu(&mut self, bits: &mut Bits<'_>, row: usize, column: usize) {
        let Coding::SequentialDc { dc, ac } = &self.coding else { return };
        let (across, down) = (self.blocks.width as usize, self.blocks.height as usize);
        for line in row * down..(row + 1) * down {
            for coefficient in self.plane.run(line, column * across, across) {
                bits.refill();
                *coefficient = predicted(bits, dc, &mut self.prediction);
                pass_over(bits, ac);
            }
        }
    }

    /// Decodes this component's blocks of an MCU (A.2).
    fn mcu(&mut self, bits: &mut Bits<'_>, row: usize, column: usize) {
        let (across, down) = (self.blocks.width as usize, self.blocks.height as usize);
        for line in row * down..(row + 1) * down {
            for place in column * across..(column + 1) * across {
                self.block(bits, line, place);
            }
        }
    }

    /// Decodes a block of a picture that is progressive, or of which more than the DC coefficients is stored.
    fn block(&mut self, bits: &mut Bits<'_>, row: usize, column: usize) {
        let layout = self.plane.layout();
        let block = self.plane.block(row, column);
        let [first, ..] = block else { return };
        bits.refill();
        match &mut self.coding {
            Coding::Sequential { dc, ac } => {
                *first = predicted(bits, dc, &mut self.prediction);
                ac::sequential(bits, ac, layout, block);
            }
            Coding::DcFirst { dc, low } => *first = predicted(bits, dc, &mut self.prediction) << *low,
            Coding::DcRefinement { low } => *first |= i16::from(bits.bit()) << *low,
            Coding::AcFirst { ac, band } => band.first(bits, ac, layout, block),
            Coding::AcRefinement { ac, band } => band.refine(bits, ac, layout, block),
            Coding::SequentialDc { .. } | Coding::Skipped => {}
        }
    }
}

/// The DC coefficient that comes next (F.2.2.1).
#[inline]
fn predicted(bits: &mut Bits<'_>, table: &Table, prediction: &mut i16) -> i16 {
    let code = table.code(bits);
    let difference = i16::try_from(bits.difference(code)).unwrap_or_default();
    // What overflows comes from a broken file, and gives wrong colours.
    *prediction = prediction.wrapping_add(difference);
    *prediction
}

/// Leaves the AC coefficients of a block out (F.2.2.2).
#[inline]
fn pass_over(bits: &mut Bits<'_>, table: &Table) {
    let mut place = 1;
    while place < BLOCK {
        if bits.available() < LONGEST_CODE {
            bits.refill();
        }
        let code = table.code(bits);
        bits.skip(code);
        place += code.step;
    }
}
