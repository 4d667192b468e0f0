//! Keys, intents and tombstones of blobs.

use std::fmt;
use std::str::FromStr;

use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::ids::{BlobId, UserId};

/// The two places that bytes are kept in. What they are called outside is configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Files that users uploaded.
    Files,
    /// Thumbnails and previews that we made of uploads.
    Thumbnails,
}

impl Bucket {
    /// Both buckets.
    pub const ALL: [Self; 2] = [Self::Files, Self::Thumbnails];

    /// `files` or `thumbnails`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Thumbnails => "thumbnails",
        }
    }
}

/// The text names no bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither files nor thumbnails")]
pub struct UnknownBucket;

impl FromStr for Bucket {
    type Err = UnknownBucket;

    fn from_str(text: &str) -> Result<Self, UnknownBucket> {
        Self::ALL.into_iter().find(|bucket| bucket.as_str() == text).ok_or(UnknownBucket)
    }
}

/// The address of a blob: always a fresh id, never a name. As text it is the id alone, plain ASCII that every store
/// takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey {
    /// The bucket that holds it.
    pub bucket: Bucket,
    /// Its id.
    pub id: BlobId,
}

impl BlobKey {
    /// A blob of a file's bytes.
    #[must_use]
    pub const fn file(id: BlobId) -> Self {
        Self { bucket: Bucket::Files, id }
    }

    /// A blob of a thumbnail's bytes, or of a preview's.
    #[must_use]
    pub const fn thumbnail(id: BlobId) -> Self {
        Self { bucket: Bucket::Thumbnails, id }
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

/// A durable promise to clean up: made before the first byte is sent to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobIntent {
    /// The key that the bytes will have.
    pub key: BlobKey,
    /// The user whose file it will be part of.
    pub owner: UserId,
    /// Bytes reserved of the owner's quota for it.
    pub reserved: ByteSize,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// When the sweep cancels it, unless it is renewed.
    pub expires_at: Timestamp,
}

/// An intent that was cancelled because it expired: the caller releases its reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredIntent {
    /// The blob, which is a tombstone now.
    pub key: BlobKey,
    /// The user whose quota the bytes were reserved of.
    pub owner: UserId,
    /// Bytes reserved for it.
    pub reserved: ByteSize,
}

/// A blob whose bytes have to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Its key.
    pub key: BlobKey,
    /// When it became a tombstone.
    pub deleted_at: Timestamp,
    /// Whether it was stored before: then no write to it can still be under way.
    pub was_stored: bool,
}
