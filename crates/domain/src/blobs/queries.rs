//! What can be asked of a database about blobs, without a unit of work.

use async_trait::async_trait;

use super::BlobKey;
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::ids::BlobId;

/// Where a blob stands, as the database knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobState {
    /// Its bytes may be on their way.
    Intent,
    /// Its bytes are there.
    Stored {
        /// How many.
        size: ByteSize,
    },
    /// Its bytes have to go, or are gone already.
    Deleted,
}

/// A blob that the database knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobRecord {
    /// Which.
    pub key: BlobKey,
    /// Where it stands.
    pub state: BlobState,
}

/// What a sweep would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sweepable {
    /// Announced intents that expired.
    pub expired: u64,
    /// Doomed blobs that are due for discarding.
    pub due: u64,
}

/// Questions about blobs.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait BlobQueries: Send {
    /// Those of these blobs that are known, in whatever state and in no particular order (BLOBROW-12). One look at an
    /// index for each id.
    async fn find(&mut self, ids: &[BlobId]) -> PortResult<Vec<BlobRecord>>;

    /// How many intents expired before `now`, and how many doomed blobs are due at `now`; neither is counted beyond
    /// `limit`. It locks nothing (BLOBROW-13).
    async fn count_sweepable(&mut self, now: Timestamp, limit: u32) -> PortResult<Sweepable>;
}
