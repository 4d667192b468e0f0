//! PNG, decoded row by row: of an animation the first frame.
//!
//! A picture that is cut off, or broken further down, shows the rows before that, as browsers do.

mod iccp;

use fm_domain::thumbnails::RenderThumbnail;
use png::{
    ColorType, DecodeOptions, Decoder, DecodingError, InterlaceInfo, Limits, Reader, Transformations,
    splat_interlaced_row,
};

use crate::canvas::{Canvas, Place};
use crate::picture::{Picture, orientation_of};
use crate::profile::{Profile, Space};
use crate::request::{Request, undecodable};
use crate::shrink::{self, Channels, Shrink, Size};
use crate::source::Source;

/// The part of the memory that the decoder may use, as a divisor.
const SHARE_OF_DECODER: u64 = 8;

pub(super) fn decode(source: &Source, request: &mut Request) -> Result<Picture, RenderThumbnail> {
    match attempt(source, request.scope(), Checksums::Checked) {
        Ok(Outcome { picture, end: End::Whole | End::Cut }) => Ok(picture),
        // A wrong checksum is an error only after the data: they may be good nevertheless.
        Ok(Outcome { picture, end: End::Broken }) => {
            request.afford(Some(picture.shrunk.pixels.capacity() as u64))?;
            Ok(attempt(source, request.scope(), Checksums::Ignored)
                .map_or(picture, |outcome| outcome.picture))
        }
        Err(RenderThumbnail::Undecodable(complaint)) => attempt(source, request.scope(), Checksums::Ignored)
            .map(|outcome| outcome.picture)
            .map_err(|error| match error {
                RenderThumbnail::Undecodable(_) => RenderThumbnail::Undecodable(complaint),
                other => other,
            }),
        Err(other) => Err(other),
    }
}

/// Whether chunks with a wrong checksum are errors. Those that a viewer can do without never are: they are skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checksums {
    Checked,
    Ignored,
}

/// How the rows of a picture end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// All rows are there.
    Whole,
    /// The file ends before them.
    Cut,
    /// The decoder could not go on.
    Broken,
}

struct Outcome {
    picture: Picture,
    end: End,
}

fn attempt(source: &Source, mut request: Request, checksums: Checksums) -> Result<Outcome, RenderThumbnail> {
    let mut options = DecodeOptions::default();
    options.set_ignore_crc(checksums == Checksums::Ignored);
    let mut decoder = Decoder::new_with_options(source.clone(), options);
    // Its share is for the chunks that it keeps: the rest is for pixels.
    let share = request.memory() / SHARE_OF_DECODER;
    request.afford(Some(share))?;
    decoder.set_limits(Limits { bytes: usize::try_from(share).unwrap_or(usize::MAX) });
    // Both can be packed a thousandfold. Texts do not show, and the profile is unpacked up to a bound of its own.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(refusal)?;
    let size = Size { width: header.width, height: header.height };
    request.admit(size)?;
    // This row, the one before it, what is unpacked ahead, and 8 bytes for the widest of pixels once transformed.
    request.afford(u64::from(size.width).checked_mul(8 * 4))?;

    let mut reader = decoder.read_info().map_err(refusal)?;
    let place = first_frame(&mut reader, size)?;
    let orientation = orientation_of(reader.info().exif_metadata.as_deref());
    let (colour, _depth) = reader.output_color_type();
    let profile = profile(source, colour, &request);
    let has_alpha = matches!(colour, ColorType::GrayscaleAlpha | ColorType::Rgba);
    let channels = if has_alpha || !place.covers(size) { Channels::Rgba } else { Channels::Rgb };
    let mut shrink = request.shrink(size, channels, orientation, source)?;
    let end = if place.covers(size) {
        let mut widened = Vec::new();
        read_rows(&mut reader, place.size, &mut request, |row| {
            shrink.push(widen(row, colour, channels, &mut widened))
        })?
    } else {
        read_frame(&mut reader, &mut shrink, size, place, colour, &mut request)?
    };
    Ok(Outcome { picture: Picture { shrunk: shrink.finish(), orientation, profile }, end })
}

/// The colour profile. Other chunks that tell of colours are not looked at: `sRGB` says what is so without it, and `cICP`, `gAMA` and `cHRM` are rare.
fn profile(source: &Source, colour: ColorType, request: &Request) -> Option<Profile> {
    let space = match colour {
        ColorType::Grayscale | ColorType::GrayscaleAlpha => Space::Grey,
        ColorType::Rgb | ColorType::Rgba | ColorType::Indexed => Space::Rgb,
    };
    Profile::read(&iccp::unpacked(source.bytes(), Profile::max_bytes(request))?, space)
}

/// Goes to the first frame of an animation where that is not the picture which other viewers show; tells its place.
fn first_frame(reader: &mut Reader<Source>, size: Size) -> Result<Place, RenderThumbnail> {
    let info = reader.info();
    if info.animation_control.is_some() && info.frame_control.is_none() {
        let frame = reader.next_frame_info().map_err(refusal)?;
        let place = Place {
            left: frame.x_offset,
            top: frame.y_offset,
            size: Size { width: frame.width, height: frame.height },
        };
        return Ok(place);
    }
    if info.frame_control.is_some_and(|frame| (frame.width, frame.height) != (size.width, size.height)) {
        return Err(undecodable("its first frame has another size than the picture"));
    }
    Ok(Place::whole(size))
}

/// A frame that is smaller than the picture.
fn read_frame(
    reader: &mut Reader<Source>,
    shrink: &mut Shrink,
    size: Size,
    place: Place,
    colour: ColorType,
    request: &mut Request,
) -> Result<End, RenderThumbnail> {
    let mut canvas = Canvas::new(shrink, size, place);
    let mut widened = Vec::new();
    let end = read_rows(reader, place.size, request, |row| {
        canvas.push(widen(row, colour, Channels::Rgba, &mut widened), Channels::Rgba)
    })?;
    canvas.finish()?;
    Ok(end)
}

/// Hands out the rows that can be read; fails where there is none.
fn read_rows(
    reader: &mut Reader<Source>,
    frame: Size,
    request: &mut Request,
    mut push: impl FnMut(&[u8]) -> Result<(), RenderThumbnail>,
) -> Result<End, RenderThumbnail> {
    let row_bytes = reader.output_line_size(frame.width).ok_or(RenderThumbnail::TooLarge)?;
    if reader.info().interlaced {
        return interlaced(reader, row_bytes, frame, request, push);
    }
    let mut row = vec![0; row_bytes];
    for count in 0..frame.height {
        match reader.read_row(&mut row) {
            Ok(Some(_)) => push(&row)?,
            Ok(None) => return Ok(End::Cut),
            Err(error) => return tolerate(error, count),
        }
    }
    Ok(End::Whole)
}

/// The last row is whole only when all seven passes are done, so this needs all of the pixels. Where passes are missing,
/// the pixels of the earlier ones are as large as the gaps.
fn interlaced(
    reader: &mut Reader<Source>,
    row_bytes: usize,
    frame: Size,
    request: &mut Request,
    push: impl FnMut(&[u8]) -> Result<(), RenderThumbnail>,
) -> Result<End, RenderThumbnail> {
    let bytes = (row_bytes as u64).checked_mul(frame.height.into());
    let mut pixels = request.list(0, bytes)?;
    let pixel_bits = u8::try_from(reader.output_color_type().0.samples() * 8).unwrap_or(u8::MAX);
    let mut row = vec![0; row_bytes];
    let mut count = 0;
    let end = loop {
        match reader.read_row(&mut row) {
            Ok(Some(place)) => {
                let InterlaceInfo::Adam7(place) = place else { break End::Broken };
                splat_interlaced_row(&mut pixels, row_bytes, &row, &place, pixel_bits);
                count += 1;
            }
            Ok(None) => break End::Whole,
            Err(error) => break tolerate(error, count)?,
        }
    };
    // The first pass has every eighth row, and fills the gaps between them.
    let seen = count.saturating_mul(8).min(frame.height);
    pixels.chunks_exact(row_bytes).take(seen as usize).try_for_each(push)?;
    Ok(end)
}

/// How a picture ends of which this many rows were read; an error if there were none.
fn tolerate(error: DecodingError, rows: u32) -> Result<End, RenderThumbnail> {
    match error {
        DecodingError::IoError(cause) if rows > 0 && cause.kind() == std::io::ErrorKind::UnexpectedEof => {
            Ok(End::Cut)
        }
        DecodingError::Format(_) if rows > 0 => Ok(End::Broken),
        other => Err(refusal(other)),
    }
}

/// The row in red, green and blue, with alpha where it has some or needs some.
fn widen<'a>(row: &'a [u8], colour: ColorType, channels: Channels, widened: &'a mut Vec<u8>) -> &'a [u8] {
    widened.clear();
    match (colour, channels) {
        (ColorType::Rgb | ColorType::Indexed, Channels::Rgb) | (ColorType::Rgba, _) => return row,
        (ColorType::Rgb | ColorType::Indexed, Channels::Rgba) => {
            shrink::widen(row, widened);
        }
        (ColorType::Grayscale, Channels::Rgb) => widened.extend(row.iter().flat_map(|&grey| [grey; 3])),
        (ColorType::Grayscale, Channels::Rgba) => {
            widened.extend(row.iter().flat_map(|&grey| [grey, grey, grey, u8::MAX]));
        }
        (ColorType::GrayscaleAlpha, _) => {
            let pixels = row.as_chunks().0.iter();
            widened.extend(pixels.flat_map(|&[grey, alpha]| [grey, grey, grey, alpha]));
        }
    }
    widened
}

fn refusal(error: DecodingError) -> RenderThumbnail {
    match error {
        DecodingError::LimitsExceeded => RenderThumbnail::TooLarge,
        other => undecodable(other),
    }
}
