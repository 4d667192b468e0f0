//! From the bytes of a row to eight bits a sample.

use half::f16;
use tiff::tags::SampleFormat;

use crate::decode::tiff::layout::{Layout, Predictor};

/// How far the highest floating-point number may exceed white: filters that sharpen overshoot at edges, and without this
/// a few such pixels would make all others of the picture dark.
const OVERSHOOT: f64 = 1.1;

/// How numbers become eight bits.
pub(super) struct Levels {
    format: SampleFormat,
    bits: u32,
    is_big_endian: bool,
    /// Indices are no amounts: they stay as they are.
    are_indices: bool,
    /// The number that is white.
    white: f64,
}

impl Levels {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            format: layout.format,
            bits: layout.bits,
            is_big_endian: layout.is_big_endian,
            are_indices: layout.colours.are_indices(),
            white: (2_f64.powi(layout.bits.cast_signed()) - 1.0).max(1.0),
        }
    }

    /// Whether the highest number of the picture decides what is white.
    pub(super) const fn need_highest(&self) -> bool {
        match self.format {
            SampleFormat::IEEEFP | SampleFormat::Int => true,
            _ => self.bits > 16,
        }
    }

    /// Takes for white the lowest of those that programs use which is not exceeded: 1 of floating-point numbers, the
    /// most that fits into 8 or 16 bits of others; else the most that a whole number without a sign can be, and the highest
    /// number there is of others.
    pub(super) fn choose_white(&mut self, highest: f64) {
        let (usual, overshoot): (&[f64], f64) = match (self.format, self.bits) {
            (SampleFormat::IEEEFP, _) => (&[1.0, 255.0, 65535.0], OVERSHOOT),
            (SampleFormat::Int, 8) => (&[127.0], 1.0),
            (SampleFormat::Int, 16) => (&[255.0, 32767.0], 1.0),
            _ => (&[255.0, 65535.0], 1.0),
        };
        let most = if matches!(self.format, SampleFormat::IEEEFP | SampleFormat::Int) {
            highest
        } else {
            self.white
        };
        self.white = usual.iter().copied().find(|&white| highest <= white * overshoot).unwrap_or(most);
    }

    /// Unpacks the first `count` samples of a row.
    pub(super) fn unpack(&self, row: &[u8], count: usize, samples: &mut Vec<u8>) {
        samples.clear();
        match (self.bits, self.format) {
            (8, SampleFormat::Uint | SampleFormat::Void) => samples.extend(row.iter().take(count)),
            (16, SampleFormat::Uint | SampleFormat::Void) => {
                let high = usize::from(!self.is_big_endian);
                samples.extend(row.as_chunks::<2>().0.iter().take(count).map(|pair| pair[high]));
            }
            (1..16, SampleFormat::Uint | SampleFormat::Void) => {
                samples.extend(bit_fields(row, self.bits).take(count).map(|number| self.narrow(number)));
            }
            _ => samples.extend(self.numbers(row).take(count).map(|number| self.shade(number))),
        }
    }

    /// The numbers of a row. Those of whole bytes are in the order of the file, others begin with their highest bit.
    pub(super) fn numbers(&self, row: &[u8]) -> impl Iterator<Item = f64> {
        let bytes = self.bits as usize / 8;
        let has_whole_bytes = self.bits.is_multiple_of(8);
        let (whole, fields) = if has_whole_bytes { (row, &[][..]) } else { (&[][..], row) };
        let whole = whole.chunks_exact(bytes.max(1)).map(|bytes| self.number(bytes));
        whole.chain(bit_fields(fields, self.bits).map(f64::from))
    }

    /// A number of at most 16 bits.
    fn narrow(&self, number: u32) -> u8 {
        let scaled = if self.are_indices {
            number
        } else if self.bits > 8 {
            number >> (self.bits - 8)
        } else {
            number * 255 / ((1 << self.bits) - 1)
        };
        u8::try_from(scaled).unwrap_or(u8::MAX)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is cut to what fits before"
    )]
    fn shade(&self, number: f64) -> u8 {
        (number / self.white * 255.0).round().clamp(0.0, 255.0) as u8
    }

    #[expect(clippy::cast_precision_loss, reason = "eight bits are left of it")]
    fn number(&self, bytes: &[u8]) -> f64 {
        let mut raw = [0; 8];
        for (place, &byte) in raw.iter_mut().zip(bytes) {
            *place = byte;
        }
        if self.is_big_endian {
            raw[..bytes.len().min(8)].reverse();
        }
        let raw = u64::from_le_bytes(raw);
        let [low, high, ..] = raw.to_le_bytes();
        let half = u16::from_le_bytes([low, high]);
        let whole = u32::try_from(raw & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        match (self.format, self.bits) {
            (SampleFormat::IEEEFP, 16) => f16::from_bits(half).to_f64(),
            (SampleFormat::IEEEFP, 32) => f32::from_bits(whole).into(),
            (SampleFormat::IEEEFP, _) => f64::from_bits(raw),
            (SampleFormat::Int, 8) => low.cast_signed().into(),
            (SampleFormat::Int, 16) => half.cast_signed().into(),
            (SampleFormat::Int, 32) => whole.cast_signed().into(),
            (SampleFormat::Int, _) => raw.cast_signed() as f64,
            _ => raw as f64,
        }
    }
}

/// The numbers of a row that are packed without gaps, the highest bit first.
fn bit_fields(row: &[u8], bits: u32) -> impl Iterator<Item = u32> {
    let (mut held, mut count, mut bytes) = (0_u64, 0, row.iter());
    std::iter::from_fn(move || {
        while count < bits {
            held = held << 8 | u64::from(*bytes.next()?);
            count += 8;
        }
        count -= bits;
        let number = (held >> count) & ((1 << bits) - 1);
        u32::try_from(number).ok()
    })
}

/// Undoes the predictor of a row of a chunk. `reordered` is room for as many bytes.
pub(super) fn undo_predictor(row: &mut Vec<u8>, reordered: &mut Vec<u8>, layout: &Layout) {
    let (bytes, samples) = (layout.bits as usize / 8, layout.samples_in_chunk());
    match layout.predictor {
        Predictor::None => {}
        Predictor::Horizontal if bytes == 1 => add_before(row, samples),
        Predictor::Horizontal => {
            let number = |bytes: &[u8]| -> u64 {
                let add = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
                if layout.is_big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
            };
            for at in (samples * bytes..row.len().saturating_sub(bytes - 1)).step_by(bytes) {
                let before = at - samples * bytes;
                let sum = number(&row[before..before + bytes]).wrapping_add(number(&row[at..at + bytes]));
                for (place, byte) in row[at..at + bytes].iter_mut().enumerate() {
                    let shift = if layout.is_big_endian { bytes - 1 - place } else { place };
                    *byte = u8::try_from((sum >> (shift * 8)) & 0xff).unwrap_or_default();
                }
            }
        }
        Predictor::FloatingPoint => {
            add_before(row, samples);
            // The highest bytes of all numbers come first, then the next ones.
            let count = row.len() / bytes;
            reordered.resize(row.len(), 0);
            for (at, number) in reordered.chunks_exact_mut(bytes).enumerate() {
                for (byte, place) in number.iter_mut().enumerate() {
                    let plane = if layout.is_big_endian { byte } else { bytes - 1 - byte };
                    *place = row[plane * count + at];
                }
            }
            std::mem::swap(row, reordered);
        }
    }
}

/// Adds to each byte the one that lies this far before it.
fn add_before(row: &mut [u8], distance: usize) {
    for at in distance..row.len() {
        row[at] = row[at].wrapping_add(row[at - distance]);
    }
}
