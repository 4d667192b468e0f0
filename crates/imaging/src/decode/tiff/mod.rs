//! TIFF: the first picture of a file, strip by strip or one row of tiles at a time.
//!
//! The directory is read by the `tiff` crate. What it points to is unpacked here, row by row, since that crate decodes
//! only a part of what the format knows.

mod chunks;
mod colours;
mod directory;
mod entries;
mod fax;
mod layout;
mod packed;
mod samples;
#[cfg(test)]
mod tests;

use fm_domain::thumbnails::RenderThumbnail;

use self::chunks::Chunks;
use self::layout::Layout;
use self::samples::Levels;
use crate::picture::Picture;
use crate::profile::Profile;
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Size};
use crate::source::Source;

pub(super) fn decode(source: &Source, request: &mut Request) -> Result<Picture, RenderThumbnail> {
    let layout = directory::read(source, request)?;
    if let Some(jpeg) = layout.old_jpeg(source) {
        return super::jpeg::decode(&jpeg, request, Some(layout.orientation));
    }
    let space = layout.colours.space();
    let profile = space.and_then(|space| Profile::read(entries::profile(source.bytes())?, space));
    let source = &layout.readable(source, request)?;
    let levels = levels(&layout, source, request)?;
    let channels = if layout.alpha.is_some() { Channels::Rgba } else { Channels::Rgb };
    let mut shrink = request.shrink(layout.size, channels, layout.orientation, source)?;
    let mut row = Vec::with_capacity(shrink.row_bytes());
    let kept = layout.kept();
    let mut line = request.list(0, u64::from(layout.size.width).checked_mul(kept as u64))?;
    request.afford(Some(layout.row_samples()))?;
    let mut samples = Vec::new();
    for_each_part(&layout, source, request.scope(), |part| {
        levels.unpack(part.bytes, part.numbers, &mut samples);
        let line_part = &mut line[part.left * kept..];
        if layout.is_planar {
            let targets = line_part.iter_mut().skip(part.plane).step_by(kept);
            targets.zip(&samples).for_each(|(target, &sample)| *target = sample);
        } else {
            let pixels = line_part.chunks_exact_mut(kept).zip(samples.chunks_exact(layout.samples));
            pixels.for_each(|(place, pixel)| place.copy_from_slice(&pixel[..kept]));
        }
        if !part.is_last {
            return Ok(());
        }
        row.clear();
        layout.colours.convert(&line, layout.alpha, &mut row);
        shrink.push(&row)
    })?;
    Ok(Picture { shrunk: shrink.finish(), orientation: layout.orientation, profile })
}

/// How numbers become eight bits. Where nothing says which number is white, all colours are looked at first.
fn levels(layout: &Layout, source: &Source, request: &Request) -> Result<Levels, RenderThumbnail> {
    let mut levels = Levels::new(layout);
    if levels.need_highest() {
        let (samples, colours) = (layout.samples_in_chunk(), layout.colours.samples());
        let mut highest = 0.0_f64;
        for_each_part(layout, source, request.scope(), |part| {
            // Alpha and others have a white of their own.
            let is_colour = |at: usize| if layout.is_planar { part.plane } else { at % samples } < colours;
            let numbers = levels.numbers(part.bytes).take(part.numbers).enumerate();
            for (_, number) in numbers.filter(|&(at, number)| is_colour(at) && number.is_finite()) {
                highest = highest.max(number);
            }
            Ok(())
        })?;
        levels.choose_white(highest);
    }
    Ok(levels)
}

/// What a chunk has of a row of the picture.
struct Part<'a> {
    plane: usize,
    /// The pixel that it begins with.
    left: usize,
    bytes: &'a [u8],
    /// Numbers in the bytes that are of the picture: the others fill up a tile.
    numbers: usize,
    /// Whether the row is complete with it.
    is_last: bool,
}

/// Hands out the rows of the picture, chunk by chunk of each plane that matters.
fn for_each_part(
    layout: &Layout,
    source: &Source,
    mut request: Request,
    mut take: impl FnMut(Part<'_>) -> Result<(), RenderThumbnail>,
) -> Result<(), RenderThumbnail> {
    let Size { width, height } = layout.size;
    // The row that is read, and room for it in another order.
    request.afford(layout.row_bytes().max(layout.row_samples()).checked_mul(2))?;
    let (mut bytes, mut reordered) = (Vec::new(), Vec::new());
    let chunks = Chunks::new(layout, source, request)?;
    let (across, planes) = (width.div_ceil(layout.chunk.width), layout.kept_planes());
    for (top, band) in (0..height).step_by(layout.chunk.height as usize).zip(0..) {
        let rows = layout.chunk.height.min(height - top);
        let mut readers = Vec::new();
        for (plane, column) in (0..planes).flat_map(|plane| (0..across).map(move |column| (plane, column))) {
            source.deadline().check()?;
            let reader = chunks.open(plane, band * across + column, rows)?;
            readers.push((plane, column * layout.chunk.width, reader));
        }
        for _ in 0..rows {
            source.deadline().check()?;
            for (plane, left, reader) in &mut readers {
                reader.next_row(&mut bytes, &mut reordered)?;
                let pixels = layout.chunk.width.min(width - *left);
                take(Part {
                    plane: *plane,
                    left: *left as usize,
                    bytes: &bytes,
                    numbers: pixels as usize * layout.samples_in_chunk(),
                    is_last: *plane + 1 == planes && *left + pixels == width,
                })?;
            }
        }
    }
    Ok(())
}

fn unsupported(what: &str) -> RenderThumbnail {
    undecodable(format_args!("its {what} is of a kind that is not decoded"))
}
