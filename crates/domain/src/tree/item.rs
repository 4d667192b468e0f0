//! Items of a drive.

use std::str::FromStr;

use crate::clock::Timestamp;
use crate::files::{File, FileName, Numbering, Revision};
use crate::ids::{DriveId, NodeId};

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its id.
    pub id: NodeId,
    /// The drive that holds it.
    pub drive: DriveId,
    /// The folder that it lies in; of one in the trash the folder that it was in. None of a root.
    pub parent: Option<NodeId>,
    /// What it is called; none of a root.
    pub name: Option<FileName>,
    /// Raised by edits of the folder itself, not by what happens in it.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// The time that its client gives it, else when it was made.
    pub modified_at: Timestamp,
}

impl Folder {
    /// The root of a drive that is made now.
    #[must_use]
    pub const fn root(drive: DriveId, now: Timestamp) -> Self {
        Self {
            id: NodeId::root(drive),
            drive,
            parent: None,
            name: None,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
            modified_at: now,
        }
    }

    /// A folder in another one of the same drive that is made now.
    #[must_use]
    pub fn new(id: NodeId, drive: DriveId, parent: NodeId, name: FileName, now: Timestamp) -> Self {
        Self { id, parent: Some(parent), name: Some(name), ..Self::root(drive, now) }
    }

    /// Whether it is the root of its drive, which can't be renamed, moved, trashed or deleted.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.name.is_none()
    }
}

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A folder.
    Folder(Folder),
    /// A file.
    File(File),
}

impl Item {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> NodeId {
        match self {
            Self::Folder(folder) => folder.id,
            Self::File(file) => file.id.into(),
        }
    }

    /// The drive that holds it.
    #[must_use]
    pub const fn drive(&self) -> DriveId {
        match self {
            Self::Folder(folder) => folder.drive,
            Self::File(file) => file.drive(),
        }
    }

    /// The folder that it lies in; none of a root.
    #[must_use]
    pub const fn parent(&self) -> Option<NodeId> {
        match self {
            Self::Folder(folder) => folder.parent,
            Self::File(file) => Some(file.parent),
        }
    }

    /// What it is called; none of a root.
    #[must_use]
    pub const fn name(&self) -> Option<&FileName> {
        match self {
            Self::Folder(folder) => folder.name.as_ref(),
            Self::File(file) => Some(&file.name),
        }
    }

    /// File or folder.
    #[must_use]
    pub const fn kind(&self) -> ItemKind {
        match self {
            Self::Folder(_) => ItemKind::Folder,
            Self::File(_) => ItemKind::File,
        }
    }

    /// How often it was edited.
    #[must_use]
    pub const fn revision(&self) -> Revision {
        match self {
            Self::Folder(folder) => folder.revision,
            Self::File(file) => file.revision,
        }
    }

    /// When it was last edited.
    #[must_use]
    pub const fn updated_at(&self) -> Timestamp {
        match self {
            Self::Folder(folder) => folder.updated_at,
            Self::File(file) => file.updated_at,
        }
    }

    /// Whether it is the root of a drive.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        match self {
            Self::Folder(folder) => folder.is_root(),
            Self::File(_) => false,
        }
    }

    /// The same under this name in this folder. A root stays where it is.
    #[must_use]
    pub fn placed(self, parent: NodeId, name: FileName) -> Self {
        match self {
            Self::Folder(folder) if folder.is_root() => Self::Folder(folder),
            Self::Folder(folder) => Self::Folder(Folder { parent: Some(parent), name: Some(name), ..folder }),
            Self::File(file) => Self::File(File { parent, name, ..file }),
        }
    }

    /// The same, edited at this moment.
    #[must_use]
    pub fn edited(self, now: Timestamp) -> Self {
        match self {
            Self::Folder(folder) => {
                Self::Folder(Folder { revision: folder.revision.next(), updated_at: now, ..folder })
            }
            Self::File(file) => Self::File(File { revision: file.revision.next(), updated_at: now, ..file }),
        }
    }

    /// The same with the time that its client gives it.
    #[must_use]
    pub fn modified(self, at: Timestamp) -> Self {
        match self {
            Self::Folder(folder) => Self::Folder(Folder { modified_at: at, ..folder }),
            Self::File(file) => Self::File(File { modified_at: at, ..file }),
        }
    }
}

impl From<File> for Item {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}

impl From<Folder> for Item {
    fn from(folder: Folder) -> Self {
        Self::Folder(folder)
    }
}

/// File or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A folder; folders come first on a page.
    Folder,
    /// A file.
    File,
}

impl ItemKind {
    /// `folder` or `file`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::File => "file",
        }
    }

    /// Where a number stands in the names of such items.
    #[must_use]
    pub const fn numbering(self) -> Numbering {
        match self {
            Self::Folder => Numbering::AtEnd,
            Self::File => Numbering::BeforeExtension,
        }
    }
}

/// The text names no kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be folder or file")]
pub struct UnknownKind;

impl FromStr for ItemKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        [Self::Folder, Self::File].into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

#[cfg(test)]
mod tests;
