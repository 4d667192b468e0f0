//! Uploads that take many requests.

use std::str::FromStr;

use bytes::Bytes;

use super::{HashState, Position, WriteState};
use crate::blobs::{BlobKey, PartWrite, WriteId};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::files::{CharsetCheck, FileName, MediaType, Sha256};
use crate::idempotency::IdempotencyKey;
use crate::ids::{BlobId, FileId, UploadId, UserId};
use crate::tree::Placing;

/// How the bytes of an upload reach the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Through us, in as many requests as it takes (tus).
    Resumable,
    /// Straight to the store, by signed requests.
    Direct,
}

impl Transport {
    /// `resumable` or `direct`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resumable => "resumable",
            Self::Direct => "direct",
        }
    }
}

/// The text names no transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither resumable nor direct")]
pub struct UnknownTransport;

impl FromStr for Transport {
    type Err = UnknownTransport;

    fn from_str(text: &str) -> Result<Self, UnknownTransport> {
        [Self::Resumable, Self::Direct]
            .into_iter()
            .find(|transport| transport.as_str() == text)
            .ok_or(UnknownTransport)
    }
}

/// How often an upload was acquired. A request that acquires it shuts out all earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch of an upload that no request has acquired yet.
    pub const FIRST: Self = Self(0);

    /// The epoch with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number, which is the fence of what is written in it.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The status of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadStatus {
    /// It can be continued.
    Open,
    /// It became this file, which may be removed since.
    Complete(FileId),
    /// It was not finished in time.
    Expired,
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The user whose file it becomes.
    pub owner: UserId,
    /// How its bytes reach the store.
    pub transport: Transport,
    /// The blob that is written in parts. Its intent lives as long as the upload.
    pub blob: BlobId,
    /// The name of the file that it becomes.
    pub name: FileName,
    /// Where the file goes.
    pub placing: Placing,
    /// The media type that the client gave.
    pub claimed_type: Option<MediaType>,
    /// The hash that the bytes must have, where the client gave one.
    pub promised: Option<Sha256>,
    /// What else the client said, to be returned to it: tus's `Upload-Metadata`, unchanged.
    pub metadata: String,
    /// The idempotency key by which a retry finds this upload.
    pub key: Option<IdempotencyKey>,
    /// How many bytes there will be, once that is known.
    pub length: Option<ByteSize>,
    /// How many bytes were received and are durable.
    pub offset: ByteSize,
    /// Bytes reserved of the owner's quota.
    pub reserved: ByteSize,
    /// How often it was acquired: only the request with this epoch changes it.
    pub epoch: Epoch,
    /// Whether a request has acquired it and not released it since.
    pub is_locked: bool,
    /// Of a resumable upload: what the store has to remember, once the blob was begun.
    pub state: Option<WriteState>,
    /// Of a direct upload: the write in parts, once it was begun.
    pub write: Option<WriteId>,
    /// The hash of the bytes received.
    pub hash: HashState,
    /// The charset of the bytes received, where it is looked for: counts only if it has seen as many as `offset` says.
    pub charset_check: Option<CharsetCheck>,
    /// The first bytes received, as many as finding the media type takes; none once the type is known.
    pub head: Bytes,
    /// Its status.
    pub status: UploadStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// While it is open, when it expires; each chunk received moves it on. Once it is complete or expired, when its row
    /// can be removed.
    pub expires_at: Timestamp,
}

impl Upload {
    /// The write in parts, if it was begun.
    #[must_use]
    pub fn part_write(&self) -> Option<PartWrite> {
        self.write.clone().map(|id| PartWrite { key: BlobKey::file(self.blob), id })
    }

    /// Whether all bytes were received.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.length == Some(self.offset)
    }

    /// The check of the charset, if it has seen every byte received. A node of a version that knows no such check receives
    /// bytes without it.
    #[must_use]
    pub fn whole_charset_check(&self) -> Option<&CharsetCheck> {
        self.charset_check.as_ref().filter(|check| check.seen() == self.offset.bytes())
    }

    /// Acquires the upload for the calling request: earlier ones can't change it any more. The caller rewinds the store's
    /// state where an earlier request did not release the upload.
    pub fn acquire(&mut self) {
        self.epoch = self.epoch.next();
        self.is_locked = true;
    }

    /// The position at which writing its blob goes on, if it was begun.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let state = self.state.clone()?;
        Some(Position { state, offset: self.offset, fence: self.epoch })
    }
}
