//! What changed: each use case records its changes as events in the unit of work that makes them, and what has to follow,
//! and what the audit trail tells of them, is derived from the events alone.
//!
//! Sessions are another store than the database, and so no change to them is part of a unit of work: they leave no event.
//! Neither do intents and leases, which no client sees.

use crate::accounts::Role;
use crate::blobs::BlobKey;
use crate::clock::Timestamp;
use crate::files::{File, Sha256, ThumbnailState};
use crate::ids::{BlobId, FileId, OperationId, SessionId, UserId};
use crate::tree::{Folder, Item};
use crate::uploads::Upload;

/// A change, and when it happened. It borrows what changed: of some the audit trail keeps an entry.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// When it happened.
    pub at: Timestamp,
    /// The change.
    pub change: Change<'a>,
}

/// A change that a unit of work makes.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    /// An account was made.
    AccountRegistered {
        /// The account.
        user: UserId,
    },
    /// An account has another name.
    AccountRenamed {
        /// The account.
        user: UserId,
    },
    /// An account has another password, so all its sessions end but one.
    PasswordChanged {
        /// The account.
        user: UserId,
        /// The session that changed it and goes on.
        session: SessionId,
    },
    /// An account has another password, given by an operator, so all its sessions end.
    PasswordReset {
        /// The account.
        user: UserId,
    },
    /// An account is suspended: no login succeeds, and its sessions end.
    AccountSuspended {
        /// The account.
        user: UserId,
    },
    /// A suspended account can log in again.
    AccountResumed {
        /// The account.
        user: UserId,
    },
    /// A user has another role.
    RoleChanged {
        /// The account.
        user: UserId,
        /// What they may do now.
        role: Role,
    },
    /// A user has a quota of their own, or that of the configuration again.
    QuotaChanged {
        /// The account.
        user: UserId,
    },
    /// An account is gone, and all its files and uploads with it, though their rows are still to be removed.
    AccountRemoved {
        /// The account.
        user: UserId,
    },
    /// The last rows of a removed account are gone; its blobs are tombstones.
    ContentsRemoved {
        /// The account.
        user: UserId,
    },
    /// There is a new file.
    FileCreated {
        /// The file.
        file: &'a File,
    },
    /// A file has another name.
    FileRenamed {
        /// The file under its new name.
        file: &'a File,
    },
    /// A file has other bytes.
    ContentReplaced {
        /// The file with its new content.
        file: &'a File,
    },
    /// The hash of a file became known after the file was made.
    ContentHashed {
        /// The file, still without its hash.
        file: &'a File,
        /// The hash.
        sha256: Sha256,
    },
    /// The thumbnail of a file is wanted, made, or can't be made.
    ThumbnailChanged {
        /// The file.
        file: FileId,
        /// The bytes that it shows.
        blob: BlobId,
        /// Where it stands now.
        thumbnail: &'a ThumbnailState,
    },
    /// A file is gone.
    FileRemoved {
        /// The file as it was.
        file: &'a File,
    },
    /// An old version of a file is pinned or released, or has another label.
    VersionChanged {
        /// The file with its present content.
        file: &'a File,
    },
    /// Old versions of a file are gone for good.
    VersionsRemoved {
        /// The file with its present content.
        file: &'a File,
    },
    /// There is a new folder.
    FolderCreated {
        /// The folder.
        folder: &'a Folder,
    },
    /// An item has another place or another time, or a folder another name.
    ItemMoved {
        /// The item at its new place.
        item: &'a Item,
    },
    /// There is a copy of an item, with all that was below.
    ItemCopied {
        /// The copy.
        item: &'a Item,
    },
    /// A file has bytes that another one has, or that it had before: a copy, by itself or with a folder above it, or a content that was
    /// taken over. What these bytes still wait for is to be made for this file too.
    FileCopied {
        /// The file with these bytes.
        file: &'a File,
    },
    /// An item is in the trash, with all that was below.
    ItemTrashed {
        /// The item as it was.
        item: &'a Item,
    },
    /// An item is back from the trash, with all that went there with it.
    ItemRestored {
        /// The item at its place.
        item: &'a Item,
    },
    /// A folder is gone for good, with all that was below, or a file that was in the trash.
    ItemRemoved {
        /// The item as it was.
        item: &'a Item,
    },
    /// An operation was begun that goes on after its request was answered.
    OperationBegun {
        /// The operation.
        operation: OperationId,
        /// The user who asked for it.
        owner: UserId,
    },
    /// An operation was cancelled: it does nothing more, but for what may not be left half done.
    OperationCancelled {
        /// The operation.
        operation: OperationId,
        /// The user who asked for it.
        owner: UserId,
    },
    /// Blobs of files or uploads have tombstones: their bytes are to be deleted.
    BlobsMarkedDeleted {
        /// The blobs.
        keys: &'a [BlobKey],
    },
    /// An upload that takes many requests was begun.
    UploadCreated {
        /// The upload.
        upload: &'a Upload,
    },
    /// An upload became a file.
    UploadCompleted {
        /// The upload as it was before.
        upload: &'a Upload,
        /// The file.
        file: &'a File,
    },
    /// An upload was removed unfinished: by its client, or because it can't be completed.
    UploadCancelled {
        /// The upload as it was.
        upload: &'a Upload,
    },
    /// An upload was not finished in time.
    UploadExpired {
        /// The upload as it was.
        upload: &'a Upload,
    },
}
