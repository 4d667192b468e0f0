//! How the entries of a folder are listed.

use super::{Item, ItemKind};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::files::SortOrder;
use crate::ids::NodeId;

/// Which entries of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChildFilter {
    /// Only folders, or only files.
    pub kind: Option<ItemKind>,
}

/// What entries are sorted by; ties are broken by id, in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChildSort {
    /// By code point of the lower-cased name.
    #[default]
    Name,
    /// By the time that their client gives them.
    ModifiedAt,
    /// By when they were made.
    CreatedAt,
    /// By the number of bytes; a folder counts as none.
    Size,
    /// By media type, then by name; a folder has none and comes first.
    Type,
}

/// One page of the entries of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildPage {
    /// The field that it is sorted by.
    pub sort: ChildSort,
    /// The direction. Folders come first in both, unless `mixed`.
    pub order: SortOrder,
    /// Whether folders and files are sorted together.
    pub mixed: bool,
    /// The last entry of the page before; its kind of key is that of `sort`.
    pub after: Option<ChildKey>,
    /// The most entries.
    pub limit: u32,
}

/// The place of an entry in the list of its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildKey {
    /// Folders come before files where they are not mixed.
    pub kind: ItemKind,
    /// What it is sorted by.
    pub value: ChildValue,
    /// Its id.
    pub id: NodeId,
}

/// What an entry is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChildValue {
    /// The sort key of its name.
    Name(String),
    /// When it was modified.
    ModifiedAt(Timestamp),
    /// When it was made.
    CreatedAt(Timestamp),
    /// Its size.
    Size(ByteSize),
    /// Its media type, empty of a folder, and the sort key of its name.
    Type(String, String),
}

impl ChildValue {
    /// What it is a value of.
    #[must_use]
    pub const fn sort(&self) -> ChildSort {
        match self {
            Self::Name(_) => ChildSort::Name,
            Self::ModifiedAt(_) => ChildSort::ModifiedAt,
            Self::CreatedAt(_) => ChildSort::CreatedAt,
            Self::Size(_) => ChildSort::Size,
            Self::Type(..) => ChildSort::Type,
        }
    }
}

impl ChildKey {
    /// Where `item` stands in a list sorted by `sort`.
    #[must_use]
    pub fn of(item: &Item, sort: ChildSort) -> Self {
        let name = || item.name().map(crate::files::FileName::sort_key).unwrap_or_default();
        let value = match (sort, item) {
            (ChildSort::Name, _) => ChildValue::Name(name()),
            (ChildSort::ModifiedAt, Item::Folder(folder)) => ChildValue::ModifiedAt(folder.modified_at),
            (ChildSort::ModifiedAt, Item::File(file)) => ChildValue::ModifiedAt(file.modified_at),
            (ChildSort::CreatedAt, Item::Folder(folder)) => ChildValue::CreatedAt(folder.created_at),
            (ChildSort::CreatedAt, Item::File(file)) => ChildValue::CreatedAt(file.created_at),
            (ChildSort::Size, Item::Folder(_)) => ChildValue::Size(ByteSize::ZERO),
            (ChildSort::Size, Item::File(file)) => ChildValue::Size(file.size),
            (ChildSort::Type, Item::Folder(_)) => ChildValue::Type(String::new(), name()),
            (ChildSort::Type, Item::File(file)) => {
                ChildValue::Type(file.content_type.as_str().to_owned(), name())
            }
        };
        Self { kind: item.kind(), value, id: item.id() }
    }
}
