//! GIF: the first frame, at its place on the canvas.

use fm_domain::thumbnails::RenderThumbnail;
use gif::{DecodeOptions, Decoder, DecodingError};
use image::metadata::Orientation;

use crate::picture::Picture;
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, Size};
use crate::source::Source;

/// What is seen where there is no frame.
const NOTHING: [u8; 4] = [0; 4];

pub(super) fn decode(source: &Source, request: Request) -> Result<Picture, RenderThumbnail> {
    let mut decoder = DecodeOptions::new().read_info(source.clone()).map_err(refusal)?;
    let mut canvas = Size { width: decoder.width().into(), height: decoder.height().into() };
    // Some have no canvas at all: then it is as large as the frame needs.
    if canvas.pixels() > 0 {
        request.admit(canvas)?;
    }
    let frame = Frame::next(&mut decoder)?;
    request.admit(frame.size)?;
    if canvas.pixels() == 0 {
        canvas = Size { width: frame.left + frame.size.width, height: frame.top + frame.size.height };
        request.admit(canvas)?;
    }
    let colours = frame.colours(&decoder)?;
    let mut indices = vec![0; request.afford(Some(frame.size.pixels()))?];
    decoder.read_into_buffer(&mut indices).map_err(refusal)?;

    let channels = if frame.covers(canvas) { Channels::Rgb } else { Channels::Rgba };
    let mut shrink = request.shrink(canvas, channels, Orientation::NoTransforms, source)?;
    let mut row = Vec::with_capacity(shrink.row_bytes());
    let mut lines = indices.chunks_exact(frame.size.width as usize);
    for y in 0..canvas.height {
        let line = if y >= frame.top { lines.next().unwrap_or_default() } else { &[] };
        let seen = (0..frame.left.min(canvas.width))
            .map(|_| NOTHING)
            .chain(line.iter().map(|&index| colours[usize::from(index)]))
            .chain(std::iter::repeat(NOTHING))
            .take(canvas.width as usize);
        row.clear();
        match channels {
            Channels::Rgb => row.extend(seen.flat_map(|[red, green, blue, _opaque]| [red, green, blue])),
            Channels::Rgba => row.extend(seen.flatten()),
        }
        shrink.push(&row)?;
    }
    Ok(Picture { shrunk: shrink.finish(), orientation: Orientation::NoTransforms })
}

/// Where a frame is, and what of it is seen.
struct Frame {
    left: u32,
    top: u32,
    size: Size,
    see_through: Option<u8>,
}

impl Frame {
    fn next(decoder: &mut Decoder<Source>) -> Result<Self, RenderThumbnail> {
        let frame =
            decoder.next_frame_info().map_err(refusal)?.ok_or_else(|| undecodable("it has no frame"))?;
        Ok(Self {
            left: frame.left.into(),
            top: frame.top.into(),
            size: Size { width: frame.width.into(), height: frame.height.into() },
            see_through: frame.transparent,
        })
    }

    /// Whether every pixel of the canvas has a colour of its own.
    fn covers(&self, canvas: Size) -> bool {
        self.see_through.is_none()
            && (self.left, self.top) == (0, 0)
            && self.size.width >= canvas.width
            && self.size.height >= canvas.height
    }

    /// The colour of each index; one without a colour shows nothing.
    fn colours(&self, decoder: &Decoder<Source>) -> Result<[[u8; 4]; 256], RenderThumbnail> {
        let palette = decoder.palette().map_err(refusal)?;
        let mut colours = [NOTHING; 256];
        for (colour, &[red, green, blue]) in colours.iter_mut().zip(palette.as_chunks::<3>().0) {
            *colour = [red, green, blue, u8::MAX];
        }
        if let Some(index) = self.see_through {
            colours[usize::from(index)] = NOTHING;
        }
        Ok(colours)
    }
}

fn refusal(error: DecodingError) -> RenderThumbnail {
    match error {
        DecodingError::MemoryLimit | DecodingError::OutOfMemory => RenderThumbnail::TooLarge,
        other => undecodable(other),
    }
}
