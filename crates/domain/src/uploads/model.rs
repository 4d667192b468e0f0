//! How far an upload is.

use std::str::FromStr;

use bytes::Bytes;

use super::HashState;
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

/// Bytes at the end of what came, too few for a part: kept aside in a blob of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// Where they are.
    pub blob: BlobId,
    /// How many.
    pub size: ByteSize,
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
    /// Whether somebody has taken it up and not put it down since.
    pub is_held: bool,
    /// The write in parts, once it was begun.
    pub write: Option<WriteId>,
    /// The number of the part that whoever has it may be writing now.
    pub next_part: u32,
    /// What came and is in no part yet, in order.
    pub tails: Vec<Tail>,
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

    /// Bytes that are kept aside.
    #[must_use]
    pub fn aside(&self) -> ByteSize {
        ByteSize::new(self.tails.iter().map(|tail| tail.size.bytes()).sum())
    }

    /// Whether all bytes came.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.length == Some(self.offset)
    }

    /// Takes it up: nobody before can change it any more. Where the one before did not put it down, the part that it
    /// may be writing keeps its number for ever.
    pub fn take_up(&mut self) {
        self.epoch = self.epoch.next();
        if self.is_held {
            self.next_part += 1;
        }
        self.is_held = true;
    }
}
