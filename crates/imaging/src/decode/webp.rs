//! WebP: the picture, or the first frame of an animation.

use fm_domain::thumbnails::RenderThumbnail;
use image_webp::{DecodingError, WebPDecoder};

use crate::picture::{Picture, orientation_of};
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Size};
use crate::source::Source;

/// EXIF data beyond this is no orientation that anyone needs.
const MAX_EXIF_BYTES: usize = 1024 * 1024;

pub(super) fn decode(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let mut decoder = WebPDecoder::new(source.clone()).map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    let size = Size { width, height };
    request.admit(size)?;
    let channels = if decoder.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    // The pixels, and as much again for what the decoder keeps beside them: planes, or a frame of four bytes a pixel.
    let bytes = size.pixels().checked_mul(channels.count() as u64);
    request.afford(bytes.and_then(|bytes| bytes.checked_add(size.pixels() * 4)))?;
    decoder.set_memory_limit(MAX_EXIF_BYTES);
    let orientation = orientation_of(decoder.exif_metadata().ok().flatten().as_deref());
    decoder.set_memory_limit(usize::try_from(request.budget.max_alloc).unwrap_or(usize::MAX));

    let mut pixels = vec![0; request.afford(bytes)?];
    decoder.read_image(&mut pixels).map_err(refusal)?;
    let mut shrink = request.shrink(size, channels, orientation, source)?;
    for row in pixels.chunks_exact(shrink.row_bytes()) {
        shrink.push(row)?;
    }
    Ok(Picture { shrunk: shrink.finish(), orientation })
}

fn refusal(error: DecodingError) -> RenderThumbnail {
    match error {
        DecodingError::ImageTooLarge | DecodingError::MemoryLimitExceeded => RenderThumbnail::TooLarge,
        other => undecodable(other),
    }
}
