//! Markers and the segments that they begin (ITU-T T.81, B.1.1 and B.2).

use crate::colour::Hints;
use crate::huffman::Specification;

/// Marker codes (Table B.1).
pub(crate) mod marker {
    pub(crate) const SOF0: u8 = 0xc0;
    pub(crate) const SOF1: u8 = 0xc1;
    pub(crate) const SOF2: u8 = 0xc2;
    pub(crate) const DHT: u8 = 0xc4;
    pub(crate) const RST0: u8 = 0xd0;
    pub(crate) const RST7: u8 = 0xd7;
    pub(crate) const SOI: u8 = 0xd8;
    pub(crate) const EOI: u8 = 0xd9;
    pub(crate) const SOS: u8 = 0xda;
    pub(crate) const DQT: u8 = 0xdb;
    pub(crate) const DRI: u8 = 0xdd;
    pub(crate) const APP0: u8 = 0xe0;
    pub(crate) const APP14: u8 = 0xee;
    pub(crate) const APP15: u8 = 0xef;
    pub(crate) const COM: u8 = 0xfe;
}

/// Takes the next marker, whatever lies before it, as every decoder does.
pub(crate) fn next_marker(rest: &mut &[u8]) -> Option<u8> {
    loop {
        let begin = rest.iter().position(|&byte| byte == 0xff)?;
        // Any number of 0xFF may stand before a marker (B.1.1.2).
        let code = begin + rest[begin..].iter().position(|&byte| byte != 0xff)?;
        let marker = rest[code];
        *rest = &rest[code + 1..];
        if marker != 0 {
            return Some(marker);
        }
    }
}

/// Takes the segment that follows its marker (B.1.1.4).
pub(crate) fn segment<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let &length = rest.first_chunk()?;
    let (segment, after) = rest.split_at_checked(u16::from_be_bytes(length).into())?;
    *rest = after;
    segment.get(2..)
}

/// Takes the entropy-coded data of a scan, up to the marker that ends it (B.1.1.5).
pub(crate) fn skip_data(rest: &mut &[u8]) -> Option<()> {
    loop {
        let begin = rest.iter().position(|&byte| byte == 0xff)?;
        *rest = &rest[begin..];
        match **rest {
            [_, 0 | marker::RST0..=marker::RST7, ..] => *rest = &rest[2..],
            [_, 0xff, ..] => *rest = &rest[1..],
            [_] | [] => return None,
            _ => return Some(()),
        }
    }
}

/// What holds until it is set anew.
#[derive(Default)]
pub(crate) struct Settings<'a> {
    /// The divisors of the DC coefficients.
    pub(crate) quantizers: [Option<u16>; 4],
    pub(crate) dc: [Option<Specification<'a>>; 2],
    pub(crate) ac: [Option<Specification<'a>>; 2],
    /// MCUs between restarts, 0 for none.
    pub(crate) restart_interval: u16,
    pub(crate) hints: Hints,
}

impl<'a> Settings<'a> {
    /// Takes what a segment of tables or miscellany says; `None` if it is broken, or says what we don't know.
    pub(crate) fn take(&mut self, marker: u8, segment: &'a [u8]) -> Option<()> {
        match marker {
            marker::DQT => self.take_quantizers(segment),
            marker::DHT => self.take_codes(segment),
            marker::DRI => {
                self.restart_interval = u16::from_be_bytes(segment.try_into().ok()?);
                Some(())
            }
            marker::APP0 | marker::APP14 => self.hints.take(marker, segment),
            marker::APP0..=marker::APP15 | marker::COM => Some(()),
            _ => None,
        }
    }

    /// B.2.4.1. Sixteen bits are for pictures of twelve alone, and are found in others.
    fn take_quantizers(&mut self, mut segment: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = segment {
            let place = self.quantizers.get_mut(usize::from(kind & 15))?;
            let (first, after) = match kind >> 4 {
                0 => {
                    let (table, after) = rest.split_first_chunk::<64>()?;
                    (quantizer_of(table.iter().copied().map(u16::from)), after)
                }
                1 => {
                    let (table, after) = rest.split_first_chunk::<128>()?;
                    (quantizer_of(table.as_chunks().0.iter().copied().map(u16::from_be_bytes)), after)
                }
                _ => return None,
            };
            *place = Some(first?);
            segment = after;
        }
        Some(())
    }

    /// B.2.4.2.
    fn take_codes(&mut self, mut segment: &'a [u8]) -> Option<()> {
        while let [kind, rest @ ..] = segment {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let count = counts.iter().copied().map(usize::from).sum::<usize>();
            let (symbols, after) = rest.split_at_checked(count).filter(|_| (1..=256).contains(&count))?;
            let tables = match kind >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            *tables.get_mut(usize::from(kind & 15))? = Some(Specification { counts, symbols });
            segment = after;
        }
        Some(())
    }
}

/// The divisor of the DC coefficient, the first in a table; none may be zero.
fn quantizer_of(mut table: impl Iterator<Item = u16>) -> Option<u16> {
    table.next().filter(|&first| first != 0 && table.all(|divisor| divisor != 0))
}
