//! What the domain asks of a database about uploads.

use async_trait::async_trait;

use super::{Epoch, Upload};
use crate::access::Access;
use crate::blobs::WrittenPart;
use crate::clock::Timestamp;
use crate::error::{PortError, PortResult};
use crate::idempotency::IdempotencyKey;
use crate::ids::{FileId, UploadId, UserId};

/// Why an upload was not updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateUpload {
    /// It is gone, or another request has acquired it.
    #[error("another request has acquired the upload")]
    Fenced,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Questions about uploads. An upload that the access does not reach, another owner's, is answered like one that does not
/// exist (UPLOAD-05).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait UploadQueries: Send {
    /// The upload.
    async fn find(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>>;
}

/// Uploads inside a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait UploadRepo: Send {
    /// Adds an upload with a fresh id: a second one with the same id is an error, of this call or a later one of the unit
    /// (UPLOAD-18).
    async fn insert(&mut self, upload: &Upload) -> PortResult<()>;

    /// The upload, locked until the unit ends; in a unit of a single call it may stay unlocked (UOW-17).
    async fn find_for_update(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>>;

    /// The latest upload with this key that `access` reaches; of those created at the same moment the one with the
    /// larger id (UPLOAD-19).
    async fn find_by_key(&mut self, access: &Access, key: &IdempotencyKey) -> PortResult<Option<Upload>>;

    /// How many open uploads the user has, of either transport (UPLOAD-21). In a unit that has
    /// [reserved](crate::accounts::UserRepo::reserve) for the user, if only 0 bytes, the number holds until the unit ends
    /// (UPLOAD-22).
    async fn count_open(&mut self, owner: UserId) -> PortResult<u64>;

    /// Replaces everything but id, owner, transport, key and `created_at`, if the stored epoch is still `seen`; refused as
    /// [`UpdateUpload::Fenced`] otherwise. Of two units that acquire an upload at once one does (UPLOAD-02), and a request
    /// that was shut out changes nothing any more (UPLOAD-03).
    async fn update(&mut self, upload: &Upload, seen: Epoch) -> Result<(), UpdateUpload>;

    /// Adds a part; it replaces one with the same number (UPLOAD-09). Its tag is kept whole (UPLOAD-20).
    async fn add_part(&mut self, id: UploadId, part: &WrittenPart) -> PortResult<()>;

    /// The parts of an upload, by number (UPLOAD-09).
    async fn parts(&mut self, id: UploadId) -> PortResult<Vec<WrittenPart>>;

    /// Removes an upload and its parts; false when there is none (UPLOAD-10). Its blobs stay: mark them as deleted in the
    /// same unit.
    async fn remove(&mut self, id: UploadId) -> PortResult<bool>;

    /// Removes the uploads that became this file (UPLOAD-11).
    async fn remove_of_file(&mut self, file: FileId) -> PortResult<()>;

    /// Up to `limit` open uploads that expired before `now`, the longest expired first, locked until the unit ends.
    /// Those that another unit has locked may be left out; those of a user who is marked as removed are (UPLOAD-23).
    async fn expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Upload>>;

    /// Removes up to `limit` uploads that are complete or expired and whose `expires_at` is before `now`, with their parts;
    /// answers how many (UPLOAD-14).
    async fn purge_ended(&mut self, now: Timestamp, limit: u32) -> PortResult<u32>;
}
