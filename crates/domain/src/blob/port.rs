//! What the domain asks of a database about blobs.
//!
//! ```text
//! announce ──▶ announced ──settle──▶ settled ──doom──▶ doomed ──forget──▶ (no row)
//!                  └──doom / abandon / doom_expired─────▲
//! ```

use async_trait::async_trait;

use super::{BlobIntent, BlobKey, DoomedBlob, ExpiredIntent, StoredBlob};
use crate::clock::Timestamp;
use crate::ids::{BlobId, UserId};
use crate::store::{StoreError, Stored};

/// Why a blob was not settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleBlob {
    /// Its intent was given up, is unknown or is settled already: whoever wrote the bytes came too late.
    #[error("the intent is no longer announced")]
    Doomed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The states of blobs, inside a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait BlobRepo: Send {
    /// Keeps an intent. Its id is fresh.
    async fn announce(&mut self, intent: &BlobIntent) -> Stored<()>;

    /// Moves the expiry of an announced intent; false when it is not announced (any more).
    async fn renew(&mut self, id: BlobId, expires_at: Timestamp) -> Stored<bool>;

    /// Announced becomes settled. Conditional: a settle that finds its intent doomed is refused (BLOBROW-02).
    async fn settle(&mut self, id: BlobId, stored: &StoredBlob) -> Result<(), SettleBlob>;

    /// Announced or settled becomes doomed, due for discarding at `at`; false when it was doomed already or is
    /// unknown. Its reservation is the caller's to release.
    async fn doom(&mut self, id: BlobId, at: Timestamp) -> Stored<bool>;

    /// Announced becomes doomed, due for discarding at `at`; false, and nothing happens, in any other state: a blob
    /// that was settled after all is never given up (BLOBROW-04). Its reservation is the caller's to release.
    async fn abandon(&mut self, id: BlobId, at: Timestamp) -> Stored<bool>;

    /// Dooms every blob of the owner that is not doomed yet; how many.
    async fn doom_owned(&mut self, owner: UserId, at: Timestamp) -> Stored<u64>;

    /// Dooms up to `limit` announced intents that expired before `now`, oldest first, and gives them.
    async fn doom_expired(&mut self, now: Timestamp, limit: u32) -> Stored<Vec<ExpiredIntent>>;

    /// Up to `limit` doomed blobs whose discarding is due at `now`, the longest due first.
    async fn due(&mut self, now: Timestamp, limit: u32) -> Stored<Vec<DoomedBlob>>;

    /// The doomed blob with this key, if it is one.
    async fn find_doomed(&mut self, key: &BlobKey) -> Stored<Option<DoomedBlob>>;

    /// Moves the next discarding of a doomed blob.
    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> Stored<()>;

    /// Removes the row of a doomed blob; any other row stays.
    async fn forget(&mut self, id: BlobId) -> Stored<()>;
}
