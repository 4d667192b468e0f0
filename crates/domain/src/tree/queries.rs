//! What can be asked of a tree without a unit of work.

use async_trait::async_trait;

use super::{
    ChildFilter, ChildPage, Drive, Item, Operation, TrashFilter, TrashPage, TrashedItem, Usage, Version,
};
use crate::access::Access;
use crate::error::PortResult;
use crate::files::{FileName, VersionNumber};
use crate::ids::{DriveId, FileId, NodeId, OperationId};

/// A folder on the way from an item to its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    /// Its id.
    pub id: NodeId,
    /// What it is called; none of the root.
    pub name: Option<FileName>,
}

/// Questions about drives and what is in them. What the access does not reach is answered like what does not exist, and so is all of a user
/// who is marked as removed (TREE-13). Living are the items that are not in the trash. While an operation of the owner runs, what hangs below a
/// top of the trash that it has not taken along yet is not living either, but in lists of all files (TREE-32).
///
/// What was asked for is answered as a whole, however deep it lies (TREE-36) and however many they are (TREE-37, TREE-38).
///
/// Walks up and down a tree stop one level after [`MAX_DEPTH`](super::MAX_DEPTH): a cycle is
/// [`Corrupt`](crate::error::PortError::Corrupt), and never a walk without an end.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait TreeQueries: Send {
    /// The drive, with the counters that its last change left (TREE-29).
    async fn drive(&mut self, access: &Access, id: DriveId) -> PortResult<Option<Drive>>;

    /// The living item.
    async fn item(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>>;

    /// The living entries of a living folder that match, in the order of `page`, from after its key on, at most `page.limit`. By keyset:
    /// nothing is skipped or repeated while entries come, go, move and change their names (TREE-06). A page by name costs the same in a
    /// folder of any size and in a drive of any size. None at all where there is no such folder.
    async fn children(
        &mut self,
        access: &Access,
        folder: NodeId,
        filter: &ChildFilter,
        page: &ChildPage,
    ) -> PortResult<Vec<Item>>;

    /// The folders above each of these living items, from the root down, without the item itself; in the order of `items`, empty for roots
    /// and for what is not reached. One question for a page.
    async fn ancestors(&mut self, access: &Access, items: &[NodeId]) -> PortResult<Vec<Vec<Ancestor>>>;

    /// The living item at the end of this path from a living folder, each of `keys` being the [key](FileName::search_key) of a name
    /// (TREE-07); the folder itself without keys. One question for a path.
    async fn resolve(&mut self, access: &Access, from: NodeId, keys: &[String]) -> PortResult<Option<Item>>;

    /// What a living folder holds, all levels together, and the drive's [`Seq`](super::Seq) of the same moment. It reads all of it: how
    /// long it takes grows with what is there.
    async fn usage(&mut self, access: &Access, folder: NodeId) -> PortResult<Option<Usage>>;

    /// The tops of the trash of a drive that match, in the order of `page`, from after its key on, at most `page.limit`. By keyset.
    async fn trash(
        &mut self,
        access: &Access,
        drive: DriveId,
        filter: &TrashFilter,
        page: &TrashPage,
    ) -> PortResult<Vec<TrashedItem>>;

    /// The item in the trash: a top, or something below one.
    async fn trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>>;

    /// The entries of a folder in the trash that went there with it, as [`children`](Self::children) has those of a living one; `None` where
    /// there is no such folder in the trash.
    async fn trashed_children(
        &mut self,
        access: &Access,
        folder: NodeId,
        page: &ChildPage,
    ) -> PortResult<Option<Vec<TrashedItem>>>;

    /// The old versions of a living file from the newest on: those with numbers below `before`, at most `limit`.
    async fn versions(
        &mut self,
        access: &Access,
        file: FileId,
        before: Option<VersionNumber>,
        limit: u32,
    ) -> PortResult<Vec<Version>>;

    /// The old version of a living file with this number.
    async fn version(
        &mut self,
        access: &Access,
        file: FileId,
        number: VersionNumber,
    ) -> PortResult<Option<Version>>;

    /// The operation.
    async fn operation(&mut self, access: &Access, id: OperationId) -> PortResult<Option<Operation>>;

    /// Rows of items of every owner and kind, living or not, by their ids: those after `after`, at most `limit`. For checks alone.
    async fn walk_nodes(&mut self, after: Option<NodeId>, limit: u32) -> PortResult<Vec<NodeRecord>>;

    /// Old versions of every owner by their files and numbers, also of files in the trash: those after `after`, at most `limit`. For checks
    /// alone (TREE-19). None of a user who is marked as removed.
    async fn walk_versions(
        &mut self,
        after: Option<(FileId, VersionNumber)>,
        limit: u32,
    ) -> PortResult<Vec<Version>>;
}

/// The row of an item, as a check sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    /// Its id.
    pub id: NodeId,
    /// The drive that holds it.
    pub drive: DriveId,
    /// The folder that it lies in; none of roots and of tops of the trash (TREE-01).
    pub parent: Option<NodeId>,
    /// File or folder.
    pub kind: super::ItemKind,
    /// The key of its name; empty of roots.
    pub key: String,
    /// What took it into the trash; itself of a top.
    pub trash: Option<NodeId>,
    /// The number of its last change.
    pub changed: super::Seq,
}
