//! GIF: the first frame, at its place on the canvas.
//!
//! The structure of a file is read as browsers read it: what they skip (zeros between blocks, unknown extensions) is
//! skipped, and a frame that is cut off or broken shows the pixels before that.

mod blocks;
#[cfg(test)]
mod tests;

use fm_domain::thumbnails::RenderThumbnail;
use image::metadata::Orientation;
use weezl::BitOrder;
use weezl::decode::Configuration;

use self::blocks::FirstFrame;
use crate::canvas::Canvas;
use crate::picture::Picture;
use crate::request::{Request, undecodable};
use crate::shrink::Channels;
use crate::source::Source;

/// What is seen where there is no frame.
const NOTHING: [u8; 4] = [0; 4];

pub(super) fn decode(source: &Source, request: &mut Request) -> Result<Picture, RenderThumbnail> {
    let (screen, frame) = blocks::read(source).ok_or_else(|| undecodable("it has no frame"))?;
    let canvas = screen.canvas(&frame);
    request.admit(canvas)?;
    let mut indices = request.list(0, Some(frame.place.size.pixels()))?;
    let known = unpack(&frame, &mut indices, source)?;
    if known == 0 && !indices.is_empty() {
        return Err(undecodable("its first frame has no pixels"));
    }

    let width = frame.place.size.width as usize;
    let colours = frame.colours(&screen);
    let whole = width > 0 && known == indices.len() && colours.iter().all(|colour| colour[3] == u8::MAX);
    let channels = if whole && frame.place.covers(canvas) { Channels::Rgb } else { Channels::Rgba };
    let mut shrink = request.shrink(canvas, channels, Orientation::NoTransforms, source)?;
    let lines = (0..frame.place.size.height).map(|y| {
        let start = frame.seen_row(y, known.checked_div(width).unwrap_or(0)) as usize * width;
        indices.get(start..(start + width).min(known)).unwrap_or_default()
    });
    let mut row = Vec::with_capacity(shrink.row_bytes());
    if channels == Channels::Rgb {
        for line in lines {
            row.clear();
            row.extend(line.iter().flat_map(|&index| {
                let [red, green, blue, _opaque] = colours[usize::from(index)];
                [red, green, blue]
            }));
            shrink.push(&row)?;
        }
    } else {
        let mut canvas = Canvas::new(&mut shrink, canvas, frame.place);
        for line in lines {
            row.clear();
            row.extend(line.iter().flat_map(|&index| colours[usize::from(index)]));
            canvas.push(&row, Channels::Rgba)?;
        }
        canvas.finish()?;
    }
    Ok(Picture { shrunk: shrink.finish(), orientation: Orientation::NoTransforms, profile: None })
}

/// Unpacks the indices of a frame, as many as there are; tells their number.
fn unpack(frame: &FirstFrame<'_>, indices: &mut [u8], source: &Source) -> Result<usize, RenderThumbnail> {
    let Some(code_size @ 0..=11) = frame.code_size else { return Ok(0) };
    let mut decoder = Configuration::new(BitOrder::Lsb, code_size).with_yield_on_full_buffer(true).build();
    let mut known = 0;
    for (count, mut data) in frame.data().enumerate() {
        if count % 64 == 0 {
            source.deadline().check()?;
        }
        loop {
            let step = decoder.decode_bytes(data, &mut indices[known..]);
            known += step.consumed_out;
            data = data.get(step.consumed_in..).unwrap_or_default();
            if step.status.is_err() || known == indices.len() || decoder.has_ended() {
                return Ok(known);
            }
            if data.is_empty() && step.consumed_out == 0 || step.consumed_in + step.consumed_out == 0 {
                break;
            }
        }
    }
    Ok(known)
}
