//! Tests of the decoder at 1/8, beside the general decoder.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod agreement;
mod codes;
mod hostile;
mod through;
mod writer;

use std::time::Duration;

use fm_domain::thumbnails::{RenderBudget, RenderThumbnail, ThumbnailSpec};
use jpeg_decoder::{ColorTransform, Decoder};

use super::eighth::{self, Eighth};
use crate::decode::Request;
use crate::shrink::Size;
use crate::source::Deadline;

const REQUEST: Request = Request { spec: ThumbnailSpec::STANDARD, budget: RenderBudget::STANDARD };

fn deadline() -> Deadline {
    Deadline::after(Duration::from_mins(1))
}

/// What our own decoder says.
fn own(file: &[u8]) -> Result<Option<Eighth>, RenderThumbnail> {
    let budget = RenderBudget { max_alloc: 1024 * 1024, ..RenderBudget::STANDARD };
    eighth::decode(file, Request { budget, ..REQUEST }, deadline())
}

/// The picture at 1/8 as the general decoder decodes it; without conversion of colours, as far as there are any.
fn general(file: &[u8], convert: bool) -> Option<(Size, Vec<u8>)> {
    let mut decoder = Decoder::new(file);
    if !convert {
        decoder.set_color_transform(ColorTransform::RGB);
    }
    let (width, height) = decoder.scale(1, 1).ok()?;
    let pixels = decoder.decode().ok()?;
    Some((Size { width: width.into(), height: height.into() }, pixels))
}

/// What [`Eighth`] gives when nothing has to be averaged any more.
fn pixels(eighth: &Eighth) -> (Size, Vec<u8>) {
    let size = eighth.size();
    let shrunk = eighth.shrink(size, deadline()).unwrap();
    assert_eq!(shrunk.size, size);
    (size, shrunk.pixels)
}

/// How far the two are apart at most.
fn difference(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap()
}
