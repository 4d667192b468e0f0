//! Questions about drives and what is in them.

use std::cmp::Ordering;

use async_trait::async_trait;
use fm_domain::access::Access;
use fm_domain::body::ByteSize;
use fm_domain::error::PortResult;
use fm_domain::files::{SortOrder, VersionNumber};
use fm_domain::ids::{DriveId, FileId, NodeId, OperationId};
use fm_domain::tree::{
    Ancestor, ChildFilter, ChildKey, ChildPage, ChildSort, ChildValue, Drive, Item, ItemKind, MAX_DEPTH,
    NodeRecord, Operation, TrashFilter, TrashKey, TrashPage, TrashedItem, TreeQueries, Usage, Version,
};

use super::access::visible_owner;
use super::items::{cycle, visible_drive};
use super::nodes::{Entries, Node, Nodes, walk};
use super::tables::Tables;

impl Nodes {
    /// One page of what hangs in a folder.
    fn page(&self, folder: NodeId, filter: ChildFilter, page: &ChildPage) -> Vec<Item> {
        let Some(entries) = self.entries(folder) else { return Vec::new() };
        let limit = page.limit as usize;
        let fits = |item: &&Item| filter.kind.is_none_or(|kind| item.kind() == kind);
        if page.sort == ChildSort::Name && !page.mixed {
            let ids = by_name(entries, page);
            return self.items(ids).filter(fits).take(limit).cloned().collect();
        }
        let mut keyed: Vec<(ChildKey, &Item)> = self
            .items(entries.ids())
            .filter(fits)
            .map(|item| (ChildKey::of(item, page.sort), item))
            .collect();
        if let Some(after) = &page.after {
            keyed.retain(|(key, _)| compare(key, after, page) == Ordering::Greater);
        }
        keyed.sort_by(|(left, _), (right, _)| compare(left, right, page));
        keyed.into_iter().take(limit).map(|(_, item)| item.clone()).collect()
    }

    fn items<'n>(&'n self, ids: impl Iterator<Item = NodeId> + 'n) -> impl Iterator<Item = &'n Item> {
        ids.filter_map(|id| self.get(id).map(|node| &node.item))
    }

    /// The folders above an item, from the root down.
    fn above(&self, node: &Node) -> PortResult<Vec<Ancestor>> {
        let Some(parent) = node.parent else { return Ok(Vec::new()) };
        let mut above = self.lineage(parent)?;
        above.reverse();
        Ok(above)
    }

    /// What a folder holds, all levels together.
    fn usage(&self, folder: NodeId) -> PortResult<(u64, u64, ByteSize)> {
        let (mut files, mut folders, mut size) = (0, 0, 0_u64);
        let mut level = vec![folder];
        for _ in 0..=MAX_DEPTH + 1 {
            let mut next = Vec::new();
            let items = level.iter().filter_map(|id| self.entries(*id)).flat_map(super::nodes::Entries::ids);
            for item in self.items(items) {
                match item {
                    Item::Folder(folder) => {
                        folders += 1;
                        next.push(folder.id);
                    }
                    Item::File(file) => {
                        files += 1;
                        size = size.saturating_add(file.size.bytes());
                    }
                }
            }
            if next.is_empty() {
                return Ok((files, folders, ByteSize::new(size)));
            }
            level = next;
        }
        Err(cycle())
    }
}

/// What hangs in a folder by its name, folders first, from after the page's key on.
fn by_name<'n>(entries: &'n Entries, page: &ChildPage) -> impl Iterator<Item = NodeId> + use<'n> {
    let after = page.after.clone().and_then(|after| match after.value {
        ChildValue::Name(name) => Some((after.kind, (name, after.id))),
        ChildValue::ModifiedAt(_) | ChildValue::CreatedAt(_) | ChildValue::Size(_) | ChildValue::Type(..) => {
            None
        }
    });
    let order = page.order;
    let (of_folder, of_file, skips_folders) = match after {
        Some((ItemKind::Folder, place)) => (Some(place), None, false),
        Some((ItemKind::File, place)) => (None, Some(place), true),
        None => (None, None, false),
    };
    let folders = (!skips_folders).then(|| walk(entries.of_kind(ItemKind::Folder), order, of_folder));
    folders.into_iter().flatten().chain(walk(entries.of_kind(ItemKind::File), order, of_file))
}

fn compare(left: &ChildKey, right: &ChildKey, page: &ChildPage) -> Ordering {
    let kinds = if page.mixed { Ordering::Equal } else { left.kind.cmp(&right.kind) };
    let values = (&left.value, left.id).cmp(&(&right.value, right.id));
    kinds.then(match page.order {
        SortOrder::Ascending => values,
        SortOrder::Descending => values.reverse(),
    })
}

impl Tables {
    /// The living folder, if the access reaches it.
    fn visible_folder(&self, access: &Access, id: NodeId) -> Option<NodeId> {
        let folder = self.reached(access, id)?;
        (folder.item.kind() == ItemKind::Folder).then_some(id)
    }
}

#[async_trait]
impl TreeQueries for Tables {
    async fn drive(&mut self, access: &Access, id: DriveId) -> PortResult<Option<Drive>> {
        let Some(drive) = visible_drive(access, &self.users).filter(|drive| *drive == id) else {
            return Ok(None);
        };
        let owner = drive.owner();
        let Some((account, row)) = self.users.drive(owner) else { return Ok(None) };
        Ok(Some(Drive { id, owner, nodes: row.nodes, storage: account.storage, seq: row.seq }))
    }

    async fn item(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>> {
        Ok(self.reached(access, id).map(|node| node.item.clone()))
    }

    async fn children(
        &mut self,
        access: &Access,
        folder: NodeId,
        filter: &ChildFilter,
        page: &ChildPage,
    ) -> PortResult<Vec<Item>> {
        let folder = self.visible_folder(access, folder);
        Ok(folder.map(|folder| self.nodes.page(folder, *filter, page)).unwrap_or_default())
    }

    async fn ancestors(&mut self, access: &Access, items: &[NodeId]) -> PortResult<Vec<Vec<Ancestor>>> {
        let above = |id: &NodeId| {
            self.reached(access, *id).map_or_else(|| Ok(Vec::new()), |node| self.nodes.above(node))
        };
        items.iter().map(above).collect()
    }

    async fn resolve(&mut self, access: &Access, from: NodeId, keys: &[String]) -> PortResult<Option<Item>> {
        let Some(start) = self.visible_folder(access, from) else { return Ok(None) };
        let end = keys.iter().try_fold(start, |here, key| {
            self.nodes.entry(here, key).filter(|node| node.is_living()).map(|node| node.item.id())
        });
        Ok(end.and_then(|end| self.nodes.get(end)).map(|node| node.item.clone()))
    }

    async fn usage(&mut self, access: &Access, folder: NodeId) -> PortResult<Option<Usage>> {
        let Some(folder) = self.visible_folder(access, folder) else { return Ok(None) };
        let Some((_, row)) = self.users.drive(access.owner()) else { return Ok(None) };
        let (files, folders, size) = self.nodes.usage(folder)?;
        Ok(Some(Usage { files, folders, size, seq: row.seq }))
    }

    async fn trash(
        &mut self,
        access: &Access,
        drive: DriveId,
        filter: &TrashFilter,
        page: &TrashPage,
    ) -> PortResult<Vec<TrashedItem>> {
        let Some(drive) = visible_drive(access, &self.users).filter(|visible| *visible == drive) else {
            return Ok(Vec::new());
        };
        let tops = self.nodes.tops(drive).filter_map(|top| self.nodes.trashed_item(top));
        let mut keyed: Vec<(TrashKey, TrashedItem)> =
            tops.filter(|top| fits(top, filter)).map(|top| (TrashKey::of(&top, page.sort), top)).collect();
        keyed.sort_by(|(left, _), (right, _)| left.cmp(right));
        if page.order == SortOrder::Descending {
            keyed.reverse();
        }
        if let Some(after) = &page.after {
            keyed.retain(|(key, _)| match page.order {
                SortOrder::Ascending => key > after,
                SortOrder::Descending => key < after,
            });
        }
        Ok(keyed.into_iter().take(page.limit as usize).map(|(_, top)| top).collect())
    }

    async fn trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> {
        let drive = visible_drive(access, &self.users);
        Ok(drive.and_then(|drive| self.nodes.trashed(drive, id)))
    }

    async fn trashed_children(
        &mut self,
        access: &Access,
        folder: NodeId,
        page: &ChildPage,
    ) -> PortResult<Option<Vec<TrashedItem>>> {
        let Some(drive) = visible_drive(access, &self.users) else { return Ok(None) };
        let trashed = self.nodes.trashed(drive, folder);
        let folder = trashed.filter(|trashed| trashed.item.kind() == ItemKind::Folder);
        let Some(trashed) = folder else { return Ok(None) };
        let items = self.nodes.page(trashed.item.id(), ChildFilter::default(), page);
        Ok(Some(items.iter().filter_map(|item| self.nodes.trashed(drive, item.id())).collect()))
    }

    async fn versions(
        &mut self,
        access: &Access,
        file: FileId,
        before: Option<VersionNumber>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        if self.visible_file(access, file).is_none() {
            return Ok(Vec::new());
        }
        let versions = self.nodes.versions_of(file).rev();
        let earlier = versions.filter(|version| before.is_none_or(|before| version.number < before));
        Ok(earlier.take(limit as usize).cloned().collect())
    }

    async fn version(
        &mut self,
        access: &Access,
        file: FileId,
        number: VersionNumber,
    ) -> PortResult<Option<Version>> {
        let file = self.visible_file(access, file);
        Ok(file.and_then(|file| self.nodes.version(file.id, number)).cloned())
    }

    async fn operation(&mut self, access: &Access, id: OperationId) -> PortResult<Option<Operation>> {
        let Some(owner) = visible_owner(access, &self.users) else { return Ok(None) };
        Ok(self.operations.of(owner, id).cloned())
    }

    async fn walk_nodes(&mut self, after: Option<NodeId>, limit: u32) -> PortResult<Vec<NodeRecord>> {
        let rows = self.nodes.rows(after).take(limit as usize);
        let record = |node: &std::sync::Arc<super::nodes::Node>| NodeRecord {
            id: node.item.id(),
            drive: node.item.drive(),
            parent: node.parent,
            kind: node.item.kind(),
            key: node.key(),
            trash: node.top,
            changed: node.changed,
        };
        Ok(rows.map(record).collect())
    }

    async fn walk_versions(
        &mut self,
        after: Option<(FileId, VersionNumber)>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        let of_a_user = |version: &&Version| {
            let node = self.nodes.get(version.file.into());
            node.is_some_and(|node| !self.users.is_removed(node.item.drive().owner()))
        };
        let versions = self.nodes.versions_after(after).filter(of_a_user);
        Ok(versions.take(limit as usize).cloned().collect())
    }
}

fn fits(top: &TrashedItem, filter: &TrashFilter) -> bool {
    let key = top.item.name().map(fm_domain::files::FileName::search_key).unwrap_or_default();
    filter.name_contains.as_ref().is_none_or(|text| key.contains(text.as_str()))
        && filter.from.is_none_or(|folder| top.item.parent() == Some(folder))
        && filter.before.is_none_or(|before| top.trashed_at < before)
}
