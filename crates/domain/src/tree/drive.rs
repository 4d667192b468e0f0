//! Drives: their counters, and the numbers of their changes.

use crate::accounts::StorageUse;
use crate::body::ByteSize;
use crate::error::PortError;
use crate::ids::{DriveId, UserId};

/// A drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drive {
    /// Its id.
    pub id: DriveId,
    /// The user who owns it.
    pub owner: UserId,
    /// How many items of both kinds it holds, the root and the trash counted (TREE-29).
    pub nodes: u64,
    /// What is in it.
    pub storage: StorageUse,
    /// The number of its last change.
    pub seq: Seq,
}

/// The number of a change of a drive: without gaps, and in the order of commits (TREE-09).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(u64);

impl Seq {
    /// This number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
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

/// What a unit of work makes of the counters of a drive. Counters that would go below zero are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delta {
    /// Bytes that were reserved before and no longer need to be.
    pub unreserve: ByteSize,
    /// Change of the total of bytes.
    pub used: i64,
    /// Change of the bytes that are in the trash.
    pub trash: i64,
    /// Change of the bytes that are old versions of living files.
    pub versions: i64,
    /// Change of the number of living files.
    pub files: i64,
    /// Change of the number of items of both kinds, the root and the trash counted.
    pub nodes: i64,
}

impl Delta {
    /// A new file of this size.
    #[must_use]
    pub fn new_file(size: ByteSize) -> Self {
        Self { used: signed(size), files: 1, nodes: 1, ..Self::default() }
    }

    /// This many new folders.
    #[must_use]
    pub fn new_folders(count: usize) -> Self {
        Self { nodes: i64::try_from(count).unwrap_or(i64::MAX), ..Self::default() }
    }

    /// The same, with these bytes no longer reserved.
    #[must_use]
    pub const fn unreserving(self, bytes: ByteSize) -> Self {
        Self { unreserve: bytes, ..self }
    }

    /// Whether it may be refused for the quota: it adds more than was reserved for it.
    #[must_use]
    pub fn grows(&self) -> bool {
        self.used > signed(self.unreserve)
    }

    /// What it undoes: all of it the other way, but for what was reserved.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            unreserve: ByteSize::ZERO,
            used: self.used.saturating_neg(),
            trash: self.trash.saturating_neg(),
            versions: self.versions.saturating_neg(),
            files: self.files.saturating_neg(),
            nodes: self.nodes.saturating_neg(),
        }
    }

    /// The counters after it.
    #[must_use]
    pub fn applied_to(&self, storage: StorageUse) -> StorageUse {
        let bytes =
            |counter: ByteSize, change: i64| ByteSize::new(counter.bytes().saturating_add_signed(change));
        StorageUse {
            used: bytes(storage.used, self.used),
            trash: bytes(storage.trash, self.trash),
            versions: bytes(storage.versions, self.versions),
            reserved: ByteSize::new(storage.reserved.bytes().saturating_sub(self.unreserve.bytes())),
            file_count: storage.file_count.saturating_add_signed(self.files),
        }
    }
}

/// The size as a change; no size of ours is larger than a change may be.
pub(super) fn signed(size: ByteSize) -> i64 {
    i64::try_from(size.bytes()).unwrap_or(i64::MAX)
}

/// A drive that a unit of work has entered: no other unit changes it until this one ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// The number of the change that the unit makes.
    pub seq: Seq,
    /// How many items of both kinds the drive holds once the unit is committed, the root and the trash counted.
    pub nodes: u64,
    /// What is in it, once the unit is committed.
    pub storage: StorageUse,
}

/// Why a drive was not entered or charged.
#[derive(Debug, thiserror::Error)]
pub enum EnterDrive {
    /// Used and reserved bytes together would exceed the quota. Deleting for good what is in the trash and old versions
    /// would make room.
    #[error("the quota would be exceeded")]
    QuotaExceeded {
        /// The bytes in the trash.
        trash: ByteSize,
        /// The bytes of old versions.
        versions: ByteSize,
    },
    /// There is no such drive (any more).
    #[error("there is no such drive")]
    NoDrive,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

#[cfg(test)]
mod tests;
