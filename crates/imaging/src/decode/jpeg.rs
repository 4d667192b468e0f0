//! JPEG, decoded at the smallest of the scales 1/8, 1/4, 1/2 and 1 that is good enough.

use fm_domain::thumbnail::RenderThumbnail;
use jpeg_decoder::{CodingProcess, Decoder, Error, ImageInfo, PixelFormat};

use super::{Picture, Request, orientation_of, undecodable};
use crate::finish::{is_turned, target};
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
    let samples = size.pixels() * full.pixel_format.pixel_bytes() as u64;
    if full.coding_process == CodingProcess::DctProgressive {
        // All coefficients of all scans are kept, two bytes each, whatever the scale.
        request.afford(samples.checked_mul(2))?;
    }

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
    decoder.set_max_decoding_buffer_size(usize::try_from(request.budget.max_alloc).unwrap_or(usize::MAX));
    let pixels = decoder.decode().map_err(refusal)?;

    let mut shrink = Shrink::new(size_of(scaled), to, Channels::Rgb, source.deadline());
    push_rows(&mut shrink, &pixels, scaled)?;
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

/// Makes rows of red, green and blue of whatever the picture is made of.
fn push_rows(shrink: &mut Shrink, pixels: &[u8], info: ImageInfo) -> Result<(), RenderThumbnail> {
    let row_bytes = usize::from(info.width) * info.pixel_format.pixel_bytes();
    let mut row = Vec::with_capacity(shrink.row_bytes());
    for samples in pixels.chunks_exact(row_bytes) {
        if info.pixel_format == PixelFormat::RGB24 {
            shrink.push(samples)?;
            continue;
        }
        row.clear();
        match info.pixel_format {
            PixelFormat::RGB24 => {}
            PixelFormat::L8 => row.extend(samples.iter().flat_map(|&grey| [grey; 3])),
            PixelFormat::L16 => {
                let greys = samples.as_chunks::<2>().0.iter();
                row.extend(greys.flat_map(|&grey| [u16::from_ne_bytes(grey).to_be_bytes()[0]; 3]));
            }
            PixelFormat::CMYK32 => {
                row.extend(samples.as_chunks::<4>().0.iter().copied().flat_map(rgb_of_cmyk));
            }
        }
        shrink.push(&row)?;
    }
    Ok(())
}

/// Each ink takes its part of the light away, and black takes of all.
fn rgb_of_cmyk([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| {
        let light = u16::from(u8::MAX - ink) * u16::from(u8::MAX - black);
        u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
    })
}
