//! What is in the trash, and what subtrees hold.

use super::drive::signed;
use super::{Delta, Item, Seq};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::files::SortOrder;
use crate::ids::{BlobId, NodeId};

/// An item in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrashedItem {
    /// The item. Its parent is the folder that it was in.
    pub item: Item,
    /// Whether that folder is there still, living or in the trash.
    pub has_parent: bool,
    /// What was put into the trash: the item itself, or a folder above it.
    pub top: NodeId,
    /// When that was.
    pub trashed_at: Timestamp,
    /// The path that the item had when its top was put there, its name included.
    pub original_path: String,
    /// The bytes of the item and of what was put into the trash with it, old versions left out.
    pub size: ByteSize,
}

impl TrashedItem {
    /// Whether it is what was put into the trash, not something below it.
    #[must_use]
    pub fn is_top(&self) -> bool {
        self.item.id() == self.top
    }
}

/// What subtrees, or some items of them, hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measure {
    /// Items of both kinds.
    pub nodes: u64,
    /// Files.
    pub files: u64,
    /// Bytes of the files' present contents.
    pub bytes: ByteSize,
    /// Bytes of their old versions.
    pub version_bytes: ByteSize,
}

impl Measure {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            files: self.files.saturating_add(other.files),
            bytes: sum(self.bytes, other.bytes),
            version_bytes: sum(self.version_bytes, other.version_bytes),
        }
    }

    /// What the counters of a drive become when this goes into its trash. The other way it is
    /// [reversed](Delta::reversed).
    #[must_use]
    pub fn into_trash(&self) -> Delta {
        Delta {
            trash: signed(sum(self.bytes, self.version_bytes)),
            versions: signed(self.version_bytes).saturating_neg(),
            files: i64::try_from(self.files).unwrap_or(i64::MAX).saturating_neg(),
            ..Delta::default()
        }
    }

    /// What the counters of a drive become when this is removed from its trash.
    #[must_use]
    pub fn out_of_drive(&self) -> Delta {
        let gone = signed(sum(self.bytes, self.version_bytes)).saturating_neg();
        let nodes = i64::try_from(self.nodes).unwrap_or(i64::MAX).saturating_neg();
        Delta { used: gone, trash: gone, nodes, ..Delta::default() }
    }
}

const fn sum(left: ByteSize, right: ByteSize) -> ByteSize {
    ByteSize::new(left.bytes().saturating_add(right.bytes()))
}

/// What was removed from the trash for good.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removed {
    /// What the items held.
    pub measure: Measure,
    /// The blobs that they referred to, once for each reference: contents, thumbnails and versions.
    pub blobs: Vec<BlobId>,
}

/// What a folder holds, all levels together, without the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Files.
    pub files: u64,
    /// Folders below it.
    pub folders: u64,
    /// Bytes of the files' present contents.
    pub size: ByteSize,
    /// The drive's last change when it was counted.
    pub seq: Seq,
}

/// Which tops of the trash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrashFilter {
    /// Folded text that the key of the name contains, literally.
    pub name_contains: Option<String>,
    /// Only what was put into the trash from this folder.
    pub from: Option<NodeId>,
    /// Only what was put into the trash before this moment.
    pub before: Option<Timestamp>,
}

/// What the trash is sorted by; ties are broken by id, in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrashSort {
    /// When it was put there.
    #[default]
    TrashedAt,
    /// By code point of the lower-cased name.
    Name,
    /// By the bytes of all that went with it.
    Size,
}

/// One page of the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrashPage {
    /// The field that it is sorted by.
    pub sort: TrashSort,
    /// The direction.
    pub order: SortOrder,
    /// The last item of the page before; its kind is that of `sort`.
    pub after: Option<TrashKey>,
    /// The most items.
    pub limit: u32,
}

/// The place of an item in the list of the trash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrashKey {
    /// In a list by time.
    TrashedAt(Timestamp, NodeId),
    /// In a list by name: the sort key of the name.
    Name(String, NodeId),
    /// In a list by size.
    Size(ByteSize, NodeId),
}

impl TrashKey {
    /// Where `trashed` stands in a list sorted by `sort`.
    #[must_use]
    pub fn of(trashed: &TrashedItem, sort: TrashSort) -> Self {
        let id = trashed.item.id();
        match sort {
            TrashSort::TrashedAt => Self::TrashedAt(trashed.trashed_at, id),
            TrashSort::Name => {
                Self::Name(trashed.item.name().map(crate::files::FileName::sort_key).unwrap_or_default(), id)
            }
            TrashSort::Size => Self::Size(trashed.size, id),
        }
    }

    /// What it is a place in.
    #[must_use]
    pub const fn sort(&self) -> TrashSort {
        match self {
            Self::TrashedAt(..) => TrashSort::TrashedAt,
            Self::Name(..) => TrashSort::Name,
            Self::Size(..) => TrashSort::Size,
        }
    }
}

#[cfg(test)]
mod tests;
