//! BMP and TIFF, decoded whole.

use fm_domain::thumbnails::RenderThumbnail;
use image::codecs::bmp::BmpDecoder;
use image::codecs::tiff::TiffDecoder;
use image::{DynamicImage, ImageDecoder, ImageError, Limits};

use crate::picture::Picture;
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Size};
use crate::source::Source;

pub(super) fn decode_bmp(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let decoder = BmpDecoder::new(source.clone()).map_err(refusal)?;
    decode(decoder, source, request)
}

pub(super) fn decode_tiff(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let decoder = TiffDecoder::new(source.clone()).map_err(refusal)?;
    decode(decoder, source, request)
}

fn decode(
    mut decoder: impl ImageDecoder,
    source: &Source,
    request: Request,
) -> Result<Picture, RenderThumbnail> {
    let (width, height) = decoder.dimensions();
    let size = Size { width, height };
    request.admit(size)?;
    let channels = if decoder.color_type().has_alpha() { Channels::Rgba } else { Channels::Rgb };
    // The pixels as they are in the file, and with eight bits a sample.
    request.afford(decoder.total_bytes().checked_add(size.pixels() * channels.count() as u64))?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(request.budget.max_alloc);
    decoder.set_limits(limits).map_err(refusal)?;
    let orientation = decoder.orientation().map_err(refusal)?;

    let image = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    let pixels = match channels {
        Channels::Rgb => image.into_rgb8().into_raw(),
        Channels::Rgba => image.into_rgba8().into_raw(),
    };
    let mut shrink = request.shrink(size, channels, orientation, source)?;
    for row in pixels.chunks_exact(shrink.row_bytes()) {
        shrink.push(row)?;
    }
    Ok(Picture { shrunk: shrink.finish(), orientation })
}

fn refusal(error: ImageError) -> RenderThumbnail {
    match error {
        ImageError::Limits(_) => RenderThumbnail::TooLarge,
        other => undecodable(other),
    }
}
