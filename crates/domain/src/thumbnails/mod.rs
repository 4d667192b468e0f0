//! Thumbnails and previews: smaller pictures of pictures, and what renders them.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::PortError;
use crate::files::{MediaType, Placeholder};
use crate::previews::{PictureFormat, PreviewSize};

/// What a rendered picture shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderSpec {
    /// A PNG of this width, its height by the aspect ratio, and a placeholder.
    Thumbnail {
        /// Pixels; a narrower picture is not enlarged.
        width: u32,
        /// Pixels; a higher one is squeezed to it.
        max_height: u32,
    },
    /// A JPEG of quality 82 where every pixel is opaque, else a PNG; both sides by the aspect ratio, and no placeholder. Where a PNG would
    /// have more bytes than its source and than 256 KiB, its sides are halved until it has no more.
    Preview {
        /// Pixels on the longer side at most; a smaller picture is not enlarged, and no side gets shorter than one pixel.
        longer_side: u32,
    },
}

impl RenderSpec {
    /// The thumbnail of a file: 64 pixels wide, 1 to 4096 high.
    pub const THUMBNAIL: Self = Self::Thumbnail { width: 64, max_height: 4096 };

    /// A preview of this size.
    #[must_use]
    pub const fn preview(size: PreviewSize) -> Self {
        Self::Preview { longer_side: size.pixels() }
    }
}

/// What rendering may cost at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderBudget {
    /// Pixels of the source, read off its header before anything is decoded.
    pub max_pixels: u64,
    /// Bytes that a decoder may allocate.
    pub max_alloc: u64,
    /// How long it may take.
    pub time: Duration,
}

impl RenderBudget {
    /// 100 million pixels, 512 MiB, 20 s.
    pub const STANDARD: Self =
        Self { max_pixels: 100_000_000, max_alloc: 512 * 1024 * 1024, time: Duration::from_secs(20) };
}

/// A rendered picture. It has no metadata of its source: no place, no camera, no profile of colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// A whole picture file.
    pub bytes: Bytes,
    /// Its format.
    pub format: PictureFormat,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// What stands in for the picture until it is loaded, of a thumbnail.
    pub placeholder: Option<Placeholder>,
}

/// Why there is no thumbnail or preview. None of these gets better by trying again, but for `TimedOut` and `Store`.
#[derive(Debug, thiserror::Error)]
pub enum RenderThumbnail {
    /// Not a picture that we know, or one of which nothing can be shown (THUMB-07).
    #[error("the picture can't be decoded: {0}")]
    Undecodable(String),
    /// More pixels or memory than the budget allows.
    #[error("the picture is too large to decode safely")]
    TooLarge,
    /// The time ran out.
    #[error("the picture took too long to decode")]
    TimedOut,
    /// The renderer itself failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Renders thumbnails and previews: EXIF orientation applied, first frame of an animation, alpha kept.
///
/// Work runs on blocking threads behind a bound (THUMB-08), and never outlives its budget by much. A call that is dropped
/// gives its place back (THUMB-14).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Thumbnailer: Send + Sync {
    /// Whether it can try pictures of this type.
    fn accepts(&self, content_type: &MediaType) -> bool;

    /// The types that it can try.
    fn formats(&self) -> Vec<MediaType>;

    /// Renders `source`, a whole picture file.
    async fn render(
        &self,
        source: Bytes,
        spec: RenderSpec,
        budget: RenderBudget,
    ) -> Result<Rendered, RenderThumbnail>;
}
