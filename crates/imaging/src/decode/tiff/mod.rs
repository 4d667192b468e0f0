//! TIFF: the first picture of a file, strip by strip or one row of tiles at a time.
//!
//! The directory is read by the `tiff` crate. What it points to is unpacked here, row by row, since that crate decodes
//! only a part of what the format knows.

mod chunks;
mod colours;
mod directory;
mod fax;
mod layout;
mod packed;
mod samples;

use fm_domain::thumbnails::RenderThumbnail;

use self::chunks::ChunkReader;
use self::layout::Layout;
use self::samples::Levels;
use crate::picture::Picture;
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Size};
use crate::source::Source;

pub(super) fn decode(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let layout = Layout::read(source, request)?;
    if let Some(jpeg) = layout.old_jpeg(source) {
        return super::jpeg::decode_within_file(&jpeg, layout.orientation, request);
    }
    let memory = Memory::plan(&layout, source, request)?;
    let reversed = layout.has_reversed_bits().then(|| reversed(source));
    let source = reversed.as_ref().unwrap_or(source);
    let levels = levels(&layout, &memory, source, request)?;
    let channels = if layout.alpha.is_some() { Channels::Rgba } else { Channels::Rgb };
    let mut shrink = request.shrink(layout.size, channels, layout.orientation, source)?;
    let mut row = Vec::with_capacity(shrink.row_bytes());
    for_each_row(&layout, &levels, &memory, source, request, |line| {
        row.clear();
        layout.colours.convert(line, layout.alpha, &mut row);
        shrink.push(&row)
    })?;
    Ok(Picture { shrunk: shrink.finish(), orientation: layout.orientation })
}

/// The file with the bits of each byte in their usual order: once, however many chunks share its bytes.
fn reversed(source: &Source) -> Source {
    let bytes: Vec<u8> = source.bytes().iter().map(|byte| byte.reverse_bits()).collect();
    Source::new(bytes.into(), source.deadline())
}

/// What unpacking takes, all of it together.
struct Memory {
    /// Bytes that the window of one chunk's decoder may take.
    window: u64,
}

impl Memory {
    /// Plans within the budget. The readers of a row of chunks are open at the same time.
    fn plan(layout: &Layout, source: &Source, request: Request) -> Result<Self, RenderThumbnail> {
        let across = layout.size.width.div_ceil(layout.chunk.width);
        let readers = u64::from(across) * layout.kept_planes() as u64;
        let line = u64::from(layout.size.width).saturating_mul(layout.kept() as u64);
        let copy = if layout.has_reversed_bits() { source.bytes().len() as u64 } else { 0 };
        let once = line.saturating_add(layout.row_samples()).saturating_add(copy);
        let fixed = readers.saturating_mul(layout.reader_bytes()).saturating_add(once);
        request.afford(Some(fixed))?;
        Ok(Self { window: request.budget.max_alloc.saturating_sub(fixed) / readers.max(1) })
    }
}

/// How numbers become eight bits. Where nothing says which number is white, all of them are looked at first.
fn levels(
    layout: &Layout,
    memory: &Memory,
    source: &Source,
    request: Request,
) -> Result<Levels, RenderThumbnail> {
    let mut levels = Levels::new(layout);
    if levels.are_open() {
        for_each_row(layout, &levels, memory, source, request, |_line| Ok(()))?;
        levels.choose_white();
    }
    Ok(levels)
}

/// Hands out the rows of the picture: eight bits for each sample that is of use, pixel by pixel.
fn for_each_row(
    layout: &Layout,
    levels: &Levels,
    memory: &Memory,
    source: &Source,
    request: Request,
    mut push: impl FnMut(&[u8]) -> Result<(), RenderThumbnail>,
) -> Result<(), RenderThumbnail> {
    let Size { width, height } = layout.size;
    let chunk_width = layout.chunk.width as usize;
    let (kept, planes) = (layout.kept(), layout.kept_planes());
    let across = width.div_ceil(layout.chunk.width);
    let mut line = vec![0; request.afford(u64::from(width).checked_mul(kept as u64))?];
    let mut samples = Vec::new();
    for top in (0..height).step_by(layout.chunk.height as usize) {
        let band = top / layout.chunk.height;
        let rows = layout.chunk.height.min(height - top);
        let open = |plane: usize, column: u32| {
            source.deadline().check()?;
            let data = layout.data(source, plane, band * across + column);
            ChunkReader::open(layout, Source::new(data, source.deadline()), memory.window, request, rows)
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
                chunk.next_row(levels, &mut samples)?;
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
