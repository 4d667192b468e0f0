//! What a snapshot gives beside accounts and entries of the audit trail.

use std::fmt;

use crate::blobs::BlobKey;
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::files::File;
use crate::idempotency::{FinishedUpload, IdempotencyKey};
use crate::ids::UserId;

/// A file, and what only the rows of its blobs know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedFile {
    /// The file.
    pub file: File,
    /// The size of its thumbnail; `None` where it has none, or none that counts as stored.
    pub thumbnail_size: Option<ByteSize>,
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

/// A blob that is neither the content nor the thumbnail of a file that a user has: its bytes have to be deleted some time.
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
    /// It is stored, and its owner is marked as removed or gone.
    Ownerless,
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
    /// Files of users who are not marked as removed.
    pub files: u64,
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
        let Self { users, removed_users, files, blobs, audit_entries, open_uploads } = self;
        write!(
            f,
            "{users} users, {removed_users} removed users, {files} files, {blobs} blobs, {audit_entries} audit entries, \
             {open_uploads} unfinished uploads"
        )
    }
}
