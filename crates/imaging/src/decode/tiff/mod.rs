//! TIFF: the first picture of a file, strip by strip or one row of tiles at a time.
//!
//! The directory is read by the `tiff` crate. What it points to is unpacked here, row by row, since that crate decodes
//! only a part of what the format knows.

mod chunks;
mod colours;
mod directory;
mod fax;
mod packed;
mod samples;

use fm_domain::thumbnails::RenderThumbnail;

use self::chunks::ChunkReader;
use self::directory::Layout;
use self::samples::Scale;
use crate::picture::Picture;
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Size};
use crate::source::Source;

/// What a chunk's decoder keeps, at most, beside pixels: windows and tables.
const DECODER_BYTES: u64 = 64 * 1024;

pub(super) fn decode(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let layout = Layout::read(source, request)?;
    if let Some(jpeg) = layout.old_jpeg(source) {
        let picture = super::jpeg::decode(&jpeg, request)?;
        return Ok(Picture { orientation: layout.orientation, ..picture });
    }
    let scale = scale(&layout, source, request)?;
    let channels = if layout.alpha.is_some() { Channels::Rgba } else { Channels::Rgb };
    let mut shrink = request.shrink(layout.size, channels, layout.orientation, source)?;
    let mut row = Vec::with_capacity(shrink.row_bytes());
    for_each_row(&layout, &scale, source, request, |line| {
        row.clear();
        layout.colours.convert(line, layout.alpha, &mut row);
        shrink.push(&row)
    })?;
    Ok(Picture { shrunk: shrink.finish(), orientation: layout.orientation })
}

/// How numbers become eight bits. Where nothing says which number is white, all of them are looked at first.
fn scale(layout: &Layout, source: &Source, request: Request) -> Result<Scale, RenderThumbnail> {
    let mut scale = Scale::new(layout);
    if scale.is_open() {
        for_each_row(layout, &scale, source, request, |_line| Ok(()))?;
        scale.choose_white();
    }
    Ok(scale)
}

/// Hands out the rows of the picture: eight bits for each sample that is of use, pixel by pixel.
fn for_each_row(
    layout: &Layout,
    scale: &Scale,
    source: &Source,
    request: Request,
    mut push: impl FnMut(&[u8]) -> Result<(), RenderThumbnail>,
) -> Result<(), RenderThumbnail> {
    let Size { width, height } = layout.size;
    let chunk_width = layout.chunk.width as usize;
    let (kept, planes) = (layout.kept(), layout.kept_planes());
    let across = width.div_ceil(layout.chunk.width);
    // The readers of a row of chunks are open at the same time; some unpack all of a chunk at once.
    let readers = u64::from(across) * planes as u64;
    let reader_bytes =
        layout.row_bytes().saturating_add(layout.unpacked_bytes()).saturating_add(DECODER_BYTES);
    request.afford(readers.checked_mul(reader_bytes))?;
    let mut line = vec![0; request.afford(u64::from(width).checked_mul(kept as u64))?];
    let mut samples = Vec::new();
    for top in (0..height).step_by(layout.chunk.height as usize) {
        let band = top / layout.chunk.height;
        let rows = layout.chunk.height.min(height - top);
        let open = |plane: usize, column: u32| {
            source.deadline().check()?;
            ChunkReader::open(layout, source, request, plane, band * across + column, rows)
        };
        let mut chunks = Vec::new();
        for plane in 0..planes {
            for column in 0..across {
                chunks.push((plane, column as usize * chunk_width, open(plane, column)?));
            }
        }
        for _ in 0..rows {
            source.deadline().check()?;
            for (plane, left, chunk) in &mut chunks {
                chunk.next_row(scale, &mut samples)?;
                let line = &mut line[*left * kept..];
                if layout.is_planar {
                    let targets = line.iter_mut().skip(*plane).step_by(kept);
                    targets.zip(&samples).for_each(|(target, &sample)| *target = sample);
                } else {
                    let pixels = line.chunks_exact_mut(kept).zip(samples.chunks_exact(layout.samples));
                    pixels.for_each(|(place, pixel)| place.copy_from_slice(&pixel[..kept]));
                }
            }
            push(&line)?;
        }
    }
    Ok(())
}

fn unsupported(what: &str) -> RenderThumbnail {
    undecodable(format_args!("its {what} is of a kind that is not decoded"))
}
