//! What the general decoder gives, as rows of red, green and blue.

use fm_domain::thumbnails::RenderThumbnail;
use jpeg_decoder::{ImageInfo, PixelFormat};

use crate::shrink::Shrink;

/// Makes rows of red, green and blue of whatever the picture is made of.
pub(super) fn push_rows(shrink: &mut Shrink, pixels: &[u8], info: ImageInfo) -> Result<(), RenderThumbnail> {
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
