//! What the domain asks of a database about blobs.
//!
//! ```text
//! record_intent ──▶ intent ──mark_stored──▶ stored ──mark_deleted──▶ tombstone ──remove──▶ (no row)
//!                     └──mark_deleted / cancel_intent / cancel_expired───▲
//! ```

use async_trait::async_trait;

use super::{BlobIntent, BlobKey, ExpiredIntent, StoredBlob, Tombstone};
use crate::clock::Timestamp;
use crate::error::{PortError, PortResult};
use crate::ids::BlobId;

/// Why a blob was not marked as stored.
#[derive(Debug, thiserror::Error)]
pub enum MarkStored {
    /// It is no intent: it is unknown, stored already, or a tombstone because its intent was cancelled before the writer
    /// of the bytes was done.
    #[error("the blob is not, or no longer, an intent")]
    NoIntent,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// The states of blobs, inside a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait BlobRepo: Send {
    /// Adds an intent with a fresh id: a second intent with the same id is an error, of this call or a later one of the unit
    /// (BLOBROW-17).
    async fn record_intent(&mut self, intent: &BlobIntent) -> PortResult<()>;

    /// Moves the expiry of an intent (BLOBROW-06); false when the blob is not, or no longer, an intent.
    async fn renew(&mut self, id: BlobId, expires_at: Timestamp) -> PortResult<bool>;

    /// Turns an intent into a stored blob. Refused as [`MarkStored::NoIntent`] in any other state: an intent is marked once
    /// (BLOBROW-01), and never after it was cancelled (BLOBROW-02).
    async fn mark_stored(&mut self, id: BlobId, stored: &StoredBlob) -> Result<(), MarkStored>;

    /// Turns an intent or a stored blob, whatever refers to it, into a tombstone whose bytes are due for deletion at `at`; false when it is a
    /// tombstone already (BLOBROW-10) or is unknown. The caller releases its reservation. Its previews stay.
    async fn mark_deleted(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool>;

    /// Turns an intent into a tombstone whose bytes are due for deletion at `at`; false, and nothing changes, in any other
    /// state: a blob that was stored after all is never cancelled (BLOBROW-04). The caller releases its reservation.
    async fn cancel_intent(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool>;

    /// Turns up to `limit` intents that expired before `now` into tombstones due at `now`, the longest expired first, and
    /// answers each with its reservation, once (BLOBROW-05); those of both buckets (BLOBROW-07).
    async fn cancel_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>>;

    /// Up to `limit` tombstones that are due at `now`, the longest due first (BLOBROW-03).
    async fn due(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Tombstone>>;

    /// Those of these blobs that are tombstones, in no particular order: none that is in another state or bucket, or is unknown
    /// (BLOBROW-16). One look-up in an index for each key.
    async fn find_tombstones(&mut self, keys: &[BlobKey]) -> PortResult<Vec<Tombstone>>;

    /// Moves the time at which a tombstone is due next; nothing changes in any other state (BLOBROW-09).
    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> PortResult<()>;

    /// Adds a reference to each of these blobs, so many to one as it is named; false, and the unit is to be rolled back, when one of them is
    /// not stored. [`mark_stored`](Self::mark_stored) counts one. Called late in a unit, and once: it locks the blobs in the order of
    /// their ids.
    async fn add_references(&mut self, ids: &[BlobId]) -> PortResult<bool>;

    /// Drops a reference of each of these stored blobs, so many of one as it is named, and turns those that have none left into
    /// tombstones due at `at`: their keys, each once, however many units drop at once (BLOB-30). Blobs in another state stay as they are.
    ///
    /// What is recorded of [previews](crate::previews) of a blob that is gone goes with it: their rows are removed, and their blobs turn
    /// into tombstones due at `at`, whose keys are answered too (PREVIEW-07).
    ///
    /// Called last in a unit, after [`add_references`](Self::add_references), and once: it locks the blobs in the order of their ids.
    async fn drop_references(&mut self, ids: &[BlobId], at: Timestamp) -> PortResult<Vec<BlobKey>>;

    /// Removes the row of a tombstone; any other row stays (BLOBROW-08).
    async fn remove(&mut self, id: BlobId) -> PortResult<()>;
}
