//! JPEG, decoded at the smallest of the scales 1/8, 1/4, 1/2 and 1 that is good enough.
//!
//! Large pictures are decoded at 1/8, which is where the time goes: those of the usual kinds by [`fm_jpeg_eighth`], which
//! does no more than that scale needs. All others go to a general decoder.

mod eighth;
mod general;
#[cfg(test)]
mod tests;

use fm_domain::thumbnails::RenderThumbnail;
use jpeg_decoder::{CodingProcess, Decoder, Error, ImageInfo};

use crate::picture::{Picture, is_turned, orientation_of, target};
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Shrink, Size};
use crate::source::Source;

/// How many pixels the decoder shall leave for each of the thumbnail's.
const OVERSAMPLING: u32 = 2;

pub(super) fn decode(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let mut decoder = Decoder::new(source.clone());
    decoder.read_info().map_err(refusal)?;
    let full = info(&decoder)?;
    let size = size_of(full);
    request.admit(size)?;

    // The scale is chosen by width alone (no side that is decoded at a smaller scale reaches `u16::MAX`), and after
    // turning the width is what was the height.
    let orientation = orientation_of(decoder.exif_data());
    let to = target(size, orientation, request.spec);
    let wanted = |pixels: u32| u16::try_from(pixels * OVERSAMPLING).unwrap_or(u16::MAX);
    let (width, height) =
        if is_turned(orientation) { (u16::MAX, wanted(to.height)) } else { (wanted(to.width), u16::MAX) };
    decoder.scale(width, height).map_err(refusal)?;
    let scaled = info(&decoder)?;
    let bytes = size_of(scaled).pixels() * scaled.pixel_format.pixel_bytes() as u64;
    // The planes of the components, and the pixels made of them.
    request.afford(bytes.checked_mul(2))?;

    let eighth = Size { width: size.width.div_ceil(8), height: size.height.div_ceil(8) };
    let is_eighth = size_of(scaled) == eighth && eighth != size;
    if is_eighth && let Some(shrunk) = eighth::decode(source, request, to)? {
        return Ok(Picture { shrunk, orientation });
    }

    let samples = size.pixels() * full.pixel_format.pixel_bytes() as u64;
    if full.coding_process == CodingProcess::DctProgressive {
        // All coefficients of all scans are kept, two bytes each, whatever the scale.
        request.afford(samples.checked_mul(2))?;
    }
    decoder.set_max_decoding_buffer_size(usize::try_from(request.budget.max_alloc).unwrap_or(usize::MAX));
    let pixels = decoder.decode().map_err(refusal)?;

    let mut shrink = Shrink::new(size_of(scaled), to, Channels::Rgb, source.deadline());
    general::push_rows(&mut shrink, &pixels, scaled)?;
    Ok(Picture { shrunk: shrink.finish(), orientation })
}

fn info(decoder: &Decoder<Source>) -> Result<ImageInfo, RenderThumbnail> {
    decoder.info().ok_or_else(|| undecodable("it has no frame"))
}

fn size_of(info: ImageInfo) -> Size {
    Size { width: info.width.into(), height: info.height.into() }
}

fn refusal(error: Error) -> RenderThumbnail {
    undecodable(error)
}
