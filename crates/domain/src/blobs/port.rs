//! What the domain asks of a database about blobs.
//!
//! ```text
//! announce ──▶ announced ──settle──▶ settled ──doom──▶ doomed ──forget──▶ (no row)
//!                  └──doom / abandon / doom_expired─────▲
//! ```

use async_trait::async_trait;

use super::{BlobIntent, BlobKey, ExpiredIntent, StoredBlob, Tombstone};
use crate::clock::Timestamp;
use crate::error::{PortError, PortResult};
use crate::ids::{BlobId, UserId};

/// Why a blob was not settled.
#[derive(Debug, thiserror::Error)]
pub enum MarkStored {
    /// Its intent was given up, is unknown or is settled already: whoever wrote the bytes came too late.
    #[error("the intent is no longer announced")]
    NoIntent,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// The states of blobs, inside a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait BlobRepo: Send {
    /// Keeps an intent. Its id is fresh: a second intent with one id is an error (BLOBROW-17).
    async fn record_intent(&mut self, intent: &BlobIntent) -> PortResult<()>;

    /// Moves the expiry of an announced intent; false when it is not announced (any more).
    async fn renew(&mut self, id: BlobId, expires_at: Timestamp) -> PortResult<bool>;

    /// Announced becomes settled. Conditional: a settle that finds its intent doomed is refused (BLOBROW-02).
    async fn mark_stored(&mut self, id: BlobId, stored: &StoredBlob) -> Result<(), MarkStored>;

    /// Announced or settled becomes doomed, due for discarding at `at`; false when it was doomed already or is
    /// unknown. Its reservation is the caller's to release.
    async fn mark_deleted(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool>;

    /// Announced becomes doomed, due for discarding at `at`; false, and nothing happens, in any other state: a blob
    /// that was settled after all is never given up (BLOBROW-04). Its reservation is the caller's to release.
    async fn cancel_intent(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool>;

    /// Dooms every blob of the owner that is not doomed yet; how many.
    async fn mark_owned_deleted(&mut self, owner: UserId, at: Timestamp) -> PortResult<u64>;

    /// Dooms up to `limit` announced intents that expired before `now`, oldest first, and gives them.
    async fn cancel_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>>;

    /// Up to `limit` doomed blobs whose discarding is due at `now`, the longest due first.
    async fn due(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Tombstone>>;

    /// The doomed blob with this key, bucket and id, if it is one (BLOBROW-16).
    async fn find_tombstone(&mut self, key: &BlobKey) -> PortResult<Option<Tombstone>>;

    /// Moves the next discarding of a doomed blob.
    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> PortResult<()>;

    /// Removes the row of a doomed blob; any other row stays.
    async fn remove(&mut self, id: BlobId) -> PortResult<()>;
}
