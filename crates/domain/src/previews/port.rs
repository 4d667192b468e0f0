//! What the domain asks of a database about previews.

use async_trait::async_trait;

use super::{Preview, PreviewSize, PreviewState};
use crate::error::PortResult;
use crate::ids::BlobId;

/// Questions about previews.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PreviewQueries: Send {
    /// The preview of this size of a blob, ready or failed; `None` where none was recorded (PREVIEW-01).
    async fn find(&mut self, original: BlobId, size: PreviewSize) -> PortResult<Option<PreviewState>>;

    /// Previews that are ready, in the order of the ids of their own blobs: those after `after`, at most `limit`. For checks alone; by
    /// keyset, so that each page costs the same (PREVIEW-02).
    async fn walk(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<Preview>>;
}

/// Previews inside a unit of work.
///
/// A preview that is ready is the one reference that its blob has: [`mark_stored`](crate::blobs::BlobRepo::mark_stored) counts it in the
/// same unit, and [`drop_references`](crate::blobs::BlobRepo::drop_references) drops it.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PreviewRepo: Send {
    /// Records a preview, or its failure, in place of a failure that was recorded before (PREVIEW-03); to record the same again changes
    /// nothing and is true. False, and nothing changes, when the original is not a stored blob, or another preview of this size is ready
    /// (PREVIEW-04).
    ///
    /// The original stays a stored blob until the unit ends: another unit that drops its last reference waits, and takes this preview with it
    /// (PREVIEW-05).
    async fn record(&mut self, preview: &Preview) -> PortResult<bool>;

    /// Removes what is recorded, if it is still the same: ready with this blob, or failed; false otherwise (PREVIEW-06). The blob stays:
    /// drop its reference in the same unit.
    async fn remove(&mut self, preview: &Preview) -> PortResult<bool>;
}
