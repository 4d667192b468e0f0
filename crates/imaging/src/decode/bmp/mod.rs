//! BMP, row by row out of the file.
//!
//! What browsers show of it is shown: headers of all ages, runs, masks, and the rows of a file that is cut off.

mod header;
mod pixels;
mod runs;

use fm_domain::thumbnails::RenderThumbnail;
use image::metadata::Orientation;

use self::header::{Compression, Header};
use self::pixels::Pixels;
use crate::picture::Picture;
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Shrunk};
use crate::source::Source;

pub(super) fn decode(source: &Source, request: &mut Request) -> Result<Picture, RenderThumbnail> {
    let header = Header::read(source.bytes())
        .ok_or_else(|| undecodable("its header is broken or of a kind that is not decoded"))?;
    request.admit(header.size)?;
    let shrunk = match header.compression {
        Compression::None => rows(&header, source, request)?,
        Compression::Runs(run) => runs::decode(&header, run, source, request)?,
    };
    Ok(Picture { shrunk, orientation: Orientation::NoTransforms, profile: None })
}

/// Rows of pixels that have one width.
fn rows(header: &Header<'_>, source: &Source, request: &mut Request) -> Result<Shrunk, RenderThumbnail> {
    let stride = header.stride();
    // Rows that are there are there as a whole.
    let there = header.data.len() / stride;
    if there == 0 {
        return Err(undecodable("it ends before its first row"));
    }
    let height = header.size.height as usize;
    let row = |y: u32| {
        let place = if header.is_top_down { y as usize } else { height - 1 - y as usize };
        header.data.get(place * stride..(place + 1) * stride)
    };
    let pixels = Pixels::new(header, source.deadline())?;
    let channels = if there >= height && !pixels.have_alpha() { Channels::Rgb } else { Channels::Rgba };
    let mut shrink = request.shrink(header.size, channels, Orientation::NoTransforms, source)?;
    let mut line = Vec::with_capacity(shrink.row_bytes());
    for y in 0..header.size.height {
        line.clear();
        match row(y) {
            Some(row) => pixels.append(row, channels, &mut line),
            None => line.resize(shrink.row_bytes(), 0),
        }
        shrink.push(&line)?;
    }
    Ok(shrink.finish())
}
