//! How the samples of a picture are stored, and what they mean.

use bytes::Bytes;
use fm_domain::thumbnails::RenderThumbnail;
use image::metadata::Orientation;
use tiff::tags::SampleFormat;

use crate::decode::tiff::colours::{Alpha, Colours};
use crate::decode::tiff::unsupported;
use crate::request::{Request, undecodable};
use crate::shrink::Size;
use crate::source::Source;

/// How the bytes of a chunk are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    PackBits,
    Lzw,
    Deflate,
    Zstandard,
    Lzma,
    Jpeg,
    WebP,
    /// Rows of runs that begin on a byte, or on two.
    Runs {
        word: bool,
    },
    Group3 {
        two_dimensional: bool,
    },
    Group4,
}

impl Packing {
    /// Whether a decoder of pictures unpacks it, which knows bits and subsampling itself.
    pub(super) const fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::WebP)
    }

    pub(super) const fn is_fax(self) -> bool {
        matches!(self, Self::Runs { .. } | Self::Group3 { .. } | Self::Group4)
    }
}

/// A change of numbers before they were packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    Horizontal,
    FloatingPoint,
}

/// Everything about a picture but its samples.
pub(super) struct Layout {
    pub(super) size: Size,
    pub(super) orientation: Orientation,
    /// The size of a chunk, which is a strip or a tile.
    pub(super) chunk: Size,
    pub(super) is_planar: bool,
    /// Samples of a pixel, colours and others.
    pub(super) samples: usize,
    pub(super) bits: u32,
    pub(super) format: SampleFormat,
    pub(super) is_big_endian: bool,
    pub(super) packing: Packing,
    pub(super) predictor: Predictor,
    pub(super) has_reversed_bits: bool,
    pub(super) jpeg_tables: Vec<u8>,
    pub(super) colours: Colours,
    /// Pixels that share one sample of chroma, across and down.
    pub(super) subsampling: (u32, u32),
    pub(super) alpha: Option<Alpha>,
    pub(super) offsets: Vec<u64>,
    pub(super) lengths: Vec<u64>,
    pub(super) old_jpeg: Option<(u64, u64)>,
}

impl Layout {
    /// Refuses what can't be unpacked.
    pub(super) fn check(&self, request: &Request) -> Result<(), RenderThumbnail> {
        if self.chunk.pixels() == 0 {
            return Err(undecodable("its strips are empty"));
        }
        request.admit(self.chunk)?;
        if self.samples < self.colours.samples() {
            return Err(undecodable("it has too few samples for its colours"));
        }
        let has_numbers = match self.format {
            SampleFormat::Uint | SampleFormat::Void => matches!(self.bits, 1..=32 | 64),
            // Indices, CIE Lab and chroma are defined for no others.
            _ if !self.colours.are_amounts_of_light() => false,
            SampleFormat::Int => matches!(self.bits, 8 | 16 | 32 | 64),
            SampleFormat::IEEEFP => matches!(self.bits, 16 | 32 | 64),
            _ => false,
        };
        let is_defined = self.colours.are_amounts_of_light() || self.bits <= 16;
        let is_predicted = match self.predictor {
            Predictor::None => true,
            Predictor::Horizontal => matches!(self.bits, 8 | 16 | 32 | 64),
            Predictor::FloatingPoint => self.format == SampleFormat::IEEEFP,
        };
        let has_pixels = match self.packing {
            packing if packing.is_picture() => self.bits == 8,
            packing if packing.is_fax() => self.bits == 1 && self.samples == 1,
            _ => true,
        };
        if !has_numbers || !is_defined || !is_predicted || !has_pixels {
            return Err(unsupported("sample format"));
        }
        let (across, down) = self.subsampling;
        let has_chroma = !self.is_planar
            && self.samples == 3
            && self.bits == 8
            && self.predictor == Predictor::None
            && matches!(across, 1 | 2 | 4)
            && matches!(down, 1 | 2 | 4);
        if self.is_subsampled() && !has_chroma {
            return Err(unsupported("subsampling"));
        }
        Ok(())
    }

    /// Whether pixels share samples of chroma in the file.
    pub(super) fn is_subsampled(&self) -> bool {
        !self.packing.is_picture() && self.colours.have_chroma() && self.subsampling != (1, 1)
    }

    /// Samples of a pixel that matter: its colours, and after them its alpha.
    pub(super) fn kept(&self) -> usize {
        self.colours.samples() + usize::from(self.alpha.is_some())
    }

    /// Planes that matter.
    pub(super) fn kept_planes(&self) -> usize {
        if self.is_planar { self.kept() } else { 1 }
    }

    /// Samples of a pixel within one chunk.
    pub(super) fn samples_in_chunk(&self) -> usize {
        if self.is_planar { 1 } else { self.samples }
    }

    /// Samples of one row of a chunk.
    pub(super) fn row_samples(&self) -> u64 {
        u64::from(self.chunk.width) * self.samples_in_chunk() as u64
    }

    /// Bytes of one row of a chunk, before its chroma is shared.
    pub(super) fn row_bytes(&self) -> u64 {
        self.row_samples().saturating_mul(self.bits.into()).div_ceil(8)
    }

    /// Bytes of rows of pixels that share their chroma, and how many rows that are: 0 and 1 where they don't.
    pub(super) fn group(&self) -> (u64, u32) {
        let (across, down) = self.subsampling;
        if self.is_subsampled() {
            (u64::from(self.chunk.width.div_ceil(across)) * u64::from(across * down + 2), down)
        } else {
            (0, 1)
        }
    }

    /// Bytes of this many rows of a chunk, unpacked.
    pub(super) fn unpacked_bytes(&self, rows: u32) -> u64 {
        match self.group() {
            (0, _) => self.row_bytes().saturating_mul(rows.into()),
            (bytes, down) => bytes.saturating_mul(rows.div_ceil(down).into()),
        }
    }

    /// Chunks that lie beside each other, in all planes that matter.
    pub(super) fn chunks_across(&self) -> u64 {
        u64::from(self.size.width.div_ceil(self.chunk.width)) * self.kept_planes() as u64
    }

    /// The file, with the bits of its bytes in the usual order: turned once, however many chunks share them.
    pub(super) fn readable(&self, source: &Source, request: &mut Request) -> Result<Source, RenderThumbnail> {
        if !self.has_reversed_bits || self.packing.is_picture() {
            return Ok(source.clone());
        }
        let mut bytes = request.list(0, Some(source.bytes().len() as u64))?;
        for (place, byte) in bytes.iter_mut().zip(source.bytes()) {
            *place = byte.reverse_bits();
        }
        Ok(Source::new(bytes.into(), source.deadline()))
    }

    /// The bytes of a chunk of a plane, as far as they are there.
    pub(super) fn data(&self, source: &Source, plane: usize, index: u32) -> Bytes {
        let across = self.size.width.div_ceil(self.chunk.width) as usize;
        let down = self.size.height.div_ceil(self.chunk.height) as usize;
        let index = plane * across * down + index as usize;
        let range = (self.offsets.get(index), self.lengths.get(index));
        let (Some(&offset), Some(&length)) = range else { return Bytes::new() };
        // Some programs give a wrong length to what needs none.
        let length = if self.packing == Packing::Plain { u64::MAX } else { length };
        source.part(offset, length)
    }

    /// The JPEG file inside of a picture that is compressed as TIFF 6.0 says.
    pub(super) fn old_jpeg(&self, source: &Source) -> Option<Source> {
        let (offset, length) = self.old_jpeg?;
        Some(Source::new(source.part(offset, length), source.deadline()))
    }
}
