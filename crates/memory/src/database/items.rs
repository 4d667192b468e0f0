//! Items inside a unit of work.

use async_trait::async_trait;
use fm_domain::access::Access;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::Revision;
use fm_domain::idempotency::KeyRepo;
use fm_domain::ids::{BlobId, DriveId, FileId, NodeId};
use fm_domain::tree::{
    Ancestor, Item, ItemKind, MAX_DEPTH, Marked, Measure, NodeRepo, PlaceItem, Removed, Seq, TrashedItem,
    UpdateItem,
};
use fm_domain::uploads::UploadRepo;

use super::nodes::{Node, Nodes};
use super::unit::MemoryUnitOfWork;
use super::users::Users;

/// What a walk that did not end in time has met.
pub(super) fn cycle() -> PortError {
    PortError::Corrupt {
        what: "nodes.parent_id",
        source: "folders are nested in themselves, or too deeply".into(),
    }
}

impl Nodes {
    /// A living folder and those above it, up to the root.
    pub(super) fn lineage(&self, folder: NodeId) -> PortResult<Vec<Ancestor>> {
        let mut lineage = Vec::new();
        let mut here =
            self.get(folder).filter(|node| node.is_living() && node.item.kind() == ItemKind::Folder);
        while let Some(node) = here {
            if lineage.len() > MAX_DEPTH as usize {
                return Err(cycle());
            }
            lineage.push(Ancestor { id: node.item.id(), name: node.item.name().cloned() });
            here = node.parent.and_then(|parent| self.get(parent));
        }
        Ok(lineage)
    }

    /// Whether the item can be placed where it says, beside what is there.
    fn place(&self, item: &Item) -> Result<(), PlaceItem> {
        let Some(parent) = item.parent() else { return Err(PlaceItem::NoFolder) };
        let folder = self.living(item.drive(), parent);
        if folder.is_none_or(|folder| folder.item.kind() != ItemKind::Folder) {
            return Err(PlaceItem::NoFolder);
        }
        let key = item.name().map(fm_domain::files::FileName::search_key).unwrap_or_default();
        match self.entry(parent, &key).filter(|there| there.item.id() != item.id()) {
            Some(there) => Err(PlaceItem::NameTaken { existing: there.item.id(), kind: there.item.kind() }),
            None => Ok(()),
        }
    }
}

impl MemoryUnitOfWork {
    /// Adds an item whose place is free, in a drive that the unit has entered.
    fn add(&mut self, item: &Item) -> PortResult<()> {
        let seq = self.seq_inside(item.drive())?;
        let nodes = &self.tables.nodes;
        if nodes.get(item.id()).is_some() {
            return Err(self.fail("a second item with one id"));
        }
        if nodes.place(item).is_err() {
            return Err(self.fail("an item under a name that is taken, or in no folder"));
        }
        self.tables.nodes.put(Node::living(item.clone(), seq));
        Ok(())
    }

    /// The number of the unit's change of a drive, which it has to have entered.
    fn seq_inside(&mut self, drive: DriveId) -> PortResult<Seq> {
        self.seq_of(drive).ok_or_else(|| self.fail("a change in a drive that was not entered"))
    }

    /// Takes what hangs in the folders of a trash along, or the other way; so many rows.
    fn mark(
        &mut self,
        top: NodeId,
        limit: u32,
        next: impl Fn(&Nodes, usize) -> Vec<NodeId>,
        to: Option<NodeId>,
    ) -> PortResult<Marked> {
        let Some(drive) = self.tables.nodes.get(top).map(|node| node.item.drive()) else {
            return Ok(Marked::default());
        };
        let seq = self.seq_inside(drive)?;
        let mut marked = Marked::default();
        while marked.items < limit {
            let ids = next(&self.tables.nodes, (limit - marked.items) as usize);
            if ids.is_empty() {
                break;
            }
            for id in ids {
                let nodes = &mut self.tables.nodes;
                let Some(node) = nodes.get(id).cloned() else { continue };
                if node.is_living() || to.is_none() {
                    marked.measure = marked.measure.plus(nodes.measure(&node));
                }
                nodes.change(id, |node| Node { top: to, changed: seq, ..node });
                marked.items += 1;
            }
        }
        Ok(marked)
    }
}

#[async_trait]
impl NodeRepo for MemoryUnitOfWork {
    async fn find(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>> {
        Ok(self.tables.reached(access, id).map(|node| node.item.clone()))
    }

    async fn find_trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> {
        let drive = visible_drive(access, &self.tables.users);
        Ok(drive.and_then(|drive| self.tables.nodes.trashed(drive, id)))
    }

    async fn entry(&mut self, folder: NodeId, key: &str) -> PortResult<Option<Item>> {
        let entry = self.tables.nodes.entry(folder, key).filter(|node| node.is_living());
        Ok(entry.map(|node| node.item.clone()))
    }

    async fn taken(&mut self, folder: NodeId, keys: &[String]) -> PortResult<Vec<String>> {
        let nodes = &self.tables.nodes;
        Ok(keys.iter().filter(|key| nodes.entry(folder, key).is_some()).cloned().collect())
    }

    async fn lineage(&mut self, folder: NodeId) -> PortResult<Vec<Ancestor>> {
        self.tables.nodes.lineage(folder)
    }

    async fn height(&mut self, folder: NodeId) -> PortResult<u32> {
        let nodes = &self.tables.nodes;
        let mut level = vec![folder];
        for height in 0..=MAX_DEPTH {
            let folders = level.iter().filter_map(|id| nodes.entries(*id));
            level = folders
                .flat_map(|entries| entries.of_kind(ItemKind::Folder).iter())
                .map(|(_, id)| *id)
                .collect();
            if level.is_empty() {
                return Ok(height);
            }
        }
        Err(cycle())
    }

    async fn count_entries(&mut self, folder: NodeId, limit: u64) -> PortResult<u64> {
        Ok(self.tables.nodes.entries(folder).map_or(0, super::nodes::Entries::count).min(limit))
    }

    async fn entries(
        &mut self,
        folders: &[NodeId],
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<Item>> {
        let nodes = &self.tables.nodes;
        let entries = folders.iter().filter_map(|folder| nodes.entries(*folder));
        let mut ids: Vec<NodeId> = entries.flat_map(super::nodes::Entries::ids).collect();
        ids.sort_unstable();
        let ids = ids.into_iter().filter(|id| after.is_none_or(|after| *id > after));
        let living = ids.filter_map(|id| nodes.get(id)).filter(|node| node.is_living());
        Ok(living.take(limit as usize).map(|node| node.item.clone()).collect())
    }

    async fn insert(&mut self, item: &Item) -> Result<(), PlaceItem> {
        self.seq_inside(item.drive())?;
        if self.tables.nodes.get(item.id()).is_some() {
            return Err(self.fail("a second item with one id").into());
        }
        self.tables.nodes.place(item)?;
        Ok(self.add(item)?)
    }

    async fn insert_many(&mut self, items: &[Item]) -> PortResult<()> {
        for item in items {
            self.add(item)?;
        }
        Ok(())
    }

    async fn update(&mut self, item: &Item, seen: Revision) -> Result<(), UpdateItem> {
        let seq = self.seq_inside(item.drive())?;
        let nodes = &mut self.tables.nodes;
        let old = nodes.living(item.drive(), item.id()).filter(|node| node.item.revision() == seen);
        if old.is_none_or(|old| old.item.is_root()) {
            return Err(UpdateItem::Stale);
        }
        nodes.place(item).map_err(UpdateItem::Place)?;
        nodes.change(item.id(), |node| replaced(node, item, seq));
        Ok(())
    }

    async fn trash(&mut self, id: NodeId, at: Timestamp, original_path: &str) -> PortResult<Option<Measure>> {
        let Some(node) = self.tables.nodes.get(id).cloned() else { return Ok(None) };
        if node.item.is_root() || node.top == Some(id) {
            return Ok(None);
        }
        let seq = self.seq_inside(node.item.drive())?;
        let nodes = &mut self.tables.nodes;
        let measure = if node.is_living() { nodes.measure(&node) } else { Measure::default() };
        let trashed = Some((at, original_path.to_owned()));
        nodes.change(id, |node| Node { parent: None, top: Some(id), trashed, changed: seq, ..node });
        Ok(Some(measure))
    }

    async fn mark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked> {
        if !self.tables.nodes.is_top(top) {
            return Ok(Marked::default());
        }
        let below = |nodes: &Nodes, most: usize| {
            let folders = nodes.taken_by(top).filter_map(|id| nodes.entries(id));
            let ids = folders.flat_map(super::nodes::Entries::ids);
            ids.filter(|id| nodes.get(*id).is_some_and(|node| node.top != Some(top)))
                .take(most)
                .collect::<Vec<_>>()
        };
        self.mark(top, limit, below, Some(top))
    }

    async fn restore(&mut self, item: &Item) -> Result<Measure, PlaceItem> {
        let seq = self.seq_inside(item.drive())?;
        let nodes = &mut self.tables.nodes;
        let id = item.id();
        if nodes.get(id).is_none_or(|node| node.top != Some(id)) {
            return Err(self.fail("what is restored is no top of the trash").into());
        }
        nodes.place(item)?;
        nodes.change(id, |node| Node { top: None, trashed: None, ..replaced(node, item, seq) });
        Ok(nodes.get(id).map(|node| nodes.measure(node)).unwrap_or_default())
    }

    async fn unmark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked> {
        if !self.tables.nodes.get(top).is_some_and(|node| node.is_living()) {
            return Ok(Marked::default());
        }
        let below = |nodes: &Nodes, most: usize| {
            nodes.taken_by(top).filter(|id| *id != top).take(most).collect::<Vec<_>>()
        };
        self.mark(top, limit, below, None)
    }

    async fn remove(&mut self, top: NodeId, limit: u32) -> PortResult<Removed> {
        let mut removed = Removed::default();
        let Some(drive) = self.tables.nodes.get(top).map(|node| node.item.drive()) else {
            return Ok(removed);
        };
        self.seq_inside(drive)?;
        if !self.tables.nodes.is_top(top) {
            return Ok(removed);
        }
        while removed.measure.nodes < u64::from(limit) {
            let nodes = &self.tables.nodes;
            let leaf = nodes.taken_by(top).find(|id| nodes.entries(*id).is_none());
            let Some(leaf) = leaf else { break };
            let blob = nodes.get(leaf).and_then(|node| node.file()).map(|file| file.blob);
            self.tables.nodes.remove(leaf, &mut removed);
            if let Some(blob) = blob {
                self.forget(leaf.as_file(), blob).await?;
            }
        }
        Ok(removed)
    }
}

impl MemoryUnitOfWork {
    /// Frees the keys of a file that is gone, and removes the uploads that became it.
    async fn forget(&mut self, file: FileId, blob: BlobId) -> PortResult<()> {
        KeyRepo::free_file(self, file).await?;
        // Of one whose bytes no job has read yet its attempt still holds the key.
        KeyRepo::free(self, blob).await?;
        UploadRepo::remove_of_file(self, file).await
    }
}

/// The drive that `access` reaches, unless its user is marked as removed.
pub(super) fn visible_drive(access: &Access, users: &Users) -> Option<DriveId> {
    super::access::visible_owner(access, users).map(DriveId::of_user)
}

/// The row with the place, the revision and the times of `item`.
fn replaced(node: Node, item: &Item, changed: Seq) -> Node {
    let (parent, name) = (item.parent(), item.name());
    let item = match (node.item, item) {
        (Item::Folder(old), Item::Folder(new)) => Item::Folder(fm_domain::tree::Folder {
            parent,
            name: name.cloned(),
            revision: new.revision,
            updated_at: new.updated_at,
            modified_at: new.modified_at,
            ..old
        }),
        (Item::File(old), Item::File(new)) => Item::File(fm_domain::files::File {
            parent: new.parent,
            name: new.name.clone(),
            revision: new.revision,
            updated_at: new.updated_at,
            modified_at: new.modified_at,
            ..old
        }),
        (other, _) => other,
    };
    Node { item, parent, changed, ..node }
}
