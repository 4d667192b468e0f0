//! How the samples of a picture are stored, and what they mean.

use bytes::Bytes;
use fm_domain::thumbnails::RenderThumbnail;
use image::metadata::Orientation;
use tiff::tags::SampleFormat;

use crate::decode::tiff::colours::Colours;
use crate::decode::tiff::unsupported;
use crate::request::{Request, undecodable};
use crate::shrink::Size;
use crate::source::Source;

/// How opaque a pixel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// Colours are multiplied by it already.
    Associated,
    Unassociated,
}

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
    /// Whether numbers may have been changed before they were packed. Elsewhere the tag means nothing.
    pub(super) const fn has_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::Zstandard | Self::Lzma)
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
    /// The size of a strip or tile.
    pub(super) chunk: Size,
    pub(super) is_planar: bool,
    /// Samples of a pixel, and how many of them are colours.
    pub(super) samples: usize,
    pub(super) bits: u32,
    pub(super) format: SampleFormat,
    pub(super) is_big_endian: bool,
    pub(super) packing: Packing,
    pub(super) predictor: Predictor,
    /// Whether the lowest bit of a byte comes first.
    pub(super) is_low_bit_first: bool,
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
    pub(super) fn check(&self, request: Request) -> Result<(), RenderThumbnail> {
        if self.chunk.pixels() == 0 {
            return Err(undecodable("its strips are empty"));
        }
        // A tile may be larger than the picture.
        request.admit(self.chunk)?;
        if self.samples < self.colours.samples() {
            return Err(undecodable("it has too few samples for its colours"));
        }
        let has_numbers = match self.format {
            SampleFormat::Uint | SampleFormat::Void => matches!(self.bits, 1..=32 | 64),
            SampleFormat::Int => matches!(self.bits, 8 | 16 | 32 | 64),
            SampleFormat::IEEEFP => matches!(self.bits, 16 | 32 | 64),
            _ => false,
        };
        let has_small_numbers =
            matches!(self.format, SampleFormat::Uint | SampleFormat::Void) && self.bits <= 16;
        let has_levels = has_small_numbers || !self.colours.need_small_numbers();
        let is_predicted = match self.predictor {
            Predictor::None => true,
            Predictor::Horizontal => matches!(self.bits, 8 | 16 | 32 | 64),
            Predictor::FloatingPoint => self.format == SampleFormat::IEEEFP,
        };
        let (across, down) = self.subsampling;
        let is_subsampled = self.is_subsampled();
        let has_chroma = !is_subsampled
            || (!self.is_planar && self.samples == 3 && self.bits == 8 && self.predictor == Predictor::None);
        let has_pixels = match self.packing {
            Packing::Jpeg | Packing::WebP => self.bits == 8 && self.predictor == Predictor::None,
            Packing::Runs { .. } | Packing::Group3 { .. } | Packing::Group4 => {
                self.bits == 1 && self.samples == 1
            }
            _ => true,
        };
        if !has_numbers || !has_levels || !is_predicted {
            return Err(unsupported("sample format"));
        }
        if !has_chroma
            || !has_pixels
            || (is_subsampled && !(matches!(across, 1 | 2 | 4) && matches!(down, 1 | 2 | 4)))
        {
            return Err(unsupported("subsampling"));
        }
        Ok(())
    }

    /// Whether pixels share samples of chroma in the file.
    pub(super) fn is_subsampled(&self) -> bool {
        let by_decoder = matches!(self.packing, Packing::Jpeg | Packing::WebP);
        !by_decoder && self.colours.have_chroma() && self.subsampling != (1, 1)
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

    /// Whether the bits of the file have to be reversed. What is a file of its own inside of it has its own order.
    pub(super) fn has_reversed_bits(&self) -> bool {
        self.is_low_bit_first && !matches!(self.packing, Packing::Jpeg | Packing::WebP)
    }

    /// Samples of a row of a chunk, which are a byte each once they are unpacked.
    pub(super) fn row_samples(&self) -> u64 {
        u64::from(self.chunk.width).saturating_mul(self.samples_in_chunk() as u64)
    }

    /// Bytes that the reader of a chunk takes, without the window of its decoder.
    pub(super) fn reader_bytes(&self) -> u64 {
        // The predictor needs a second row; what is subsampled has a group of rows instead.
        let row = self.row_samples().saturating_mul(u64::from(self.bits).div_ceil(8).max(1));
        let rows = if self.is_subsampled() { u64::from(self.subsampling.1) + 1 } else { 2 };
        row.saturating_mul(rows).saturating_add(self.unpacked_bytes()).saturating_add(self.decoder_bytes())
    }

    /// Bytes of tables, and of the block that is unpacked at one time.
    const fn decoder_bytes(&self) -> u64 {
        match self.packing {
            Packing::Plain | Packing::PackBits => 1024,
            Packing::Zstandard => 512 * 1024,
            Packing::Lzma => 256 * 1024,
            _ => 64 * 1024,
        }
    }

    /// Bytes that a chunk takes when it can't be unpacked row by row.
    fn unpacked_bytes(&self) -> u64 {
        let samples = self.samples_in_chunk() as u64;
        match self.packing {
            // The planes of its components, and the pixels made of them.
            Packing::Jpeg | Packing::WebP => self.chunk.pixels().saturating_mul(samples * 2),
            Packing::Runs { .. } | Packing::Group3 { .. } | Packing::Group4 => {
                // And the changes of colour of two rows.
                self.chunk.pixels().div_ceil(8).saturating_add(u64::from(self.chunk.width) * 8)
            }
            _ => 0,
        }
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
