//! Decoders: each reads the size off the header, has it checked, and sends its rows to be averaged.

mod bmp;
mod gif;
#[cfg(test)]
mod hostile;
mod jpeg;
mod png;
#[cfg(test)]
mod tests;
mod tiff;
mod webp;

use fm_domain::thumbnails::RenderThumbnail;

use crate::format::Format;
use crate::picture::Picture;
use crate::request::Request;
use crate::source::Source;

/// Decodes a picture of this format. All that it allocates by what the file says is taken from the request's account.
pub(crate) fn decode(
    format: Format,
    source: &Source,
    request: &mut Request,
) -> Result<Picture, RenderThumbnail> {
    match format {
        Format::Jpeg => jpeg::decode(source, request, None),
        Format::Png => png::decode(source, request),
        Format::Gif => gif::decode(source, request),
        Format::WebP => webp::decode(source, request),
        Format::Bmp => bmp::decode(source, request),
        Format::Tiff => tiff::decode(source, request),
    }
}
