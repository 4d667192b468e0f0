//! The store of bytes.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::{BlobKey, ByteRange, ResolvedRange, Unsatisfiable};
use crate::body::{BodyError, ByteSize, ByteStream};
use crate::clock::Timestamp;
use crate::error::{PortError, PortResult};
use crate::files::MediaType;
use crate::ids::UserId;

/// What a store is told about bytes before it receives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutHint {
    /// Whose bytes they are; `None`: the program's own. A store that holds memory for them shares it among owners.
    pub owner: Option<UserId>,
    /// How many bytes there will be, where it is known: a store may reserve room for them. The caller vouches for it; a
    /// body of another length ends with an error of its own stream.
    pub length: Option<ByteSize>,
    /// Their media type; safe for browsers.
    pub content_type: MediaType,
}

/// A blob that a store has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    /// How many bytes.
    pub size: ByteSize,
}

/// Why bytes were not stored. In every case none of them can be read, then or later.
#[derive(Debug, thiserror::Error)]
pub enum PutBlob {
    /// The stream ended with an error.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The store takes no blob of this size, though it is within the store's [`BlobLimits`]: an operator has limited it.
    #[error("the store takes no blob of this size")]
    TooLarge,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Why bytes were not read.
#[derive(Debug, thiserror::Error)]
pub enum GetBlob {
    /// There is no such blob.
    #[error("there is no such blob")]
    NotFound,
    /// The range lies outside the blob.
    #[error(transparent)]
    Range(#[from] Unsatisfiable),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// A blob, or a range of it, being read. An error in the stream means that the bytes before it are not the whole.
pub struct BlobReader {
    /// The size of the whole blob.
    pub size: ByteSize,
    /// The range that `bytes` gives; `None`: the whole blob.
    pub range: Option<ResolvedRange>,
    /// The bytes.
    pub bytes: ByteStream,
}

impl std::fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobReader")
            .field("size", &self.size)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// What a store knows of a blob without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobHead {
    /// How many bytes.
    pub size: ByteSize,
}

/// The limits of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobLimits {
    /// The largest blob that it takes.
    pub max_blob: ByteSize,
}

/// Keeps blobs.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores the bytes of `body` under a fresh key. `Ok` means durable and whole; before it no byte of the blob can be
    /// read (BLOB-05); a stream that fails leaves nothing that can be read (BLOB-04), at most debris that `delete`
    /// removes. Holds a bounded part of the body in memory, out of the process's budget, and takes more from the
    /// stream only as it is written (BLOB-09, BLOB-20). An empty chunk is not the end (BLOB-26). Once the future is
    /// dropped the store reads no more of the body (BLOB-16).
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob>;

    /// Reads the blob, or a range of it (RFC 9110, section 14). The stream reads ahead by a bounded number of bytes
    /// (BLOB-21), and one that breaks ends with an error, never early (BLOB-17). A reader that is dropped gives back all that it
    /// held (BLOB-28).
    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob>;

    /// Asks the store for the blob without reading it. `None` means that the store answered and has none: a store out of
    /// reach is an error (BLOB-24), and no answer comes from memory (BLOB-23).
    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>>;

    /// Deletes the blob and every trace of unfinished writes to its key. A blob that is not there is no error, so that
    /// deleting can be repeated (BLOB-07).
    async fn delete(&self, key: &BlobKey) -> PortResult<()>;

    /// The limits of the store.
    fn limits(&self) -> BlobLimits;

    /// Asks the store, and answers as soon as it would serve; a missing bucket or folder is an error (BLOB-24).
    async fn ping(&self) -> PortResult<()>;
}

/// A blob as a store lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedBlob {
    /// Its key.
    pub key: BlobKey,
    /// How many bytes.
    pub size: ByteSize,
    /// When it was written, by the clock of the store (BLOB-18).
    pub written_at: Timestamp,
}

/// Lists what a store keeps, for checks alone: an optional capability.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait ListBlobs: Send + Sync {
    /// Every blob, in no particular order, page by page under the hood: it holds fewer than 1,000 at a time (BLOB-19).
    /// A list that breaks ends with an error, never early (BLOB-29).
    async fn list(&self, bucket: super::Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>>;
}
