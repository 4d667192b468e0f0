//! Thumbnails: small pictures of pictures.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::PortError;
use crate::files::MediaType;

/// What a thumbnail shall be: a PNG of this width, its height by the aspect ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThumbnailSpec {
    /// Pixels; a narrower picture is not enlarged.
    pub width: u32,
    /// Pixels; a higher one is squeezed to it.
    pub max_height: u32,
}

impl ThumbnailSpec {
    /// 64 pixels wide, 1 to 4096 high.
    pub const STANDARD: Self = Self { width: 64, max_height: 4096 };
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

/// A rendered thumbnail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// A whole PNG.
    pub png: Bytes,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Why there is no thumbnail. None of these gets better by trying again, but for `TimedOut` and `Store`.
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

/// Renders thumbnails: EXIF orientation applied, first frame of an animation, alpha kept.
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
        spec: ThumbnailSpec,
        budget: RenderBudget,
    ) -> Result<Thumbnail, RenderThumbnail>;
}
