//! The file.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{FileName, MediaType, Placeholder};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::ids::{BlobId, DriveId, FileId, NodeId, UserId};

/// A file: a name and what it points to. The bytes are a blob, and a blob never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// The user who owns it.
    pub owner: UserId,
    /// The folder that it lies in; of one in the trash the folder that it was in.
    pub parent: NodeId,
    /// What it is called: no other item of its folder has the same [key](FileName::search_key).
    pub name: FileName,
    /// The media type of its bytes.
    pub content_type: MediaType,
    /// How many bytes.
    pub size: ByteSize,
    /// The hash of its bytes; unknown only until a job has read them.
    pub sha256: Option<Sha256>,
    /// The blob that holds its bytes.
    pub blob: BlobId,
    /// The number of its content.
    pub version: VersionNumber,
    /// The state of its thumbnail.
    pub thumbnail: ThumbnailState,
    /// Raised by the user's edits alone.
    pub revision: Revision,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When its user last edited it.
    pub updated_at: Timestamp,
    /// When its present content was uploaded.
    pub content_at: Timestamp,
    /// When its content was last changed where it comes from, as the client says; else when it was uploaded. A move or a
    /// rename does not change it.
    pub modified_at: Timestamp,
}

impl File {
    /// The drive that holds it, which is its owner's.
    #[must_use]
    pub const fn drive(&self) -> DriveId {
        DriveId::of_user(self.owner)
    }
}

/// The number of a content among all that a file ever had, counted from 1. None is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionNumber(u32);

impl VersionNumber {
    /// The number of a new file's content.
    pub const FIRST: Self = Self(1);

    /// This number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The state of a thumbnail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThumbnailState {
    /// The file is no picture.
    None,
    /// A job makes it.
    Pending,
    /// It is made.
    Ready {
        /// The blob that holds its bytes.
        blob: BlobId,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// What stands in for the picture until it is loaded; none where the thumbnail was made before there were any.
        placeholder: Option<Placeholder>,
    },
    /// The picture can't be decoded, or not safely.
    Failed {
        /// How many jobs have tried it in vain, one after the other.
        times: u32,
    },
}

impl ThumbnailState {
    /// `none`, `pending`, `ready` or `failed`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Ready { .. } => "ready",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether previews of the file can be asked for: it has a thumbnail, or will have one.
    #[must_use]
    pub const fn allows_previews(&self) -> bool {
        match self {
            Self::Pending | Self::Ready { .. } => true,
            Self::None | Self::Failed { .. } => false,
        }
    }

    /// How many jobs could not make it.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        match self {
            Self::Failed { times } => *times,
            Self::None | Self::Pending | Self::Ready { .. } => 0,
        }
    }

    /// What stands in for the picture until it is loaded.
    #[must_use]
    pub const fn placeholder(&self) -> Option<Placeholder> {
        match self {
            Self::Ready { placeholder, .. } => *placeholder,
            Self::None | Self::Pending | Self::Failed { .. } => None,
        }
    }

    /// The blob of a thumbnail that is there.
    #[must_use]
    pub const fn blob(&self) -> Option<BlobId> {
        match self {
            Self::Ready { blob, .. } => Some(*blob),
            Self::None | Self::Pending | Self::Failed { .. } => None,
        }
    }
}

/// How often its user edited a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a new file.
    pub const FIRST: Self = Self(1);

    /// The revision with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
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

/// A SHA-256 hash (FIPS 180-4), written as 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Takes the bytes of a hash.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits, in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok().map(|()| Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("is not a SHA-256"))
    }
}
