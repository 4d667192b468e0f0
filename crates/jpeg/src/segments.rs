//! Markers and the segments that they begin (ITU-T T.81, B.1.1 and B.2).

use crate::colour::Hints;
use crate::huffman::Specification;
use crate::standard;

/// Marker codes (Table B.1).
pub(crate) mod marker {
    pub(crate) const TEM: u8 = 0x01;
    pub(crate) const SOF0: u8 = 0xc0;
    pub(crate) const SOF1: u8 = 0xc1;
    pub(crate) const SOF2: u8 = 0xc2;
    pub(crate) const SOF15: u8 = 0xcf;
    pub(crate) const DHT: u8 = 0xc4;
    pub(crate) const DAC: u8 = 0xcc;
    pub(crate) const RST0: u8 = 0xd0;
    pub(crate) const RST7: u8 = 0xd7;
    pub(crate) const SOI: u8 = 0xd8;
    pub(crate) const EOI: u8 = 0xd9;
    pub(crate) const SOS: u8 = 0xda;
    pub(crate) const DQT: u8 = 0xdb;
    pub(crate) const DNL: u8 = 0xdc;
    pub(crate) const DRI: u8 = 0xdd;
    pub(crate) const APP0: u8 = 0xe0;
    pub(crate) const APP1: u8 = 0xe1;
    pub(crate) const APP2: u8 = 0xe2;
    pub(crate) const APP14: u8 = 0xee;
    pub(crate) const APP15: u8 = 0xef;
    pub(crate) const COM: u8 = 0xfe;
}

/// Takes the next marker, and everything before it.
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

/// Whether a segment follows the marker (B.1.1.4).
pub(crate) const fn has_segment(marker: u8) -> bool {
    !matches!(marker, marker::TEM | marker::RST0..=marker::RST7 | marker::SOI | marker::EOI)
}

/// Takes the segment that follows its marker (B.1.1.4); `None` if it is cut off.
pub(crate) fn segment<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (&length, after) = rest.split_first_chunk()?;
    // The length counts itself. What is shorter than that is empty, as in libjpeg.
    let length = u16::from_be_bytes(length).saturating_sub(2);
    let (segment, after) = after.split_at_checked(length.into())?;
    *rest = after;
    Some(segment)
}

/// Takes the entropy-coded data of a scan, up to the marker that ends it (B.1.1.5).
pub(crate) fn skip_data(mut rest: &[u8]) -> &[u8] {
    while let Some(begin) = rest.iter().position(|&byte| byte == 0xff) {
        rest = &rest[begin..];
        match *rest {
            [_, 0 | marker::RST0..=marker::RST7, ..] => rest = &rest[2..],
            [_, 0xff, ..] => rest = &rest[1..],
            _ => return rest,
        }
    }
    &[]
}

/// Whether the bytes begin with entropy-coded data, and not with a marker or the end of the file.
pub(crate) const fn begins_with_data(bytes: &[u8]) -> bool {
    !matches!(bytes, [] | [0xff] | [0xff, 1..=0xff, ..])
}

/// Divisors in the order of the coefficients, from the DC coefficient on.
pub(crate) type Quantizer = [u16; 64];

/// What holds until it is set anew.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings<'a> {
    pub(crate) quantizers: [Option<Quantizer>; 4],
    dc: [Option<Specification<'a>>; 4],
    ac: [Option<Specification<'a>>; 4],
    /// MCUs between restarts, 0 for none.
    pub(crate) restart_interval: u16,
    pub(crate) hints: Hints,
    /// The first EXIF data, from their TIFF header on.
    pub(crate) exif: Option<&'a [u8]>,
}

impl<'a> Settings<'a> {
    /// Codes of differences. Those that a sequential file leaves out are the typical ones.
    pub(crate) fn dc(&self, at: usize, is_sequential: bool) -> Option<Specification<'a>> {
        let typical = || standard::DC.get(at).copied().filter(|_| is_sequential);
        self.dc.get(at).copied().flatten().or_else(typical)
    }

    /// Codes of AC coefficients. Those that a sequential file leaves out are the typical ones.
    pub(crate) fn ac(&self, at: usize, is_sequential: bool) -> Option<Specification<'a>> {
        let typical = || standard::AC.get(at).copied().filter(|_| is_sequential);
        self.ac.get(at).copied().flatten().or_else(typical)
    }

    /// Takes what a segment of tables or miscellany says; `None` if it is broken, or says what we don't know.
    pub(crate) fn take(&mut self, marker: u8, segment: &'a [u8]) -> Option<()> {
        match marker {
            marker::DQT => self.take_quantizers(segment),
            marker::DHT => self.take_codes(segment),
            marker::DRI => {
                self.restart_interval = u16::from_be_bytes(segment.try_into().ok()?);
                Some(())
            }
            marker::APP1 => {
                // A later one continues the first, or was left behind by an editor.
                if let [b'E', b'x', b'i', b'f', 0, _, exif @ ..] = segment {
                    self.exif.get_or_insert(exif);
                }
                Some(())
            }
            marker::APP0..=marker::APP15 => {
                self.hints.take(marker, segment);
                Some(())
            }
            marker::COM | marker::DAC | marker::DNL | marker::TEM | marker::RST0..=marker::RST7 => Some(()),
            _ => None,
        }
    }

    /// B.2.4.1. Sixteen bits are for pictures of twelve alone, and are found in others.
    fn take_quantizers(&mut self, mut segment: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = segment {
            let place = self.quantizers.get_mut(usize::from(kind & 15))?;
            let mut quantizer = [0; 64];
            if kind >> 4 == 0 {
                let (table, after) = rest.split_first_chunk::<64>()?;
                quantizer.iter_mut().zip(table).for_each(|(divisor, &byte)| *divisor = byte.into());
                segment = after;
            } else {
                let (table, after) = rest.split_first_chunk::<128>()?;
                let table = table.as_chunks().0;
                quantizer
                    .iter_mut()
                    .zip(table)
                    .for_each(|(divisor, &two)| *divisor = u16::from_be_bytes(two));
                segment = after;
            }
            *place = Some(quantizer);
        }
        Some(())
    }

    /// B.2.4.2.
    fn take_codes(&mut self, mut segment: &'a [u8]) -> Option<()> {
        while let [kind, rest @ ..] = segment {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let count = counts.iter().copied().map(usize::from).sum::<usize>();
            let (symbols, after) = rest.split_at_checked(count).filter(|_| count <= 256)?;
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
