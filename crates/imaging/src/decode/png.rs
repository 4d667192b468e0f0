//! PNG, decoded row by row: of an animation the default image.

use fm_domain::thumbnails::RenderThumbnail;
use png::{ColorType, Decoder, DecodingError, Limits, Reader, Transformations};

use crate::picture::{Picture, orientation_of};
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Shrink, Size};
use crate::source::Source;

pub(super) fn decode(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let limit = usize::try_from(request.budget.max_alloc).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(source.clone(), Limits { bytes: limit });
    // Both can be packed a thousandfold, and neither shows.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(refusal)?;
    let size = Size { width: header.width, height: header.height };
    request.admit(size)?;
    // This row, the one before it, what is unpacked ahead, and 8 bytes for the widest of pixels once transformed.
    request.afford(u64::from(size.width).checked_mul(8 * 4))?;

    let mut reader = decoder.read_info().map_err(refusal)?;
    let info = reader.info();
    if info.frame_control.is_some_and(|frame| (frame.width, frame.height) != (size.width, size.height)) {
        return Err(undecodable("its first frame has another size than the picture"));
    }
    let orientation = orientation_of(info.exif_metadata.as_deref());
    let (colour, _depth) = reader.output_color_type();
    let channels = match colour {
        ColorType::Grayscale | ColorType::Rgb | ColorType::Indexed => Channels::Rgb,
        ColorType::GrayscaleAlpha | ColorType::Rgba => Channels::Rgba,
    };
    let mut shrink = request.shrink(size, channels, orientation, source)?;
    let row_bytes = reader.output_line_size(size.width).ok_or(RenderThumbnail::TooLarge)?;
    let mut rows = Rows { shrink: &mut shrink, colour, widened: Vec::new() };
    if reader.info().interlaced {
        interlaced(&mut reader, row_bytes, request, &mut rows)?;
    } else {
        let mut row = vec![0; row_bytes];
        while reader.read_row(&mut row).map_err(refusal)?.is_some() {
            rows.push(&row)?;
        }
    }
    Ok(Picture { shrunk: shrink.finish(), orientation })
}

/// The last row is whole only when all seven passes are done, so this needs all of the pixels.
fn interlaced(
    reader: &mut Reader<Source>,
    row_bytes: usize,
    request: Request,
    rows: &mut Rows<'_>,
) -> Result<(), RenderThumbnail> {
    let bytes = reader.output_buffer_size().and_then(|bytes| u64::try_from(bytes).ok());
    let mut pixels = vec![0; request.afford(bytes)?];
    reader.next_frame(&mut pixels).map_err(refusal)?;
    pixels.chunks_exact(row_bytes).try_for_each(|row| rows.push(row))
}

/// Rows on their way to be averaged, made of red, green and blue where they are grey.
struct Rows<'a> {
    shrink: &'a mut Shrink,
    colour: ColorType,
    widened: Vec<u8>,
}

impl Rows<'_> {
    fn push(&mut self, row: &[u8]) -> Result<(), RenderThumbnail> {
        self.widened.clear();
        match self.colour {
            ColorType::Rgb | ColorType::Rgba | ColorType::Indexed => return self.shrink.push(row),
            ColorType::Grayscale => self.widened.extend(row.iter().flat_map(|&grey| [grey; 3])),
            ColorType::GrayscaleAlpha => {
                let pixels = row.as_chunks::<2>().0.iter();
                self.widened.extend(pixels.flat_map(|&[grey, alpha]| [grey, grey, grey, alpha]));
            }
        }
        self.shrink.push(&self.widened)
    }
}

fn refusal(error: DecodingError) -> RenderThumbnail {
    match error {
        DecodingError::LimitsExceeded => RenderThumbnail::TooLarge,
        other => undecodable(other),
    }
}
