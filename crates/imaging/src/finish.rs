//! From a small picture to a thumbnail or a preview: the last resize, sRGB, the right way up, a file.

use bytes::Bytes;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use fm_domain::error::PortError;
use fm_domain::files::Placeholder;
use fm_domain::previews::PictureFormat;
use fm_domain::thumbnails::{RenderSpec, RenderThumbnail, Rendered};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as RowFilter, PngEncoder};
use image::{DynamicImage, RgbImage, RgbaImage};

use crate::picture::Picture;
use crate::profile::Profile;
use crate::shrink::{Channels, Shrunk};

/// How much of a JPEG's detail is kept, of 100.
const JPEG_QUALITY: u8 = 82;

/// The longer side of the picture that a placeholder is made of: a ThumbHash takes no larger one.
const PLACEHOLDER_PIXELS: u32 = 100;

/// How many bytes a preview may have that is a PNG, however small its source.
const PNG_ALLOWANCE: usize = 256 * 1024;

/// A PNG is not halved where its longer side would get shorter, in pixels.
const MIN_LONGER_SIDE: u32 = 64;

/// Makes the file that was asked for, of a picture file of so many bytes.
///
/// Previews count in no quota: a PNG of more bytes than its source, and than [`PNG_ALLOWANCE`], has its sides halved until it is no larger.
pub(crate) fn finish(
    picture: Picture,
    spec: RenderSpec,
    source_bytes: usize,
) -> Result<Rendered, RenderThumbnail> {
    let Picture { shrunk, orientation, profile } = picture;
    let mut image = resized(shrunk, profile.as_ref()).map_err(defect)?;
    image.apply_orientation(orientation);
    let (format, placeholder) = match spec {
        RenderSpec::Thumbnail { .. } => (PictureFormat::Png, placeholder(&image)),
        RenderSpec::Preview { .. } if is_opaque(&image) => (PictureFormat::Jpeg, None),
        RenderSpec::Preview { .. } => (PictureFormat::Png, None),
    };
    let is_bounded = matches!(spec, RenderSpec::Preview { .. }) && format == PictureFormat::Png;
    let mut bytes = encoded(&image, format)?;
    while is_bounded
        && bytes.len() > source_bytes.max(PNG_ALLOWANCE)
        && image.width().max(image.height()) >= 2 * MIN_LONGER_SIDE
    {
        image = halved(&image).map_err(defect)?;
        bytes = encoded(&image, format)?;
    }
    let (width, height) = (image.width(), image.height());
    Ok(Rendered { bytes, format, width, height, placeholder })
}

fn encoded(image: &DynamicImage, format: PictureFormat) -> Result<Bytes, RenderThumbnail> {
    let mut bytes = Vec::with_capacity(16 * 1024);
    let written = match format {
        PictureFormat::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
            match image.as_rgb8() {
                Some(pixels) => pixels.write_with_encoder(encoder),
                None => image.to_rgb8().write_with_encoder(encoder),
            }
        }
        PictureFormat::Png => {
            let encoder =
                PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, RowFilter::Adaptive);
            image.write_with_encoder(encoder)
        }
    };
    written.map_err(|error| defect(error.into()))?;
    Ok(bytes.into())
}

/// The picture with sides of half the length.
fn halved(image: &DynamicImage) -> Result<DynamicImage, Cause> {
    let pixels = image.to_rgba8();
    let (width, height) = ((pixels.width() / 2).max(1), (pixels.height() / 2).max(1));
    let source = ImageRef::new(pixels.width(), pixels.height(), pixels.as_raw(), PixelType::U8x4)?;
    let mut target = Image::new(width, height, PixelType::U8x4);
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(true);
    Resizer::new().resize(&source, &mut target, &options)?;
    let half = RgbaImage::from_raw(width, height, target.into_vec()).map(DynamicImage::from);
    half.ok_or_else(|| Cause::from("the halved picture has another size than was asked for"))
}

/// Whether nothing can be seen through it.
fn is_opaque(image: &DynamicImage) -> bool {
    match image.as_rgba8() {
        Some(pixels) => pixels.pixels().all(|pixel| pixel.0[3] == u8::MAX),
        None => !image.color().has_alpha(),
    }
}

fn placeholder(image: &DynamicImage) -> Option<Placeholder> {
    let is_small = image.width().max(image.height()) <= PLACEHOLDER_PIXELS;
    let small = if is_small {
        image.to_rgba8()
    } else {
        image.thumbnail(PLACEHOLDER_PIXELS, PLACEHOLDER_PIXELS).into_rgba8()
    };
    let (width, height) = (small.width() as usize, small.height() as usize);
    Placeholder::new(&thumbhash::rgba_to_thumb_hash(width, height, small.as_raw()))
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Nothing in the picture explains it: the defect is ours.
fn defect(cause: Cause) -> RenderThumbnail {
    RenderThumbnail::Store(PortError::Unexpected(cause))
}

fn resized(shrunk: Shrunk, profile: Option<&Profile>) -> Result<DynamicImage, Cause> {
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
    // Colours are converted for each target, once it is small: a thousandth of the work, and nearly the same. Means are of encoded numbers
    // before a conversion as behind it, and a conversion is close to linear between the pixels that one mean is of.
    if let Some(converted) = profile.and_then(|profile| profile.to_srgb(&pixels, channels)) {
        pixels = converted;
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

#[cfg(test)]
mod tests;
