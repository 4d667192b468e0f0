//! The directory of a picture: how its samples are stored, and what they mean.

use bytes::Bytes;
use fm_domain::thumbnails::RenderThumbnail;
use image::metadata::Orientation;
use tiff::TiffError;
use tiff::decoder::ifd::Value;
use tiff::decoder::{ChunkType, Decoder};
use tiff::tags::{ByteOrder, CompressionMethod, SampleFormat, Tag};

use crate::decode::tiff::colours::Colours;
use crate::decode::tiff::unsupported;
use crate::request::{Request, undecodable};
use crate::shrink::Size;
use crate::source::Source;

// Tags without a name in the `tiff` crate.
const T4_OPTIONS: Tag = Tag::Unknown(292);
const INK_SET: Tag = Tag::Unknown(332);
const OLD_JPEG_OFFSET: Tag = Tag::Unknown(513);
const OLD_JPEG_LENGTH: Tag = Tag::Unknown(514);
const YCBCR_COEFFICIENTS: Tag = Tag::Unknown(529);
const REFERENCE_BLACK_WHITE: Tag = Tag::Unknown(532);

const LZMA: CompressionMethod = CompressionMethod::Unknown(34925);
const RLE_OF_WORDS: CompressionMethod = CompressionMethod::Unknown(32771);

/// The most bits of an index into a palette.
const MAX_PALETTE_BITS: u32 = 8;

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
    pub(super) has_reversed_bits: bool,
    pub(super) jpeg_tables: Vec<u8>,
    pub(super) colours: Colours,
    /// Pixels that share one sample of chroma, across and down.
    pub(super) subsampling: (u32, u32),
    pub(super) alpha: Option<Alpha>,
    offsets: Vec<u64>,
    lengths: Vec<u64>,
    old_jpeg: Option<(u64, u64)>,
}

/// Reads the values of tags.
struct Tags<'a>(&'a mut Decoder<Source>);

impl Tags<'_> {
    fn numbers(&mut self, tag: Tag) -> Result<Option<Vec<u64>>, RenderThumbnail> {
        self.0.find_tag_unsigned_vec(tag).map_err(refusal)
    }

    fn number(&mut self, tag: Tag) -> Result<Option<u64>, RenderThumbnail> {
        Ok(self.numbers(tag)?.and_then(|numbers| numbers.first().copied()))
    }

    /// Fractions, or numbers of other types; `None` where one of them is none.
    fn fractions(&mut self, tag: Tag) -> Option<Vec<f32>> {
        let Value::List(values) = self.0.find_tag(tag).ok()?? else { return None };
        values.into_iter().map(fraction).collect()
    }
}

impl Layout {
    pub(super) fn read(source: &Source, request: Request) -> Result<Self, RenderThumbnail> {
        let mut decoder = Decoder::new(source.clone()).map_err(refusal)?;
        let (width, height) = decoder.dimensions().map_err(refusal)?;
        let size = Size { width, height };
        request.admit(size)?;
        let is_big_endian = decoder.byte_order() == ByteOrder::BigEndian;
        let (chunk_width, chunk_height) = decoder.chunk_dimensions();
        let is_tiled = decoder.get_chunk_type() == ChunkType::Tile;
        let mut tags = Tags(&mut decoder);

        let compression = number_u16(&mut tags, Tag::Compression, 1)?;
        let compression = CompressionMethod::from_u16_exhaustive(compression);
        let packing = packing(compression, &mut tags)?;
        let old_jpeg = match (compression, tags.number(OLD_JPEG_OFFSET)?, tags.number(OLD_JPEG_LENGTH)?) {
            (CompressionMethod::JPEG, Some(offset), length) => Some((offset, length.unwrap_or(u64::MAX))),
            _ => None,
        };
        if packing.is_none() && old_jpeg.is_none() {
            return Err(unsupported("compression"));
        }
        let predictor = match tags.number(Tag::Predictor)?.unwrap_or(1) {
            1 => Predictor::None,
            2 => Predictor::Horizontal,
            3 => Predictor::FloatingPoint,
            _ => return Err(unsupported("predictor")),
        };
        let samples = usize::from(number_u16(&mut tags, Tag::SamplesPerPixel, 1)?);
        let bits = u32::from(number_u16(&mut tags, Tag::BitsPerSample, 1)?);
        let format = SampleFormat::from_u16_exhaustive(number_u16(&mut tags, Tag::SampleFormat, 1)?);
        let colours = colours(&mut tags, bits)?;
        let alpha = alpha(&mut tags, samples, &colours)?;
        let subsampling = match tags.numbers(Tag::ChromaSubsampling)?.as_deref() {
            Some(&[across, down]) => (u32::try_from(across).unwrap_or(0), u32::try_from(down).unwrap_or(0)),
            _ => (2, 2),
        };
        let (offsets, lengths) = if is_tiled {
            (Tag::TileOffsets, Tag::TileByteCounts)
        } else {
            (Tag::StripOffsets, Tag::StripByteCounts)
        };
        let layout = Self {
            size,
            orientation: orientation(tags.number(Tag::Orientation)?),
            chunk: Size {
                width: chunk_width,
                height: if is_tiled { chunk_height } else { chunk_height.min(height) },
            },
            is_planar: tags.number(Tag::PlanarConfiguration)? == Some(2) && samples > 1,
            samples,
            bits,
            format,
            is_big_endian,
            packing: packing.unwrap_or(Packing::Jpeg),
            predictor,
            has_reversed_bits: tags.number(Tag::FillOrder)? == Some(2),
            jpeg_tables: tags
                .0
                .find_tag(Tag::JPEGTables)
                .ok()
                .flatten()
                .and_then(|tables| tables.into_u8_vec().ok())
                .unwrap_or_default(),
            colours,
            subsampling,
            alpha,
            offsets: tags.numbers(offsets)?.unwrap_or_default(),
            lengths: tags.numbers(lengths)?.unwrap_or_default(),
            old_jpeg,
        };
        layout.check()?;
        Ok(layout)
    }

    /// Refuses what can't be unpacked.
    fn check(&self) -> Result<(), RenderThumbnail> {
        if self.chunk.pixels() == 0 {
            return Err(undecodable("its strips are empty"));
        }
        if self.samples < self.colours.samples() {
            return Err(undecodable("it has too few samples for its colours"));
        }
        let has_numbers = match self.format {
            SampleFormat::Uint | SampleFormat::Void => matches!(self.bits, 1..=32 | 64),
            SampleFormat::Int => matches!(self.bits, 8 | 16 | 32 | 64),
            SampleFormat::IEEEFP => matches!(self.bits, 16 | 32 | 64),
            _ => false,
        };
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
        if !has_numbers || !is_predicted {
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

    /// Bytes of one row of a chunk.
    pub(super) fn row_bytes(&self) -> u64 {
        let samples = u64::from(self.chunk.width).saturating_mul(self.samples_in_chunk() as u64);
        samples.saturating_mul(u64::from(self.bits).div_ceil(8).max(1))
    }

    /// Bytes that a chunk takes when it can't be unpacked row by row.
    pub(super) fn unpacked_bytes(&self) -> u64 {
        let samples = self.samples_in_chunk() as u64;
        match self.packing {
            // The planes of its components, and the pixels made of them.
            Packing::Jpeg | Packing::WebP => self.chunk.pixels().saturating_mul(samples * 2),
            Packing::Runs { .. } | Packing::Group3 { .. } | Packing::Group4 => {
                self.chunk.pixels().div_ceil(8)
            }
            _ => 0,
        }
    }

    /// Bytes that the window of one chunk's decoder may take.
    pub(super) fn window_bytes(&self, request: Request) -> u64 {
        let readers = u64::from(self.size.width.div_ceil(self.chunk.width)) * self.kept_planes() as u64;
        request.budget.max_alloc / readers.max(1)
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

#[expect(clippy::cast_precision_loss, reason = "eight bits are made with it")]
fn fraction(value: Value) -> Option<f32> {
    match value {
        Value::Rational(_, 0) | Value::SRational(_, 0) => None,
        Value::Rational(dividend, divisor) => Some(dividend as f32 / divisor as f32),
        Value::SRational(dividend, divisor) => Some(dividend as f32 / divisor as f32),
        Value::Float(value) => Some(value),
        other => other.into_u32().ok().map(|value| value as f32),
    }
}

fn number_u16(tags: &mut Tags<'_>, tag: Tag, default: u16) -> Result<u16, RenderThumbnail> {
    let number = tags.number(tag)?.unwrap_or(default.into());
    u16::try_from(number).map_err(|_large| undecodable("a number of its directory is too large"))
}

fn packing(compression: CompressionMethod, tags: &mut Tags<'_>) -> Result<Option<Packing>, RenderThumbnail> {
    Ok(Some(match compression {
        CompressionMethod::None => Packing::Plain,
        CompressionMethod::PackBits => Packing::PackBits,
        CompressionMethod::LZW => Packing::Lzw,
        CompressionMethod::Deflate | CompressionMethod::OldDeflate => Packing::Deflate,
        CompressionMethod::ZSTD => Packing::Zstandard,
        CompressionMethod::ModernJPEG => Packing::Jpeg,
        CompressionMethod::WebP => Packing::WebP,
        CompressionMethod::Huffman => Packing::Runs { word: false },
        CompressionMethod::Fax3 => {
            Packing::Group3 { two_dimensional: tags.number(T4_OPTIONS)?.unwrap_or(0) & 1 == 1 }
        }
        CompressionMethod::Fax4 => Packing::Group4,
        LZMA => Packing::Lzma,
        RLE_OF_WORDS => Packing::Runs { word: true },
        _ => return Ok(None),
    }))
}

fn colours(tags: &mut Tags<'_>, bits: u32) -> Result<Colours, RenderThumbnail> {
    Ok(match tags.number(Tag::PhotometricInterpretation)? {
        Some(0) => Colours::Grey { white_is_zero: true },
        Some(1) => Colours::Grey { white_is_zero: false },
        Some(2) => Colours::Rgb,
        Some(3) if bits <= MAX_PALETTE_BITS => {
            let map = tags.numbers(Tag::ColorMap)?.unwrap_or_default();
            Colours::palette(&map, bits).ok_or_else(|| undecodable("its palette is cut off"))?
        }
        Some(5) if tags.number(INK_SET)?.unwrap_or(1) == 1 => Colours::Cmyk,
        Some(6) => Colours::ycbcr(tags.fractions(YCBCR_COEFFICIENTS), tags.fractions(REFERENCE_BLACK_WHITE)),
        Some(8) => Colours::Lab { is_signed: true },
        Some(9) => Colours::Lab { is_signed: false },
        _ => return Err(unsupported("colour space")),
    })
}

/// What the first sample after the colours means. One that nothing is said about is alpha if it is alone, as old programs
/// wrote it.
fn alpha(tags: &mut Tags<'_>, samples: usize, colours: &Colours) -> Result<Option<Alpha>, RenderThumbnail> {
    let extra = tags.numbers(Tag::ExtraSamples)?;
    if samples <= colours.samples() {
        return Ok(None);
    }
    Ok(match extra.as_deref() {
        None if samples == colours.samples() + 1 => Some(Alpha::Unassociated),
        Some([1, ..]) => Some(Alpha::Associated),
        // 999 is Corel's number for it.
        Some([2 | 999, ..]) => Some(Alpha::Unassociated),
        _ => None,
    })
}

fn orientation(tag: Option<u64>) -> Orientation {
    tag.and_then(|tag| u8::try_from(tag).ok())
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms)
}

fn refusal(error: TiffError) -> RenderThumbnail {
    match error {
        TiffError::LimitsExceeded => RenderThumbnail::TooLarge,
        other => undecodable(other),
    }
}
