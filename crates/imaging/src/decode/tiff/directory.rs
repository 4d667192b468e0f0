//! The directory of a picture: the values of its tags.

use fm_domain::thumbnails::RenderThumbnail;
use image::metadata::Orientation;
use tiff::TiffError;
use tiff::decoder::ifd::Value;
use tiff::decoder::{ChunkType, Decoder};
use tiff::tags::{ByteOrder, CompressionMethod, SampleFormat, Tag};

use crate::decode::tiff::colours::{Alpha, Colours};
use crate::decode::tiff::entries;
use crate::decode::tiff::layout::{Layout, Packing, Predictor};
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

/// What a byte of values takes while they are read: each is a `Value`, then a number, and offsets are read twice.
const MEMORY_OF_VALUE_BYTE: u64 = 64;

/// Reads the directory of the first picture, and refuses what can't be unpacked.
pub(super) fn read(source: &Source, request: &mut Request) -> Result<Layout, RenderThumbnail> {
    let values = entries::MAX_VALUE_BYTES.min(source.bytes().len() as u64) * MEMORY_OF_VALUE_BYTE;
    request.scope().afford(Some(values))?;
    entries::check(source.bytes())?;
    let mut decoder = Decoder::new(source.clone()).map_err(refusal)?;
    let (width, height) = decoder.dimensions().map_err(refusal)?;
    let size = Size { width, height };
    request.admit(size)?;
    let is_big_endian = decoder.byte_order() == ByteOrder::BigEndian;
    let (chunk_width, chunk_height) = decoder.chunk_dimensions();
    let is_tiled = decoder.get_chunk_type() == ChunkType::Tile;
    let mut tags = Tags(&mut decoder);

    let compression = tags.number_u16(Tag::Compression, 1)?;
    let compression = CompressionMethod::from_u16_exhaustive(compression);
    let packing = packing(compression, &mut tags)?;
    let old_jpeg = match (compression, tags.number(OLD_JPEG_OFFSET)?, tags.number(OLD_JPEG_LENGTH)?) {
        (CompressionMethod::JPEG, Some(offset), length) => Some((offset, length.unwrap_or(u64::MAX))),
        _ => None,
    };
    if packing.is_none() && old_jpeg.is_none() {
        return Err(unsupported("compression"));
    }
    let packing = packing.unwrap_or(Packing::Jpeg);
    let samples = usize::from(tags.number_u16(Tag::SamplesPerPixel, 1)?);
    let bits = u32::from(tags.number_u16(Tag::BitsPerSample, 1)?);
    let format = SampleFormat::from_u16_exhaustive(tags.number_u16(Tag::SampleFormat, 1)?);
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
    let (offsets, lengths) =
        (tags.numbers(offsets)?.unwrap_or_default(), tags.numbers(lengths)?.unwrap_or_default());
    let jpeg_tables = tags.bytes(Tag::JPEGTables);
    let kept = (offsets.capacity() + lengths.capacity()) * size_of::<u64>() + jpeg_tables.capacity();
    request.afford(Some(kept as u64))?;
    let layout = Layout {
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
        packing,
        predictor: predictor(packing, &mut tags)?,
        has_reversed_bits: tags.number(Tag::FillOrder)? == Some(2),
        jpeg_tables,
        colours,
        subsampling,
        alpha,
        offsets,
        lengths,
        old_jpeg,
    };
    // Of a picture that is one JPEG file, nothing else is of use.
    if layout.old_jpeg.is_none() {
        layout.check(request)?;
    }
    Ok(layout)
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

    fn number_u16(&mut self, tag: Tag, default: u16) -> Result<u16, RenderThumbnail> {
        let number = self.number(tag)?.unwrap_or(default.into());
        u16::try_from(number).map_err(|_large| undecodable("a number of its directory is too large"))
    }

    /// Bytes; none where there is no such tag.
    fn bytes(&mut self, tag: Tag) -> Vec<u8> {
        let value = self.0.find_tag(tag).ok().flatten();
        value.and_then(|value| value.into_u8_vec().ok()).unwrap_or_default()
    }

    /// Fractions, or numbers of other types; `None` where one of them is none.
    fn fractions(&mut self, tag: Tag) -> Option<Vec<f32>> {
        let Value::List(values) = self.0.find_tag(tag).ok()?? else { return None };
        values.into_iter().map(fraction).collect()
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

/// The predictor of the compressions that have one; libtiff ignores the tag with others.
fn predictor(packing: Packing, tags: &mut Tags<'_>) -> Result<Predictor, RenderThumbnail> {
    if !matches!(packing, Packing::Lzw | Packing::Deflate | Packing::Zstandard | Packing::Lzma) {
        return Ok(Predictor::None);
    }
    match tags.number(Tag::Predictor)?.unwrap_or(1) {
        1 => Ok(Predictor::None),
        2 => Ok(Predictor::Horizontal),
        3 => Ok(Predictor::FloatingPoint),
        _ => Err(unsupported("predictor")),
    }
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
