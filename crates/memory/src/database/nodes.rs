//! The table of items: files and folders, living and in the trash, and the orders that they are found in.

mod removal;

use std::ops::Bound;
use std::sync::Arc;

use fm_domain::accounts::Kept;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::{File, SortOrder, VersionNumber};
use fm_domain::ids::{DriveId, FileId, NodeId, UserId};
use fm_domain::tree::{Item, ItemKind, Measure, Seq, Version};

use super::tables::{Map, Set};

/// A row.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) item: Item,
    /// The folder that it hangs in; none of roots and of tops of the trash.
    pub(super) parent: Option<NodeId>,
    /// What took it into the trash; itself of a top.
    pub(super) top: Option<NodeId>,
    /// Of a top: since when, and what its path was.
    pub(super) trashed: Option<(Timestamp, String)>,
    /// The number of its last change.
    pub(super) changed: Seq,
    /// The number of its last write among all of the table.
    #[cfg_attr(not(feature = "harness"), expect(dead_code, reason = "a harness of tests reads it"))]
    pub(super) written: u64,
}

impl Node {
    /// A living item in its folder.
    pub(super) const fn living(item: Item, changed: Seq) -> Self {
        let parent = item.parent();
        Self { item, parent, top: None, trashed: None, changed, written: 0 }
    }

    pub(super) const fn is_living(&self) -> bool {
        self.top.is_none()
    }

    pub(super) const fn file(&self) -> Option<&File> {
        match &self.item {
            Item::File(file) => Some(file),
            Item::Folder(_) => None,
        }
    }

    pub(super) fn key(&self) -> String {
        self.item.name().map(fm_domain::files::FileName::search_key).unwrap_or_default()
    }

    fn sort_key(&self) -> String {
        self.item.name().map(fm_domain::files::FileName::sort_key).unwrap_or_default()
    }
}

/// Items by id, and in the orders of every list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nodes {
    by_id: Map<NodeId, Arc<Node>>,
    /// All of a drive.
    of_drive: Set<(DriveId, NodeId)>,
    /// Living files, in the orders of their lists.
    files: Map<UserId, FileOrders>,
    /// What hangs in each folder.
    entries: Map<NodeId, Entries>,
    /// What each top took into the trash, itself too.
    trash: Set<(NodeId, NodeId)>,
    /// The tops of each drive.
    tops: Set<(DriveId, NodeId)>,
    pub(super) versions: Map<(FileId, VersionNumber), Version>,
    writes: u64,
}

/// One owner's living files, by each of the keys they are sorted by.
#[derive(Debug, Clone, Default)]
pub(super) struct FileOrders {
    pub(super) creation: Set<(Timestamp, FileId)>,
    pub(super) name: Set<(String, FileId)>,
    pub(super) size: Set<(ByteSize, FileId)>,
}

/// What hangs in a folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    by_key: Map<String, NodeId>,
    folders: Set<(String, NodeId)>,
    files: Set<(String, NodeId)>,
}

impl FileOrders {
    fn add(&mut self, file: &File) {
        self.creation.insert_mut((file.created_at, file.id));
        self.name.insert_mut((file.name.sort_key(), file.id));
        self.size.insert_mut((file.size, file.id));
    }

    fn take(&mut self, file: &File) {
        self.creation.remove_mut(&(file.created_at, file.id));
        self.name.remove_mut(&(file.name.sort_key(), file.id));
        self.size.remove_mut(&(file.size, file.id));
    }
}

impl Entries {
    /// Those of one kind by their names.
    pub(super) const fn of_kind(&self, kind: ItemKind) -> &Set<(String, NodeId)> {
        match kind {
            ItemKind::Folder => &self.folders,
            ItemKind::File => &self.files,
        }
    }

    const fn of_kind_mut(&mut self, kind: ItemKind) -> &mut Set<(String, NodeId)> {
        match kind {
            ItemKind::Folder => &mut self.folders,
            ItemKind::File => &mut self.files,
        }
    }

    /// All of them, by their kinds and names.
    pub(super) fn ids(&self) -> impl Iterator<Item = NodeId> {
        self.folders.iter().chain(self.files.iter()).map(|(_, id)| *id)
    }

    /// How many.
    pub(super) fn count(&self) -> u64 {
        (self.folders.size() + self.files.size()) as u64
    }
}

/// The ids of an order, from after a key on.
pub(super) fn walk<K: Ord, I: Ord + Copy>(
    order: &Set<(K, I)>,
    direction: SortOrder,
    after: Option<(K, I)>,
) -> Box<dyn Iterator<Item = I> + '_> {
    let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
    match direction {
        SortOrder::Ascending => Box::new(order.range((edge, Bound::Unbounded)).map(|(_, id)| *id)),
        SortOrder::Descending => Box::new(order.range((Bound::Unbounded, edge)).rev().map(|(_, id)| *id)),
    }
}

impl Nodes {
    /// The row, wherever it is.
    pub(super) fn get(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.by_id.get(&id)
    }

    /// The living item of a drive.
    pub(super) fn living(&self, drive: DriveId, id: NodeId) -> Option<&Arc<Node>> {
        self.get(id).filter(|node| node.is_living() && node.item.drive() == drive)
    }

    /// The living file of an owner.
    pub(super) fn file(&self, owner: UserId, id: FileId) -> Option<&File> {
        self.living(DriveId::of_user(owner), id.into())?.file()
    }

    /// Rows by their ids, after this one.
    pub(super) fn rows(&self, after: Option<NodeId>) -> impl Iterator<Item = &Arc<Node>> {
        let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_id.range((edge, Bound::Unbounded)).map(|(_, node)| node)
    }

    /// The living files of an owner, in their orders.
    pub(super) fn file_orders(&self, owner: UserId) -> Option<&FileOrders> {
        self.files.get(&owner)
    }

    /// What hangs in a folder.
    pub(super) fn entries(&self, folder: NodeId) -> Option<&Entries> {
        self.entries.get(&folder)
    }

    /// What has this key in a folder.
    pub(super) fn entry(&self, folder: NodeId, key: &str) -> Option<&Arc<Node>> {
        self.get(*self.entries(folder)?.by_key.get(key)?)
    }

    /// The tops of a drive.
    pub(super) fn tops(&self, drive: DriveId) -> impl Iterator<Item = &Arc<Node>> {
        let from = (drive, NodeId::new(uuid::Uuid::nil()));
        let theirs = self.tops.range(from..).take_while(move |(of, _)| *of == drive);
        theirs.filter_map(|(_, id)| self.by_id.get(id))
    }

    /// The ids of what a top took into the trash, its own too.
    pub(super) fn taken_by(&self, top: NodeId) -> impl Iterator<Item = NodeId> {
        let from = (top, NodeId::new(uuid::Uuid::nil()));
        self.trash.range(from..).take_while(move |(of, _)| *of == top).map(|(_, id)| *id)
    }

    /// Writes a row, in place of the one with its id.
    pub(super) fn put(&mut self, node: Node) {
        let id = node.item.id();
        self.unlist(id);
        let drive = node.item.drive();
        self.of_drive.insert_mut((drive, id));
        if let (true, Some(file)) = (node.is_living(), node.file()) {
            let mut orders = self.files.get(&file.owner).cloned().unwrap_or_default();
            orders.add(file);
            self.files.insert_mut(file.owner, orders);
        }
        if let Some(parent) = node.parent {
            let mut entries = self.entries.get(&parent).cloned().unwrap_or_default();
            entries.by_key.insert_mut(node.key(), id);
            entries.of_kind_mut(node.item.kind()).insert_mut((node.sort_key(), id));
            self.entries.insert_mut(parent, entries);
        }
        if let Some(top) = node.top {
            self.trash.insert_mut((top, id));
            if top == id {
                self.tops.insert_mut((drive, id));
            }
        }
        self.writes += 1;
        self.by_id.insert_mut(id, Arc::new(Node { written: self.writes, ..node }));
    }

    /// Changes a row.
    pub(super) fn change(&mut self, id: NodeId, change: impl FnOnce(Node) -> Node) -> bool {
        let Some(node) = self.get(id).map(|node| Node::clone(node)) else { return false };
        self.put(change(node));
        true
    }

    /// Removes a row.
    pub(super) fn take(&mut self, id: NodeId) -> Option<Arc<Node>> {
        let node = self.unlist(id)?;
        self.by_id.remove_mut(&id);
        Some(node)
    }

    /// Takes a row out of every order.
    fn unlist(&mut self, id: NodeId) -> Option<Arc<Node>> {
        let node = self.by_id.get(&id).cloned()?;
        let drive = node.item.drive();
        self.of_drive.remove_mut(&(drive, id));
        if let (true, Some(file)) = (node.is_living(), node.file())
            && let Some(orders) = self.files.get_mut(&file.owner)
        {
            orders.take(file);
        }
        if let Some(parent) = node.parent
            && let Some(entries) = self.entries.get_mut(&parent)
        {
            entries.by_key.remove_mut(&node.key());
            entries.of_kind_mut(node.item.kind()).remove_mut(&(node.sort_key(), id));
            if entries.count() == 0 {
                self.entries.remove_mut(&parent);
            }
        }
        if let Some(top) = node.top {
            self.trash.remove_mut(&(top, id));
            self.tops.remove_mut(&(drive, id));
        }
        Some(node)
    }

    /// What one item holds.
    pub(super) fn measure(&self, node: &Node) -> Measure {
        let Some(file) = node.file() else { return Measure { nodes: 1, ..Measure::default() } };
        let old = self.versions_of(file.id).map(|version| version.size.bytes());
        let version_bytes = ByteSize::new(old.fold(0, u64::saturating_add));
        Measure { nodes: 1, files: 1, bytes: file.size, version_bytes }
    }

    /// What the drive of an owner holds: all bytes, and the living files.
    pub(crate) fn kept(&self, owner: UserId) -> Kept {
        let measures =
            self.rows_of(DriveId::of_user(owner)).filter_map(|id| Some(self.measure(self.get(id)?)));
        let all = measures.fold(Measure::default(), Measure::plus);
        let bytes = all.bytes.bytes().saturating_add(all.version_bytes.bytes());
        let files = self.file_orders(owner).map_or(0, |orders| orders.creation.size() as u64);
        Kept { bytes: ByteSize::new(bytes), files }
    }

    /// The number of the last write of each row.
    #[cfg(feature = "harness")]
    pub(crate) fn writes(&self) -> impl Iterator<Item = (NodeId, u64)> {
        self.by_id.iter().map(|(id, node)| (*id, node.written))
    }

    /// The ids of a drive's items, its root's too, in their order.
    pub(super) fn rows_of(&self, drive: DriveId) -> impl Iterator<Item = NodeId> {
        let from = (drive, NodeId::new(uuid::Uuid::nil()));
        self.of_drive.range(from..).take_while(move |(of, _)| *of == drive).map(|(_, id)| *id)
    }
}
