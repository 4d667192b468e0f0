//! Writing a blob in parts that clients send by signed requests: an optional capability of a store.

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
    /// The key of the blob that it writes.
    pub key: BlobKey,
    /// The store's name for the write.
    pub id: WriteId,
}

/// The store's name for the content of a part; given back unchanged.
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
    /// The store's name for its content.
    pub tag: PartTag,
}

impl WrittenPart {
    /// Whether these parts together have this size.
    #[must_use]
    pub fn add_up_to(parts: &[Self], size: ByteSize) -> bool {
        let sum = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.size.bytes()));
        sum == Some(size.bytes())
    }
}

/// The limits of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartLimits {
    /// The smallest part but the last.
    pub least: ByteSize,
    /// The largest part.
    pub most: ByteSize,
    /// The highest number.
    pub most_parts: u32,
}

/// Why a part was not written.
#[derive(Debug, thiserror::Error)]
pub enum WritePart {
    /// The write is not (or no longer) under way: it was completed, deleted, or taken over with a higher fence.
    #[error("the write in parts is no longer under way")]
    Gone,
    /// The store takes no blob of this size, though it is within the store's [`BlobLimits`](super::BlobLimits): an operator has limited it.
    #[error("the store takes no blob of this size")]
    TooLarge,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Why parts were not put together.
#[derive(Debug, thiserror::Error)]
pub enum CompleteParts {
    /// They are not what was written: a part is unknown, missing, too small or has another tag, or the whole has
    /// another size (PART-05). The write is of no more use.
    #[error("the parts are not those that were written")]
    Mismatch,
    /// The write is neither under way nor completed, or was taken over with a higher fence.
    #[error("the write in parts is no longer under way")]
    Gone,
    /// The store takes no blob of this size, though it is within the store's [`BlobLimits`](super::BlobLimits): an operator has limited it.
    #[error("the store takes no blob of this size")]
    TooLarge,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Puts blobs together out of parts that clients sent.
///
/// [`delete`](super::BlobStore::delete) of a write's key removes whatever the write left (PART-08).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait DirectStore: Send + Sync {
    /// The limits of parts. They never change.
    fn part_limits(&self) -> PartLimits;

    /// Begins a write under a fresh key. No byte of the blob can be read before it is completed (PART-01). Begun twice,
    /// the store may give one write or two.
    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId>;

    /// Makes the blob of the parts, in the order of their numbers, whatever that of the list (PART-15), `size` bytes in
    /// all: durable, whole and readable from then on, as by [`put`](super::BlobStore::put). Parts that are not named are
    /// gone, and so is every other unfinished write to the key (PART-14). A write that was completed already with this
    /// size is no error (PART-05). From then on no part can be written (PART-04), and a caller with a lower fence is
    /// refused.
    async fn complete(
        &self,
        write: &PartWrite,
        fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts>;
}

/// Receives parts on behalf of a store that clients can't reach. Each byte is written at its offset in the blob, so the
/// store gives no tags: the tags of [`WrittenPart`]s are the caller's own, who compares them before it completes.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PartReceiver: Send + Sync {
    /// Writes bytes that the caller holds in memory, all pieces of them (PART-16), at `offset` of the blob. Sent
    /// again, they replace those before (PART-03). Refused as [`WritePart::Gone`] once a call with a higher fence was
    /// made (PART-13).
    async fn write(
        &self,
        write: &PartWrite,
        offset: ByteSize,
        fence: u64,
        bytes: PartBytes,
    ) -> Result<(), WritePart>;

    /// Makes everything durable that was written so far.
    async fn sync(&self, write: &PartWrite) -> PortResult<()>;
}

/// A part that a client shall send by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartLink {
    /// The owner of the upload.
    pub owner: UserId,
    /// The upload that it belongs to.
    pub upload: UploadId,
    /// The write that it belongs to.
    pub write: PartWrite,
    /// Its number.
    pub number: u32,
    /// The exact number of its bytes.
    pub size: ByteSize,
    /// From when on the life of the URL is counted.
    pub issued_at: Timestamp,
    /// Until when the URL works, to the second.
    pub expires_at: Timestamp,
}

/// The request by which a client sends a part.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedPart {
    /// `PUT`.
    pub method: &'static str,
    /// The URL; it carries its own authority.
    pub url: SignedUrl,
    /// Header fields that the request must have.
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
    /// Signs a request. The store refuses a body of another size than the signed one, and every request after the write
    /// was completed or deleted (PARTLINK-02).
    async fn sign(&self, link: &PartLink) -> PortResult<SignedPart>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(sizes: &[u64]) -> Vec<WrittenPart> {
        let part = |size: &u64| WrittenPart {
            number: 1,
            size: ByteSize::new(*size),
            tag: PartTag::new(String::new()),
        };
        sizes.iter().map(part).collect()
    }

    #[test]
    fn parts_add_up_to_one_size_alone() {
        assert!(WrittenPart::add_up_to(&[], ByteSize::ZERO));
        assert!(WrittenPart::add_up_to(&parts(&[5, 0, 3]), ByteSize::new(8)));
        assert!(!WrittenPart::add_up_to(&parts(&[5, 3]), ByteSize::new(9)));
        assert!(
            !WrittenPart::add_up_to(&parts(&[u64::MAX, 9]), ByteSize::new(8)),
            "past what can be counted"
        );
    }
}
