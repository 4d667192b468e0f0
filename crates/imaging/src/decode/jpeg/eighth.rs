//! Pictures that are decoded at 1/8, averaged row by row.

use fm_domain::thumbnails::RenderThumbnail;
use fm_jpeg_eighth::{DecodeError, Eighth, Limits};

use crate::request::Request;
use crate::shrink::{Channels, Shrink, Shrunk, Size};
use crate::source::{Deadline, Source};

/// Decodes a picture that is to become `to`; `None` if the general decoder must try.
pub(super) fn decode(source: &Source, request: Request, to: Size) -> Result<Option<Shrunk>, RenderThumbnail> {
    let deadline = source.deadline();
    let limits = Limits { max_alloc: request.budget.max_alloc, deadline: deadline.instant() };
    match fm_jpeg_eighth::decode(source.bytes(), limits) {
        Ok(eighth) => shrink(&eighth, to, deadline).map(Some),
        Err(DecodeError::Unsupported) => Ok(None),
        Err(DecodeError::TooLarge) => Err(RenderThumbnail::TooLarge),
        Err(DecodeError::TimedOut) => Err(RenderThumbnail::TimedOut),
    }
}

/// Averages the picture. Colours are converted when few pixels are left.
fn shrink(eighth: &Eighth, to: Size, deadline: Deadline) -> Result<Shrunk, RenderThumbnail> {
    let size = Size { width: eighth.width(), height: eighth.height() };
    let mut shrink = Shrink::new(size, to, Channels::Rgb, deadline);
    let mut rows = eighth.rows();
    while let Some(row) = rows.next_row() {
        shrink.push(row)?;
    }
    let mut small = shrink.finish();
    eighth.to_rgb(&mut small.pixels);
    Ok(small)
}
