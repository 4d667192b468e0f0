//! Why a tree was not changed or shown.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::places::NoPlace;
use crate::engine::retry::failure;
use fm_domain::access::AccessDenied;
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_domain::files::{InvalidCursor, NotPortable, UpdateFile};
use fm_domain::ids::NodeId;
use fm_domain::tree::{EnterDrive, ItemKind, Misplaced, PlaceItem, UpdateItem};

/// Why a tree was not changed or shown.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The caller has no such item, or not in this state: living, or in the trash.
    #[error("there is no such item")]
    NotFound,
    /// There is no such folder to put something into.
    #[error("there is no such folder")]
    NoParent,
    /// What should take an item is a file.
    #[error("a file has no entries")]
    NotAFolder,
    /// The root of a drive can't be renamed, moved, trashed or deleted.
    #[error("a root folder can't be changed")]
    RootIsFixed,
    /// `If-Match` named another revision, or it changed in this moment.
    #[error("the item has changed meanwhile")]
    PreconditionFailed,
    /// The folder has an entry of this name, and it is neither numbered nor replaced.
    #[error("the folder has an entry of this name")]
    NameTaken {
        /// The entry.
        existing: NodeId,
        /// What it is.
        kind: ItemKind,
    },
    /// The target lies in what is moved or copied.
    #[error("the folder lies in what is moved or copied")]
    IntoItself,
    /// Folders would be nested too deeply.
    #[error("folders would be nested too deeply")]
    TooDeep,
    /// The folder would have too many entries.
    #[error("the folder has too many entries")]
    FolderFull,
    /// The user has as many files and folders as are allowed.
    #[error("there are as many files and folders as are allowed")]
    DriveFull,
    /// A folder with entries is deleted only where that is said.
    #[error("the folder has entries")]
    NotEmpty,
    /// The folder that a trashed item was in is in the trash, or gone.
    #[error("the folder that it was in is in the trash, or gone")]
    ParentTrashed,
    /// There is no trash, by configuration.
    #[error("there is no trash")]
    NoTrash,
    /// The item is living: there is nothing to restore.
    #[error("the item is not in the trash")]
    NotTrashed,
    /// The present content of a file is no version that could be deleted, pinned or named.
    #[error("it is the present content of the file")]
    PresentContent,
    /// The file has as many pinned versions as are allowed.
    #[error("the file has as many pinned versions as are allowed")]
    TooManyPinned,
    /// It holds more items than one request changes, where that has to be done as a whole.
    #[error("it holds more items than one request changes")]
    TooLarge,
    /// A new name is one that not every system can have, and by configuration such names are refused.
    #[error(transparent)]
    NotPortable(#[from] NotPortable),
    /// The quota would be exceeded.
    #[error("the quota would be exceeded")]
    QuotaExceeded {
        /// The bytes in the trash, which deleting for good would free.
        trash: ByteSize,
        /// The bytes of old versions, which deleting would free.
        versions: ByteSize,
    },
    /// The cursor was tampered with, or belongs to another list.
    #[error(transparent)]
    InvalidCursor(#[from] InvalidCursor),
    /// The scopes of the credential do not give the right.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// Too many lists of the user are worked on at the moment.
    #[error("too many lists of the user are worked on at the moment")]
    TooManyLists {
        /// When to ask again.
        retry_after: Duration,
    },
    /// As many operations of the user are under way as may be.
    #[error("as many operations of the user are under way as may be")]
    TooManyOperations,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(TreeError);

impl From<NoPlace> for TreeError {
    fn from(busy: NoPlace) -> Self {
        Self::TooManyLists { retry_after: busy.retry_after }
    }
}

impl From<EnterDrive> for TreeError {
    fn from(refusal: EnterDrive) -> Self {
        match refusal {
            EnterDrive::QuotaExceeded { trash, versions } => Self::QuotaExceeded { trash, versions },
            EnterDrive::NoDrive => Self::NotFound,
            EnterDrive::Store(error) => Self::Store(error),
        }
    }
}

impl From<PlaceItem> for TreeError {
    fn from(refusal: PlaceItem) -> Self {
        match refusal {
            PlaceItem::NameTaken { existing, kind } => Self::NameTaken { existing, kind },
            PlaceItem::NoFolder => Self::NoParent,
            PlaceItem::Store(error) => Self::Store(error),
        }
    }
}

impl From<UpdateItem> for TreeError {
    fn from(refusal: UpdateItem) -> Self {
        match refusal {
            UpdateItem::Stale => Self::PreconditionFailed,
            UpdateItem::Place(refusal) => refusal.into(),
        }
    }
}

impl From<UpdateFile> for TreeError {
    fn from(refusal: UpdateFile) -> Self {
        match refusal {
            UpdateFile::Stale => Self::PreconditionFailed,
            UpdateFile::Store(error) => Self::Store(error),
        }
    }
}

impl From<Misplaced> for TreeError {
    fn from(refusal: Misplaced) -> Self {
        match refusal {
            Misplaced::NoFolder => Self::NoParent,
            Misplaced::IntoItself => Self::IntoItself,
            Misplaced::TooDeep => Self::TooDeep,
            Misplaced::FolderFull => Self::FolderFull,
            Misplaced::Store(error) => Self::Store(error),
        }
    }
}

/// A refusal as the code of its problem: what is remembered of an item that was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such item or folder.
    NotFound,
    /// The value is not acceptable: a root, a file in place of a folder, a name.
    ValidationFailed,
    /// It has changed meanwhile.
    PreconditionFailed,
    /// The name is taken.
    NameTaken,
    /// The target lies in what is moved or copied.
    MoveIntoItself,
    /// Folders would be nested too deeply.
    TooDeep,
    /// The folder, or the drive, would have too many entries.
    FolderFull,
    /// The folder has entries.
    FolderNotEmpty,
    /// The folder that it was in is in the trash, or gone.
    ParentTrashed,
    /// It is not in the state for that.
    Conflict,
    /// It holds more items than are changed as a whole.
    BatchTooLarge,
    /// The quota would be exceeded.
    QuotaExceeded,
    /// The scopes of the credential do not give the right.
    Forbidden,
    /// A store failed.
    Unavailable,
}

impl Refusal {
    /// The refusal that an error is.
    #[must_use]
    pub const fn of(error: &TreeError) -> Self {
        match error {
            TreeError::NotFound | TreeError::NoParent => Self::NotFound,
            TreeError::NotAFolder
            | TreeError::RootIsFixed
            | TreeError::NotPortable(_)
            | TreeError::InvalidCursor(_) => Self::ValidationFailed,
            TreeError::PreconditionFailed => Self::PreconditionFailed,
            TreeError::NameTaken { .. } => Self::NameTaken,
            TreeError::IntoItself => Self::MoveIntoItself,
            TreeError::TooDeep => Self::TooDeep,
            TreeError::FolderFull | TreeError::DriveFull => Self::FolderFull,
            TreeError::NotEmpty => Self::FolderNotEmpty,
            TreeError::ParentTrashed => Self::ParentTrashed,
            TreeError::NoTrash
            | TreeError::NotTrashed
            | TreeError::PresentContent
            | TreeError::TooManyPinned => Self::Conflict,
            TreeError::TooLarge => Self::BatchTooLarge,
            TreeError::QuotaExceeded { .. } => Self::QuotaExceeded,
            TreeError::Denied(_) => Self::Forbidden,
            TreeError::TooManyLists { .. } | TreeError::TooManyOperations | TreeError::Store(_) => {
                Self::Unavailable
            }
        }
    }

    /// The code: `name_taken`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::ValidationFailed => "validation_failed",
            Self::PreconditionFailed => "precondition_failed",
            Self::NameTaken => "name_taken",
            Self::MoveIntoItself => "move_into_itself",
            Self::TooDeep => "too_deep",
            Self::FolderFull => "folder_full",
            Self::FolderNotEmpty => "folder_not_empty",
            Self::ParentTrashed => "parent_trashed",
            Self::Conflict => "conflict",
            Self::BatchTooLarge => "batch_too_large",
            Self::QuotaExceeded => "quota_exceeded",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
        }
    }
}

#[cfg(test)]
mod tests;
