//! What a snapshot gives beside accounts and entries of the audit trail.

use std::fmt;

use crate::blobs::BlobKey;
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::idempotency::{FinishedUpload, IdempotencyKey};
use crate::ids::{DriveId, NodeId, UserId};
use crate::tree::{Item, Seq};

/// The row of an item that is no root, and what only the row of its thumbnail knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedNode {
    /// The item. The parent of a top of the trash is the folder that it was in, which may be gone.
    pub item: Item,
    /// The number of its last change.
    pub changed: Seq,
    /// How it stands to the trash; `None`: it is living.
    pub trash: Option<ArchivedTrash>,
    /// The size of a file's thumbnail; `None` where it has none, or none that counts as stored.
    pub thumbnail_size: Option<ByteSize>,
}

/// How an item stands to the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchivedTrash {
    /// It was put there.
    Top {
        /// When.
        at: Timestamp,
        /// The path that it had, its name included.
        path: String,
    },
    /// It went there with a folder above it.
    Below {
        /// What was put there.
        top: NodeId,
    },
}

/// A stored blob that rows refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchivedBlob {
    /// Its key.
    pub key: BlobKey,
    /// The user whose file it was stored for.
    pub owner: UserId,
    /// The number of its bytes.
    pub size: ByteSize,
}

/// A finished idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedKey {
    /// The key.
    pub key: IdempotencyKey,
    /// The upload that it leads to.
    pub upload: FinishedUpload,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A blob that is neither the content nor the thumbnail nor an old version of a file that a user has: its bytes have to be deleted some
/// time. Blobs of previews are among them: previews are not moved, but made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LooseBlob {
    /// Its key.
    pub key: BlobKey,
    /// The user whose it was; they may be gone.
    pub owner: UserId,
    /// Its state.
    pub state: LooseState,
}

/// The state of a blob without a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooseState {
    /// Its bytes may be under way to the store.
    Intent {
        /// When the sweep cancels it.
        expires_at: Timestamp,
    },
    /// It is stored, and no row of a user who is there refers to it, but perhaps that of a preview.
    Unreferenced,
    /// A tombstone.
    Deleted {
        /// When it became one.
        deleted_at: Timestamp,
        /// When its bytes are to be deleted next.
        due_at: Timestamp,
        /// Whether it was stored before.
        was_stored: bool,
    },
}

/// How many rows a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowCounts {
    /// Users who are not marked as removed.
    pub users: u64,
    /// Users who are marked as removed.
    pub removed_users: u64,
    /// Files of users who are not marked as removed, those in the trash too.
    pub files: u64,
    /// Folders of the same, without roots.
    pub folders: u64,
    /// Old versions of the same.
    pub versions: u64,
    /// Operations of the same.
    pub operations: u64,
    /// Blobs in every state.
    pub blobs: u64,
    /// Entries of the audit trail.
    pub audit_entries: u64,
    /// Uploads of many requests that are not finished.
    pub open_uploads: u64,
}

impl RowCounts {
    /// Whether no account ever stored anything here. Entries of the audit trail alone, such as refused logins, do not count.
    #[must_use]
    pub const fn has_no_accounts(&self) -> bool {
        self.users == 0 && self.removed_users == 0 && self.files == 0 && self.blobs == 0
    }
}

impl fmt::Display for RowCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, removed_users, files, folders, versions, operations, blobs, .. } = self;
        let Self { audit_entries, open_uploads, .. } = self;
        write!(
            f,
            "{users} users, {removed_users} removed users, {files} files, {folders} folders, {versions} versions, \
             {operations} operations, {blobs} blobs, {audit_entries} audit entries, {open_uploads} unfinished uploads"
        )
    }
}

/// The counters of a drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DriveCounters {
    /// All bytes: of files, of those in the trash, and of old versions.
    pub used: ByteSize,
    /// Bytes in the trash, with the versions of what is there.
    pub trash: ByteSize,
    /// Bytes of old versions of living files.
    pub versions: ByteSize,
    /// Living files.
    pub files: u64,
    /// Items of both kinds, the root and the trash counted.
    pub nodes: u64,
}

/// What the counters of a drive say beside what its rows add up to: the same, unless something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DriveTally {
    /// The drive.
    pub drive: DriveId,
    /// What the counters say.
    pub recorded: DriveCounters,
    /// What the rows add up to.
    pub counted: DriveCounters,
}

/// A stored blob that counts other references than there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobTally {
    /// Its key.
    pub key: BlobKey,
    /// What its row says.
    pub recorded: u64,
    /// How many rows refer to it: contents and thumbnails of files, old versions, and previews that are ready.
    pub counted: u64,
}

/// An item that is not where it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeFault {
    /// The drive.
    pub drive: DriveId,
    /// The item.
    pub node: NodeId,
    /// What is wrong with its place.
    pub wrong: WrongPlace,
}

/// What is wrong with the place of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongPlace {
    /// The way up from it ends neither at the root of its drive nor at a top of the trash: a parent is gone, is a file or of another drive,
    /// or the way is a circle or has more than [`MAX_DEPTH`](crate::tree::MAX_DEPTH) folders.
    Unreachable,
    /// It stands otherwise to the trash than the folder that it lies in, and no operation of its owner is running, which might be
    /// changing that.
    Mismarked,
    /// Another item of its folder has the same key of a name.
    NameTaken,
}
