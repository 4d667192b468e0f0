//! WebP: the picture, or the first frame of an animation.
//!
//! Lossy pictures without alpha, which are what photographs are, go to libwebp, which decodes them at the size that is needed.
//!
//! The decoder of everything else wants a header that promises what is there, and nothing else. Browsers don't mind: a file
//! that it refuses is decoded a second time with a header of our own.

mod chunks;
mod lossy;

use fm_domain::thumbnails::RenderThumbnail;
use image_webp::{DecodingError, WebPDecoder};

use self::chunks::{Extended, lossy_frame};
use crate::canvas::{Canvas, Place};
use crate::picture::{Picture, orientation_of};
use crate::profile::{Profile, Space};
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Size};
use crate::source::Source;

/// EXIF data beyond this is no orientation that anyone needs.
const MAX_EXIF_BYTES: usize = 1024 * 1024;

pub(super) fn decode(source: &Source, request: &mut Request) -> Result<Picture, RenderThumbnail> {
    let extended = Extended::read(source.bytes());
    let picture = decode_first(source, extended.as_ref(), request)?;
    let profile = extended.and_then(|extended| Profile::read(extended.profile?, Space::Rgb));
    Ok(Picture { profile, ..picture })
}

/// Decodes the first image of a file, whatever its colours are.
fn decode_first(
    source: &Source,
    extended: Option<&Extended<'_>>,
    request: &mut Request,
) -> Result<Picture, RenderThumbnail> {
    if let Some(frame) = lossy_frame(source.bytes(), extended) {
        return lossy::decode(frame, extended, source, request);
    }
    if let Some(extended) = extended.filter(|extended| extended.conceals_alpha()) {
        return decode_image(extended, source, request);
    }
    let complaint = match decode_as_it_is(source, &mut request.scope()) {
        Err(RenderThumbnail::Undecodable(complaint)) => complaint,
        done => return done,
    };
    let Some(extended) = extended else {
        return Err(RenderThumbnail::Undecodable(complaint));
    };
    decode_image(extended, source, request).map_err(|error| match error {
        RenderThumbnail::Undecodable(_) => RenderThumbnail::Undecodable(complaint),
        other => other,
    })
}

fn decode_as_it_is(source: &Source, request: &mut Request) -> Result<Picture, RenderThumbnail> {
    let mut decoder = WebPDecoder::new(source.clone()).map_err(refusal)?;
    decoder.set_memory_limit(MAX_EXIF_BYTES);
    let orientation = orientation_of(decoder.exif_metadata().ok().flatten().as_deref());
    let Decoded { size, channels, pixels } = read(decoder, source.bytes().len() as u64, request)?;
    let mut shrink = request.shrink(size, channels, orientation, source)?;
    for row in pixels.chunks_exact(shrink.row_bytes()) {
        shrink.push(row)?;
    }
    Ok(Picture { shrunk: shrink.finish(), orientation, profile: None })
}

/// Decodes the image of an extended file, and puts it where it belongs.
fn decode_image(
    extended: &Extended<'_>,
    source: &Source,
    request: &mut Request,
) -> Result<Picture, RenderThumbnail> {
    request.admit(extended.canvas)?;
    request.afford(Some(source.bytes().len() as u64))?;
    let file = Source::new(extended.image_alone().into(), source.deadline());
    let Decoded { size, channels, pixels } = decode_plain(file, request)?;
    let place = Place { size, ..extended.place };
    extended.check_size(size)?;
    let orientation = orientation_of(extended.exif);
    let mut shrink = request.shrink(extended.canvas, Channels::Rgba, orientation, source)?;
    let mut canvas = Canvas::new(&mut shrink, extended.canvas, place);
    for row in pixels.chunks_exact(size.width as usize * channels.count()) {
        canvas.push(row, channels)?;
    }
    canvas.finish()?;
    Ok(Picture { shrunk: shrink.finish(), orientation, profile: None })
}

/// All pixels of a picture.
pub(super) struct Decoded {
    pub(super) size: Size,
    pub(super) channels: Channels,
    pub(super) pixels: Vec<u8>,
}

/// Decodes a file without anything around its image.
pub(super) fn decode_plain(file: Source, request: &mut Request) -> Result<Decoded, RenderThumbnail> {
    let bytes_of_file = file.bytes().len() as u64;
    read(WebPDecoder::new(file).map_err(refusal)?, bytes_of_file, request)
}

fn read(
    mut decoder: WebPDecoder<Source>,
    bytes_of_file: u64,
    request: &mut Request,
) -> Result<Decoded, RenderThumbnail> {
    let (width, height) = decoder.dimensions();
    let size = Size { width, height };
    request.admit(size)?;
    let channels = if decoder.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    let mut pixels = request.list(0, size.pixels().checked_mul(channels.count() as u64))?;
    // What the decoder keeps beside them: frame and canvas of an animation, planes of luminance and chroma, the planes of
    // alpha, or four bytes for each pixel of lossless data. It reads lossy data whole, twice at most.
    let beside = match (decoder.is_animated(), decoder.is_lossy(), decoder.has_alpha()) {
        (true, ..) => 16,
        (false, true, true) => 8,
        (false, true, false) => 2,
        (false, false, _) => 5,
    };
    let read = if decoder.is_lossy() { bytes_of_file.saturating_mul(2) } else { 0 };
    request.afford(size.pixels().checked_mul(beside).and_then(|bytes| bytes.checked_add(read)))?;
    decoder.set_memory_limit(usize::try_from(request.memory()).unwrap_or(usize::MAX));
    decoder.read_image(&mut pixels).map_err(refusal)?;
    Ok(Decoded { size, channels, pixels })
}

fn refusal(error: DecodingError) -> RenderThumbnail {
    match error {
        DecodingError::ImageTooLarge | DecodingError::MemoryLimitExceeded => RenderThumbnail::TooLarge,
        other => undecodable(other),
    }
}
