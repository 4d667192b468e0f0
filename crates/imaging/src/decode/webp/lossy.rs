//! Lossy pictures without alpha, decoded at about the size that they are rendered in.

use fm_domain::error::PortError;
use fm_domain::thumbnails::RenderThumbnail;
use fm_webp::{CHANNELS, DecodeError, KeyFrame};

use super::chunks::{Chunk, Extended};
use crate::picture::{Picture, orientation_of, target};
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, OVERSAMPLING, Shrunk, Size};
use crate::source::Source;

/// Decodes the frame of a file, which libwebp averages on the way: [`crate::shrink`] has nothing left to do.
///
/// The clock is looked at before and after it: nothing stops libwebp in between.
pub(super) fn decode(
    frame: Chunk<'_>,
    extended: Option<&Extended<'_>>,
    source: &Source,
    request: &mut Request,
) -> Result<Picture, RenderThumbnail> {
    // Of the last bytes libwebp may miss none.
    if !frame.is_whole {
        return Err(undecodable(DecodeError::Broken));
    }
    let frame = KeyFrame::read(frame.data).map_err(refusal)?;
    let size = Size { width: frame.width(), height: frame.height() };
    request.admit(size)?;
    if let Some(extended) = extended {
        extended.check_size(size)?;
    }
    let orientation = orientation_of(extended.and_then(|extended| extended.exif));
    let to = target(size, orientation, request.spec);
    let small = Size {
        width: to.width.saturating_mul(OVERSAMPLING).min(size.width),
        height: to.height.saturating_mul(OVERSAMPLING).min(size.height),
    };
    request.afford(Some(frame.working_memory(small.width)))?;
    let mut pixels = request.list(0_u8, small.pixels().checked_mul(CHANNELS as u64))?;
    source.deadline().check()?;
    frame.decode(small.width, small.height, &mut pixels).map_err(refusal)?;
    source.deadline().check()?;
    let shrunk = Shrunk {
        pixels,
        size: small,
        channels: Channels::Rgb,
        premultiplied: false,
        extent: (f64::from(small.width), f64::from(small.height)),
        to,
    };
    Ok(Picture { shrunk, orientation, profile: None })
}

fn refusal(error: DecodeError) -> RenderThumbnail {
    match error {
        DecodeError::Unsupported | DecodeError::Broken => undecodable(error),
        // What it takes was afforded, so the machine has none: that passes, and the job is tried again.
        DecodeError::OutOfMemory => RenderThumbnail::Store(PortError::Unavailable(Box::new(error))),
        // Sizes and buffers are ours: nothing in the file explains it.
        DecodeError::Size => RenderThumbnail::Store(PortError::Unexpected(Box::new(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_memory_is_not_the_fault_of_the_picture() {
        let unavailable = refusal(DecodeError::OutOfMemory);
        assert!(matches!(unavailable, RenderThumbnail::Store(PortError::Unavailable(_))), "{unavailable:?}");
        assert!(matches!(refusal(DecodeError::Broken), RenderThumbnail::Undecodable(_)));
    }
}
