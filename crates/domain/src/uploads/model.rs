//! How far an upload is.

use std::str::FromStr;

use bytes::Bytes;

use super::{HashState, Position, WriteState};
use crate::blobs::{BlobKey, PartWrite, WriteId};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::files::{FileName, MediaType, Sha256};
use crate::idempotency::IdempotencyKey;
use crate::ids::{BlobId, FileId, UploadId, UserId};

/// By which way its bytes come.
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

/// How often an upload was taken up. Whoever takes it up shuts out everybody before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// Of an upload that nobody has taken up yet.
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

/// What became of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadStatus {
    /// It goes on.
    Open,
    /// It is this file now, or was.
    Complete(FileId),
    /// It was not finished in time.
    Expired,
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Which.
    pub id: UploadId,
    /// Whose.
    pub owner: UserId,
    /// By which way.
    pub transport: Transport,
    /// The blob that is written in parts. Its intent lives as long as the upload.
    pub blob: BlobId,
    /// What the file will be called.
    pub name: FileName,
    /// What the client says that it is.
    pub claimed_type: Option<MediaType>,
    /// The hash that the bytes must have, where the client gave one.
    pub promised: Option<Sha256>,
    /// What else the client said, to be told again: tus's `Upload-Metadata`, as it came.
    pub metadata: String,
    /// What makes a retry find this upload.
    pub key: Option<IdempotencyKey>,
    /// How many bytes there will be, once that is known.
    pub length: Option<ByteSize>,
    /// How many bytes came, and are durable.
    pub offset: ByteSize,
    /// Bytes reserved of the owner's quota.
    pub reserved: ByteSize,
    /// Who has it.
    pub epoch: Epoch,
    /// Whether a request has acquired it and not released it since.
    pub is_locked: bool,
    /// Of a resumable upload: what the store has to remember, once the blob was begun.
    pub state: Option<WriteState>,
    /// Of a direct upload: the write in parts, once it was begun.
    pub write: Option<WriteId>,
    /// The hash of what came.
    pub hash: HashState,
    /// The first bytes of what came, as many as are looked at to see what it is; none once that is known.
    pub head: Bytes,
    /// What became of it.
    pub status: UploadStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it counts as given up; moves on with each piece that comes. Once it is complete or expired: when that was
    /// to be forgotten.
    pub expires_at: Timestamp,
}

impl Upload {
    /// The write in parts, if it was begun.
    #[must_use]
    pub fn part_write(&self) -> Option<PartWrite> {
        self.write.clone().map(|id| PartWrite { key: BlobKey::file(self.blob), id })
    }

    /// Whether all bytes came.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.length == Some(self.offset)
    }

    /// The request that calls this has the upload: earlier ones can't change it any more. The store's state is for the
    /// caller to rewind where an earlier request did not release it.
    pub fn acquire(&mut self) {
        self.epoch = self.epoch.next();
        self.is_locked = true;
    }

    /// Where its blob goes on, if it was begun.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let state = self.state.clone()?;
        Some(Position { state, offset: self.offset, fence: self.epoch })
    }
}
