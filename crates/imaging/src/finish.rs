//! From a small picture to a thumbnail: the last resize, the right way up, a PNG.

use bytes::Bytes;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use fm_domain::error::PortError;
use fm_domain::thumbnails::{RenderThumbnail, Thumbnail};
use image::codecs::png::{CompressionType, FilterType as RowFilter, PngEncoder};
use image::{DynamicImage, RgbImage, RgbaImage};

use crate::picture::Picture;
use crate::shrink::{Channels, Shrunk};

/// Makes the thumbnail.
pub(crate) fn finish(picture: Picture) -> Result<Thumbnail, RenderThumbnail> {
    let Picture { shrunk, orientation } = picture;
    let mut image = resized(shrunk).map_err(defect)?;
    image.apply_orientation(orientation);
    let mut png = Vec::with_capacity(16 * 1024);
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, RowFilter::Adaptive);
    image.write_with_encoder(encoder).map_err(|error| defect(error.into()))?;
    Ok(Thumbnail { png: Bytes::from(png), width: image.width(), height: image.height() })
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Nothing in the picture explains it: the defect is ours.
fn defect(cause: Cause) -> RenderThumbnail {
    RenderThumbnail::Store(PortError::Unexpected(cause))
}

fn resized(shrunk: Shrunk) -> Result<DynamicImage, Cause> {
    let Shrunk { pixels, size, channels, premultiplied, extent, to } = shrunk;
    let pixel = match channels {
        Channels::Rgb => PixelType::U8x3,
        Channels::Rgba => PixelType::U8x4,
    };
    let mut pixels = if size == to {
        pixels
    } else {
        let source = ImageRef::new(size.width, size.height, &pixels, pixel)?;
        let mut target = Image::new(to.width, to.height, pixel);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
            .crop(0.0, 0.0, extent.0, extent.1)
            .use_alpha(false);
        Resizer::new().resize(&source, &mut target, &options)?;
        target.into_vec()
    };
    if premultiplied {
        divide_by_alpha(&mut pixels);
    }
    let image = match channels {
        Channels::Rgb => RgbImage::from_raw(to.width, to.height, pixels).map(DynamicImage::from),
        Channels::Rgba => RgbaImage::from_raw(to.width, to.height, pixels).map(DynamicImage::from),
    };
    image.ok_or_else(|| Cause::from("the resized picture has another size than was asked for"))
}

/// Undoes the multiplication by opacity. A sharp filter may make a colour stronger than its opacity: it is cut.
fn divide_by_alpha(pixels: &mut [u8]) {
    for [colours @ .., alpha] in pixels.as_chunks_mut::<4>().0 {
        for colour in colours {
            let divided = match u16::from(*alpha) {
                0 => 0,
                alpha => (u16::from(*colour).min(alpha) * 255 + alpha / 2) / alpha,
            };
            *colour = u8::try_from(divided).unwrap_or(u8::MAX);
        }
    }
}
