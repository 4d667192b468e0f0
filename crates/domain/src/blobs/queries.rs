//! What can be asked of a database about blobs, without a unit of work.

use async_trait::async_trait;

use super::BlobKey;
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::ids::BlobId;

/// The state of a blob, as its row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobState {
    /// Its bytes may be under way to the store.
    Intent,
    /// Its bytes are in the store, durable and whole.
    Stored {
        /// The number of its bytes.
        size: ByteSize,
    },
    /// A tombstone: its bytes have to be deleted, or are deleted already.
    Deleted,
}

/// A blob that has a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobRecord {
    /// Its key.
    pub key: BlobKey,
    /// Its state.
    pub state: BlobState,
}

/// The rows that a sweep would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sweepable {
    /// Intents that expired.
    pub expired: u64,
    /// Tombstones that are due: their bytes can be deleted.
    pub due: u64,
}

/// Questions about blobs.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait BlobQueries: Send {
    /// Those of these blobs that have a row, in whatever state and in no particular order (BLOBROW-12). One look-up in an
    /// index for each id.
    async fn find(&mut self, ids: &[BlobId]) -> PortResult<Vec<BlobRecord>>;

    /// How many intents expired before `now`, and how many tombstones are due at `now`; neither is counted beyond
    /// `limit`. It locks nothing (BLOBROW-13).
    async fn count_sweepable(&mut self, now: Timestamp, limit: u32) -> PortResult<Sweepable>;
}
