//! How files are listed: filters, orders and pages by keyset.

use super::{File, MediaType, Sha256};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::ids::{FileId, NodeId};

/// Which files. All that is given must match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileFilter {
    /// Folded text ([`super::FileName::fold`]) that the file's search key contains, literally: no
    /// character of it has a meaning of its own (FILE-22), or stands for another (FILE-26).
    pub name_contains: Option<String>,
    /// The hash of the bytes.
    pub sha256: Option<Sha256>,
    /// The type of the bytes.
    pub content_type: Option<TypeFilter>,
    /// The folder that the file lies in, not one above it (FILE-29).
    pub parent: Option<NodeId>,
    /// Its [`modified_at`](File::modified_at) is later than this.
    pub modified_after: Option<Timestamp>,
    /// Its [`modified_at`](File::modified_at) is earlier than this.
    pub modified_before: Option<Timestamp>,
}

/// One media type, or a family of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeFilter {
    /// `image/png`
    Exactly(MediaType),
    /// `image/*`: the family in lower case.
    Family(String),
}

/// What files are sorted by; ties are broken by id, in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FileSort {
    /// When they were uploaded.
    #[default]
    CreatedAt,
    /// By code point of the lower-cased name.
    Name,
    /// How many bytes.
    Size,
}

/// Upwards or downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortOrder {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePage {
    /// The field it is sorted by.
    pub sort: FileSort,
    /// The direction.
    pub order: SortOrder,
    /// The last file of the page before; its kind is that of `sort`.
    pub after: Option<PageKey>,
    /// The most files in it.
    pub limit: u32,
}

/// The place of a file in a sorted list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageKey {
    /// In a list by time.
    CreatedAt(Timestamp, FileId),
    /// In a list by name: the sort key of the name.
    Name(String, FileId),
    /// In a list by size.
    Size(ByteSize, FileId),
}

impl PageKey {
    /// Where `file` stands in a list sorted by `sort`.
    #[must_use]
    pub fn of(file: &File, sort: FileSort) -> Self {
        match sort {
            FileSort::CreatedAt => Self::CreatedAt(file.created_at, file.id),
            FileSort::Name => Self::Name(file.name.sort_key(), file.id),
            FileSort::Size => Self::Size(file.size, file.id),
        }
    }

    /// What it is a place in.
    #[must_use]
    pub const fn sort(&self) -> FileSort {
        match self {
            Self::CreatedAt(..) => FileSort::CreatedAt,
            Self::Name(..) => FileSort::Name,
            Self::Size(..) => FileSort::Size,
        }
    }
}
