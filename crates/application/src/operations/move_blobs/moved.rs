//! What a run tells.

use crate::operations::verify::{Finding, Findings};

/// What a run did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MovedBlobs {
    /// Files whose blobs were looked at.
    pub files: u64,
    /// Their blobs, thumbnails and previews among them.
    pub blobs: u64,
    /// Blobs that were copied, or would be.
    pub moved: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that the current store had already.
    pub skipped: u64,
    /// Blobs that were deleted by their users meanwhile.
    pub deleted: u64,
    /// Blobs that the current store does not have as it should, but for those of previews, which can be made anew.
    pub findings: Findings,
    /// Blobs that were deleted from the previous store.
    pub emptied: u64,
}

impl MovedBlobs {
    /// Whether the current store has every blob that can't be made anew; of a dry run: would have.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.findings.total() == 0
    }
}

/// What is told while a run goes on.
#[derive(Debug, Clone, Copy)]
pub enum MoveEvent<'a> {
    /// A blob that can't be moved, and why.
    Found(&'a Finding),
    /// How far the run is.
    Progress(&'a MovedBlobs),
}
