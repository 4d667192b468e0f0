//! Writing a blob over many requests, on any node: an optional capability of a store.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use super::Epoch;
use crate::blobs::{BlobKey, PutBlob, StoredBlob};
use crate::body::{ByteSize, PartBytes};
use crate::error::{PortError, PortResult};
use crate::files::MediaType;

/// What a store has to remember of an unfinished blob: opaque to all others. It is saved beside the upload's offset, in
/// the same unit of work, and handed back with the next call, on whatever node that is.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct WriteState(Bytes);

impl WriteState {
    /// Takes the store's bytes. A few dozen for each append at most: they are written with every checkpoint.
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The store's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for WriteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WriteState({} bytes)", self.0.len())
    }
}

/// The place in an unfinished blob at which writing goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The state that belongs to the offset.
    pub state: WriteState,
    /// How many bytes the blob has.
    pub offset: ByteSize,
    /// The epoch of the writer: of one blob, a writer with a higher fence shuts out all with a lower one.
    pub fence: Epoch,
}

/// Bytes to be appended, held in memory by the caller, who took them out of the memory budget.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The bytes; at least one.
    pub bytes: PartBytes,
    /// Whether the blob ends with them.
    pub is_last: bool,
}

/// How a store is served best. It takes chunks of any size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendHints {
    /// Chunks below this size cost more: unless it is the last, such a chunk is stored by itself and read back later. At
    /// least 1; a store that keeps an object for each append asks for a few KiB, so that its state stays small.
    pub least: ByteSize,
    /// The chunk size at which the store is fastest; never below `least`.
    pub preferred: ByteSize,
    /// Whether appends gain when the next chunk is received while this one is written.
    pub pipelined: bool,
}

/// Why a chunk was not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The blob is not (or no longer) being written: it was completed, deleted, or taken over with a higher fence.
    #[error("the blob is no longer being written")]
    Gone,
    /// The store takes no blob of this size, though it is within the store's [`BlobLimits`](crate::blobs::BlobLimits): an operator has limited it.
    #[error("the store takes no blob of this size")]
    TooLarge,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Why a blob was not completed.
#[derive(Debug, thiserror::Error)]
pub enum CompleteError {
    /// The store does not have the bytes that the position tells of, or the blob was completed with another size
    /// (RESUME-08). Unless it was completed, the blob is of no more use.
    #[error("the store does not have all bytes of the blob")]
    Incomplete,
    /// The blob is neither being written nor completed, or was taken over with a higher fence.
    #[error("the blob is no longer being written")]
    Gone,
    /// The store takes no blob of this size, though it is within the store's [`BlobLimits`](crate::blobs::BlobLimits): an operator has limited it.
    #[error("the store takes no blob of this size")]
    TooLarge,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Writes blobs that grow at their end, over many requests and on any node.
///
/// Writers follow one another, or several write at once without knowing of each other. The caller decides which bytes
/// count: it saves a [`Position`] under a fence, and only what a saved position tells of is part of the blob. The store
/// sees to it that a writer that was shut out does no harm (RESUME-05), on whatever node (RESUME-23).
///
/// How the bytes are kept until then is the store's own business.
/// [`delete`](crate::blobs::BlobStore::delete) of a write's key removes whatever the write left (RESUME-09), and
/// nothing of the other bucket's write of the same id (RESUME-25).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait ResumableStore: Send + Sync {
    /// How the store is served best. It never changes.
    fn append_hints(&self) -> AppendHints;

    /// Begins a blob under a fresh key. No byte of it can be read before it is completed (RESUME-01). A key may be begun
    /// twice, by writers that don't know of each other: each state is written on its own, and one of them is completed.
    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState>;

    /// How many bytes the next call at this state reads back into memory: the caller takes them out of the memory budget
    /// before it calls [`append`](Self::append) or [`complete`](Self::complete).
    fn read_back(&self, state: &WriteState) -> ByteSize;

    /// Appends the chunk, all pieces of it (RESUME-24), behind `position.offset`, whatever other writers appended
    /// there (RESUME-03); the state after it. The bytes are durable once [`sync`](Self::sync) has answered. Called
    /// again at the same position, the later call counts (RESUME-04).
    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError>;

    /// Makes durable what was appended so far.
    async fn sync(&self, key: &BlobKey) -> PortResult<()>;

    /// The state to go on from where appends do not count: it has the bytes of `counted`. Of the appends that do not
    /// count, `reached` is the state after the last that was answered (`counted` where none was), and one more may still
    /// be on its way to the store. None of them is ever mixed up with those after the new state (RESUME-06).
    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState;

    /// Removes what `before` needed and `after`, which was saved in its place, does not. Not calling it costs storage
    /// until the blob is completed or deleted, and nothing else.
    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()>;

    /// Ends a write that was begun and will not be used, since its state was not saved. Other writes to the key go on
    /// (RESUME-22). Not calling it costs storage until the blob is deleted; a store whose writes share what they
    /// leave does nothing.
    async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()>;

    /// Makes the blob of the bytes up to `position.offset`: durable, whole and readable from then on, as by
    /// [`put`](crate::blobs::BlobStore::put). Bytes behind it are gone, and so is every other unfinished write to the
    /// key. A blob that was completed already with this size is no error (RESUME-08). From then on nothing can be
    /// appended (RESUME-07).
    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError>;

    /// Stores bytes that the caller holds in memory as a whole blob under a fresh key: like
    /// [`put`](crate::blobs::BlobStore::put), but takes nothing out of the memory budget.
    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob>;
}
