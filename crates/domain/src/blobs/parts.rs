//! Writing a blob in parts, over many requests and on any node: an optional capability of a store.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{BlobKey, SignedUrl, StoredBlob};
use crate::body::{ByteSize, PartBytes};
use crate::clock::Timestamp;
use crate::error::{PortError, PortResult};
use crate::files::MediaType;
use crate::ids::{UploadId, UserId};

/// The store's own name for a write in parts: opaque, and to be kept until the write ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WriteId(String);

impl WriteId {
    /// Takes the store's word.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// As the store gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A write that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartWrite {
    /// Where the blob will be.
    pub key: BlobKey,
    /// What the store calls the write.
    pub id: WriteId,
}

/// Where a part belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPlace {
    /// From 1 on. The parts that are named at the end make up the blob in the order of their numbers.
    pub number: u32,
    /// Where its first byte is in the blob.
    pub offset: ByteSize,
    /// Who writes: of one write, whoever has a higher fence shuts out all with a lower one.
    pub fence: u64,
    /// Whether all bytes before it have come: those after it come next, and a store may get ready for them.
    pub in_order: bool,
}

/// What the store calls a part's content; given back as it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartTag(String);

impl PartTag {
    /// Takes the store's word.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// As the store gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a client means this tag: some quote it and some don't.
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        self.0.trim_matches('"') == other.trim_matches('"')
    }
}

/// A part that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenPart {
    /// Its number.
    pub number: u32,
    /// Its length.
    pub size: ByteSize,
    /// What the store calls it.
    pub tag: PartTag,
}

/// What parts may be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartLimits {
    /// The smallest part but the last; 1 byte where the store writes at any place.
    pub least: ByteSize,
    /// What is written at once best.
    pub preferred: ByteSize,
    /// The largest part.
    pub most: ByteSize,
    /// The highest number.
    pub most_parts: u32,
}

/// Why a part was not written.
#[derive(Debug, thiserror::Error)]
pub enum WritePart {
    /// The write is not (or no longer) under way: it was ended, discarded, or taken over with a higher fence.
    #[error("the write in parts is no longer under way")]
    Gone,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Why parts were not put together.
#[derive(Debug, thiserror::Error)]
pub enum CompleteParts {
    /// They are not what was written: a part is unknown, missing, too small or has another tag, or the whole has
    /// another size. The write is of no more use.
    #[error("the parts are not those that were written")]
    Mismatch,
    /// The write is neither under way nor completed, or was taken over with a higher fence.
    #[error("the write in parts is no longer under way")]
    Gone,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Writes blobs in parts. Several processes may write to one blob, one after the other or at once: what they agree on
/// is kept elsewhere, and the store keeps those that were shut out from doing harm.
///
/// Whatever a write leaves, [`discard`](super::BlobStore::discard) of its key removes.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PartUpload: Send + Sync {
    /// What parts may be like.
    fn part_limits(&self) -> PartLimits;

    /// Begins to write a blob under a fresh key. Nobody can read a byte of it before it is completed (PART-01). Begun
    /// twice, the store may give one write or two.
    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId>;

    /// Writes a part that is held in memory; what is taken of the memory's budget is the caller's. The tag is `None`
    /// where the store needs none at the end, because it writes each byte at its place. A part that is sent again
    /// replaces the one before it, and may have another size (PART-03).
    ///
    /// A number is never used for two contents by writers of different fences, so that a late part of one that was
    /// shut out can't replace another's; where the store writes each byte at its place it refuses (as
    /// [`WritePart::Gone`]) whoever has a lower fence than it has seen (PART-04).
    async fn write(
        &self,
        write: &PartWrite,
        place: PartPlace,
        bytes: PartBytes,
    ) -> Result<Option<PartTag>, WritePart>;

    /// Makes everything durable that was written so far.
    async fn sync(&self, write: &PartWrite) -> PortResult<()>;

    /// Makes the blob of the parts, `size` bytes in all (where no part has a tag, one may stand for all): durable, whole and readable from then on, as by
    /// [`put`](super::BlobStore::put). What was written and is not named is gone, and so is every other unfinished
    /// write to the key. A write that was completed already is no error (PART-06). From then on no part can be written
    /// (PART-05).
    async fn complete(
        &self,
        write: &PartWrite,
        fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts>;

    /// Keeps bytes that are held in memory already as a whole blob under a fresh key: like
    /// [`put`](super::BlobStore::put), but nothing more is taken out of the budget.
    async fn keep(&self, key: &BlobKey, bytes: PartBytes, content_type: &MediaType)
    -> PortResult<StoredBlob>;
}

/// A part that a client shall send by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartLink {
    /// Whose it is.
    pub owner: UserId,
    /// The upload that it belongs to.
    pub upload: UploadId,
    /// The write that it belongs to.
    pub write: PartWrite,
    /// Its number.
    pub number: u32,
    /// Exactly how many bytes.
    pub size: ByteSize,
    /// From when on the life of the URL is counted.
    pub issued_at: Timestamp,
    /// Until when the URL works, to the second.
    pub expires_at: Timestamp,
}

/// What a client sends a part with.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedPart {
    /// `PUT`.
    pub method: &'static str,
    /// Where to; it carries its own authority.
    pub url: SignedUrl,
    /// What has to be sent along.
    pub headers: Vec<(String, String)>,
}

impl fmt::Debug for SignedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedPart").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Signs requests by which clients write parts straight to a store (or to us, on its behalf): an optional capability.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SignParts: Send + Sync {
    /// Signs. What is sent has exactly the size that was signed, or is refused; after the write was completed or
    /// discarded the URL is dead (PARTLINK-02).
    async fn sign(&self, link: &PartLink) -> PortResult<SignedPart>;
}
