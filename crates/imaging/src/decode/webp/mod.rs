//! WebP: the picture, or the first frame of an animation.
//!
//! The decoder wants a header that promises what is there, and nothing else. Browsers don't mind: a file that it refuses
//! is decoded a second time with a header of our own.

mod chunks;

use fm_domain::thumbnails::RenderThumbnail;
use image_webp::{DecodingError, WebPDecoder};

use self::chunks::Extended;
use crate::canvas::{Canvas, Place};
use crate::picture::{Picture, orientation_of};
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Size};
use crate::source::Source;

/// EXIF data beyond this is no orientation that anyone needs.
const MAX_EXIF_BYTES: usize = 1024 * 1024;

pub(super) fn decode(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let extended = Extended::read(source.bytes());
    if let Some(extended) = extended.as_ref().filter(|extended| extended.conceals_alpha()) {
        return decode_image(extended, source, request);
    }
    let complaint = match decode_as_it_is(source, request) {
        Err(RenderThumbnail::Undecodable(complaint)) => complaint,
        done => return done,
    };
    let Some(extended) = extended else {
        return Err(RenderThumbnail::Undecodable(complaint));
    };
    decode_image(&extended, source, request).map_err(|error| match error {
        RenderThumbnail::Undecodable(_) => RenderThumbnail::Undecodable(complaint),
        other => other,
    })
}

fn decode_as_it_is(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let mut decoder = WebPDecoder::new(source.clone()).map_err(refusal)?;
    decoder.set_memory_limit(MAX_EXIF_BYTES);
    let orientation = orientation_of(decoder.exif_metadata().ok().flatten().as_deref());
    let Decoded { size, channels, pixels } = read(decoder, request)?;
    let mut shrink = request.shrink(size, channels, orientation, source)?;
    for row in pixels.chunks_exact(shrink.row_bytes()) {
        shrink.push(row)?;
    }
    Ok(Picture { shrunk: shrink.finish(), orientation })
}

/// Decodes the first image of a file, and puts it where it belongs.
fn decode_image(
    extended: &Extended<'_>,
    source: &Source,
    request: Request,
) -> Result<Picture, RenderThumbnail> {
    request.admit(extended.canvas)?;
    request.afford(Some(source.bytes().len() as u64))?;
    let file = Source::new(extended.image_alone().into(), source.deadline());
    let Decoded { size, channels, pixels } = read(WebPDecoder::new(file).map_err(refusal)?, request)?;
    let place = Place { size, ..extended.place };
    if !extended.is_animated && size != extended.canvas {
        return Err(undecodable("its picture has another size than its header says"));
    }
    let orientation = orientation_of(extended.exif);
    let mut shrink = request.shrink(extended.canvas, Channels::Rgba, orientation, source)?;
    let mut canvas = Canvas::new(&mut shrink, extended.canvas, place);
    let mut widened = Vec::new();
    for row in pixels.chunks_exact(size.width as usize * channels.count()) {
        match channels {
            Channels::Rgba => canvas.push(row)?,
            Channels::Rgb => {
                widened.clear();
                let pixels = row.as_chunks().0.iter();
                widened.extend(pixels.flat_map(|&[red, green, blue]| [red, green, blue, u8::MAX]));
                canvas.push(&widened)?;
            }
        }
    }
    canvas.finish()?;
    Ok(Picture { shrunk: shrink.finish(), orientation })
}

struct Decoded {
    size: Size,
    channels: Channels,
    pixels: Vec<u8>,
}

fn read(mut decoder: WebPDecoder<Source>, request: Request) -> Result<Decoded, RenderThumbnail> {
    let (width, height) = decoder.dimensions();
    let size = Size { width, height };
    request.admit(size)?;
    let channels = if decoder.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    // The pixels, and as much again for what the decoder keeps beside them: planes, or a frame of four bytes a pixel.
    let bytes = size.pixels().checked_mul(channels.count() as u64);
    request.afford(bytes.and_then(|bytes| bytes.checked_add(size.pixels() * 4)))?;
    decoder.set_memory_limit(usize::try_from(request.budget.max_alloc).unwrap_or(usize::MAX));
    let mut pixels = vec![0; request.afford(bytes)?];
    decoder.read_image(&mut pixels).map_err(refusal)?;
    Ok(Decoded { size, channels, pixels })
}

fn refusal(error: DecodingError) -> RenderThumbnail {
    match error {
        DecodingError::ImageTooLarge | DecodingError::MemoryLimitExceeded => RenderThumbnail::TooLarge,
        other => undecodable(other),
    }
}
