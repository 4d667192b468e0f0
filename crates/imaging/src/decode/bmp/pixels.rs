//! Pixels that have one width.

use fm_domain::thumbnails::RenderThumbnail;

use crate::decode::bmp::header::Header;
use crate::request::undecodable;
use crate::shrink::Channels;
use crate::source::Deadline;

/// Turns the bytes of a row into red, green, blue and alpha.
pub(super) struct Pixels<'a> {
    width: usize,
    bits: u16,
    palette: &'a [[u8; 3]],
    fields: [Field; 3],
    alpha: Option<Field>,
}

/// Bits of a pixel that are one sample.
#[derive(Debug, Clone, Copy)]
struct Field {
    mask: u32,
    shift: u32,
    bits: u32,
}

impl Field {
    /// The field of a mask; `None` when its bits do not lie together.
    fn new(mask: u32) -> Option<Self> {
        let shift = mask.trailing_zeros() % 32;
        let bits = (mask >> shift).trailing_ones();
        (bits == mask.count_ones()).then_some(Self { mask, shift, bits })
    }

    fn read(self, pixel: u32) -> u8 {
        let value = (pixel & self.mask) >> self.shift;
        let scaled = match self.bits {
            0 => 0,
            8 => value,
            1..=7 => value * 255 / ((1 << self.bits) - 1),
            bits => value >> (bits - 8),
        };
        u8::try_from(scaled).unwrap_or(u8::MAX)
    }
}

impl<'a> Pixels<'a> {
    pub(super) fn new(header: &'a Header<'_>, deadline: Deadline) -> Result<Self, RenderThumbnail> {
        let [red, green, blue, alpha] = header.masks;
        let field = |mask| Field::new(mask).ok_or_else(|| undecodable("its masks are no runs of bits"));
        let pixels = Self {
            width: header.size.width as usize,
            bits: header.bits,
            palette: &header.palette,
            fields: [field(red)?, field(green)?, field(blue)?],
            alpha: if alpha == 0 { None } else { Some(field(alpha)?) },
        };
        // Some programs announce alpha and leave it at zero everywhere: they don't mean it. Browsers show nothing then.
        let Some(alpha) = pixels.alpha else { return Ok(pixels) };
        let mut is_meant = false;
        for row in header.data.chunks_exact(header.stride()).take(header.size.height as usize) {
            deadline.check()?;
            is_meant = pixels.numbers(row).take(pixels.width).any(|pixel| pixel & alpha.mask != 0);
            if is_meant {
                break;
            }
        }
        Ok(if is_meant { pixels } else { Self { alpha: None, ..pixels } })
    }

    pub(super) const fn have_alpha(&self) -> bool {
        self.alpha.is_some()
    }

    /// Appends the pixels of a row.
    pub(super) fn append(&self, row: &[u8], channels: Channels, line: &mut Vec<u8>) {
        if self.bits <= 8 {
            let per_byte = usize::from(8 / self.bits);
            let mask = u8::try_from((1_u16 << self.bits) - 1).unwrap_or(u8::MAX);
            let indices = row.iter().flat_map(|&byte| {
                (1..=per_byte)
                    .map(move |place| (byte >> ((per_byte - place) * usize::from(self.bits))) & mask)
            });
            let colours = indices.take(self.width).map(|index| {
                let [red, green, blue] = self.palette.get(usize::from(index)).copied().unwrap_or_default();
                [red, green, blue, u8::MAX]
            });
            append(colours, channels, line);
            return;
        }
        let [red, green, blue] = self.fields;
        if self.bits == 24 && channels == Channels::Rgb {
            let pixels = row.as_chunks().0.iter().take(self.width);
            line.extend(pixels.flat_map(|&[blue, green, red]| [red, green, blue]));
            return;
        }
        let colours = self.numbers(row).take(self.width).map(|pixel| {
            let alpha = self.alpha.map_or(u8::MAX, |alpha| alpha.read(pixel));
            [red.read(pixel), green.read(pixel), blue.read(pixel), alpha]
        });
        append(colours, channels, line);
    }

    /// The pixels of a row as numbers.
    fn numbers<'b>(&self, row: &'b [u8]) -> impl Iterator<Item = u32> + use<'b> {
        row.chunks_exact(usize::from(self.bits).div_ceil(8))
            .map(|bytes| bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte)))
    }
}

fn append(colours: impl Iterator<Item = [u8; 4]>, channels: Channels, line: &mut Vec<u8>) {
    match channels {
        Channels::Rgb => line.extend(colours.flat_map(|[red, green, blue, _]| [red, green, blue])),
        Channels::Rgba => line.extend(colours.flatten()),
    }
}
