//! Copies what is below a folder, so many items a unit of work.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::error::{Refusal, TreeError};
use super::place;
use super::work::{Advanced, Left, Work};
use fm_domain::access::Access;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::files::{File, FileName, Revision, VersionNumber};
use fm_domain::ids::{BlobId, FileId, NodeId};
use fm_domain::tree::{
    Delta, Entered, FailedItem, Folder, Item, ItemKind, MAX_DEPTH, Misplaced, UNIT_ENTRIES, check_room,
};

/// How many folders are asked for their entries at once.
const GROUP: usize = 200;

/// The folders whose entries are still to be copied. The last group is the next one: what is below a folder is copied before what is beside
/// it, so that there are never many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CopyWork {
    /// The copy of the topmost folder.
    copy: NodeId,
    groups: Vec<Group>,
}

/// Folders whose entries are copied together, in the order of the entries' ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    /// Each folder, and its copy.
    folders: Vec<(NodeId, NodeId)>,
    /// The last entry that was copied.
    after: Option<NodeId>,
}

impl CopyWork {
    /// All that is below `source`, into its copy.
    pub(super) fn new(source: NodeId, copy: NodeId) -> Self {
        Self { copy, groups: vec![Group { folders: vec![(source, copy)], after: None }] }
    }

    /// The copy of the topmost folder.
    pub(super) const fn copy(&self) -> NodeId {
        self.copy
    }

    /// Whether nothing is left.
    pub(super) const fn is_done(&self) -> bool {
        self.groups.is_empty()
    }

    /// The next items of it, in a unit that has entered the drive, and is not the one that made the folders that are left.
    pub(super) async fn advance(
        mut self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        entered: &Entered,
    ) -> Result<Advanced, TreeError> {
        context.check_items(entered.nodes.saturating_add(1))?;
        let mut made = Copied::new(context);
        while let Some(group) = self.next(&made) {
            let page = self.page(unit, group, &made).await?;
            let folders = made.add_beside(unit, access, entered, page).await?;
            self.descend(&folders);
        }
        let failed = std::mem::take(&mut made.failed);
        let items = made.finish(unit, access).await?.saturating_add(failed.len() as u64);
        let left = if self.is_done() { Left::Nothing } else { Left::Work(Work::Copy(self)) };
        Ok(Advanced { items, failed, left, ..Advanced::default() })
    }

    /// The same in the unit that has just made the topmost copy: no other has seen the folders, so that nothing is in their way. The items are
    /// added to `made`.
    pub(super) async fn begin(
        &mut self,
        unit: &mut dyn UnitOfWork,
        made: &mut Copied<'_>,
    ) -> Result<(), TreeError> {
        while let Some(group) = self.next(made) {
            let page = self.page(unit, group, made).await?;
            self.descend(&page.iter().filter_map(folder_of).collect::<Vec<_>>());
            let items: Vec<Item> = page.into_iter().map(|(_, copy)| copy).collect();
            if !items.is_empty() {
                unit.nodes().insert_many(&items).await?;
            }
            made.items.extend(items);
        }
        Ok(())
    }

    /// The next group, while the unit has room.
    fn next(&mut self, made: &Copied<'_>) -> Option<Group> {
        if made.room() == 0 { None } else { self.groups.pop() }
    }

    /// The next entries of a group with their copies.
    async fn page(
        &mut self,
        unit: &mut dyn UnitOfWork,
        group: Group,
        made: &Copied<'_>,
    ) -> PortResult<Vec<(NodeId, Item)>> {
        let limit = made.room();
        let sources: Vec<NodeId> = group.folders.iter().map(|(source, _)| *source).collect();
        let found = unit.nodes().entries(&sources, group.after, limit).await?;
        let copies: HashMap<NodeId, NodeId> = group.folders.iter().copied().collect();
        if found.len() >= limit as usize {
            let after = found.last().map(Item::id);
            self.groups.push(Group { after, ..group });
        }
        // The copy itself may have been moved below its source meanwhile: it is not copied again.
        let entries = found.into_iter().filter(|item| item.id() != self.copy);
        let page = entries.filter_map(|item| {
            let parent = item.parent().and_then(|parent| copies.get(&parent))?;
            Some((item.id(), made.of(&item, *parent)))
        });
        Ok(page.collect())
    }

    /// Puts what is below these folders, of which copies were made, down as the next work.
    fn descend(&mut self, folders: &[(NodeId, NodeId)]) {
        let groups = folders.chunks(GROUP).map(|folders| Group { folders: folders.to_vec(), after: None });
        self.groups.extend(groups);
    }
}

/// The folder and its copy, where it is one.
fn folder_of((source, copy): &(NodeId, Item)) -> Option<(NodeId, NodeId)> {
    (copy.kind() == ItemKind::Folder).then(|| (*source, copy.id()))
}

/// What one unit of work has copied.
pub(super) struct Copied<'a> {
    context: &'a Context,
    now: Timestamp,
    items: Vec<Item>,
    failed: Vec<FailedItem>,
    /// The folders that it has made next to others, with the lengths of their lineages: nothing but its copies is in them.
    levels: HashMap<NodeId, usize>,
}

impl<'a> Copied<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        let (items, failed, levels) = (Vec::new(), Vec::new(), HashMap::new());
        Self { context, now: context.clock.now(), items, failed, levels }
    }

    /// How many items more the unit copies: one more than it changes, for with that many there may be more. Those that failed count: they
    /// were read, and a unit is short even where nothing can be copied any more.
    fn room(&self) -> u32 {
        let seen = self.items.len() + self.failed.len();
        (UNIT_ENTRIES + 1).saturating_sub(u32::try_from(seen).unwrap_or(u32::MAX))
    }

    /// The copy of an item in this folder. Versions are not copied.
    pub(super) fn of(&self, item: &Item, parent: NodeId) -> Item {
        let (id, now) = (self.context.ids.uuid(), self.now);
        match item {
            Item::Folder(folder) => Item::Folder(Folder {
                id: NodeId::new(id),
                parent: Some(parent),
                revision: Revision::FIRST,
                created_at: now,
                updated_at: now,
                ..folder.clone()
            }),
            Item::File(file) => Item::File(File {
                id: FileId::new(id),
                parent,
                version: VersionNumber::FIRST,
                revision: Revision::FIRST,
                created_at: now,
                updated_at: now,
                ..file.clone()
            }),
        }
    }

    /// Adds copies to folders that others have seen: those may be gone, full or deep down by now, and names may be taken there. The folders
    /// of which copies were made.
    async fn add_beside(
        &mut self,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        entered: &Entered,
        page: Vec<(NodeId, Item)>,
    ) -> Result<Vec<(NodeId, NodeId)>, TreeError> {
        let mut by_folder: BTreeMap<NodeId, Vec<(NodeId, Item)>> = BTreeMap::new();
        for (source, copy) in page {
            let folder = copy.parent().unwrap_or(NodeId::root(access.drive()));
            by_folder.entry(folder).or_default().push((source, copy));
        }
        let (mut free, mut numbered, mut folders) = (Vec::new(), Vec::new(), Vec::new());
        for (folder, copies) in by_folder {
            // The lineage ends with the root, which is at level 0.
            let own = self.levels.get(&folder).copied();
            let levels = match own {
                Some(levels) => levels,
                None => unit.nodes().lineage(folder).await?.len(),
            };
            let nodes = entered.nodes.saturating_add(self.items.len() as u64);
            let entered = Entered { nodes, ..*entered };
            let room = match levels {
                0 => Err(Misplaced::NoFolder),
                _ if own.is_some() => Ok(()),
                _ => check_room(unit.nodes(), &entered, folder, copies.len() as u64).await,
            };
            match room {
                Ok(()) => {}
                Err(Misplaced::Store(error)) => return Err(error.into()),
                Err(refusal) => {
                    let refusal = TreeError::from(refusal);
                    for (source, _) in &copies {
                        self.fail(*source, &refusal);
                    }
                    continue;
                }
            }
            let is_deepest = levels > MAX_DEPTH as usize;
            let key = |copy: &Item| copy.name().map(FileName::search_key).unwrap_or_default();
            let keys: Vec<String> = copies.iter().map(|(_, copy)| key(copy)).collect();
            let taken = match own {
                Some(_) => Vec::new(),
                None => unit.nodes().taken(folder, &keys).await?,
            };
            for (pair, key) in copies.into_iter().zip(keys) {
                let inner = folder_of(&pair);
                if is_deepest && inner.is_some() {
                    self.fail(pair.0, &TreeError::TooDeep);
                    continue;
                }
                if let Some((_, copy)) = inner {
                    self.levels.insert(copy, levels + 1);
                }
                folders.extend(inner);
                let place = if taken.contains(&key) { &mut numbered } else { &mut free };
                place.push(pair.1);
            }
        }
        if !free.is_empty() {
            unit.nodes().insert_many(&free).await?;
        }
        self.items.extend(free);
        // Last: no number is taken then that another one has for a name.
        for copy in numbered {
            self.items.push(place::insert(unit, copy, true).await?);
        }
        Ok(folders)
    }

    fn fail(&mut self, source: NodeId, refusal: &TreeError) {
        self.failed.push(FailedItem { id: source, code: Refusal::of(refusal).code().to_owned() });
    }

    /// Adds the topmost copy, which is in its folder already.
    pub(super) fn add(&mut self, item: Item) {
        self.items.push(item);
    }

    /// Charges the drive with the copies, has made what they lack, and refers to their blobs: last in the unit. How many they are.
    pub(super) async fn finish(self, unit: &mut dyn UnitOfWork, access: &Access) -> Result<u64, TreeError> {
        let Self { context, now, items, .. } = self;
        unit.drives().charge(access.drive(), &delta_of(&items), context.quota).await?;
        for item in &items {
            if let Item::File(file) = item {
                context.events.record(unit, now, Change::FileCopied { file }).await?;
            }
        }
        let mut blobs: Vec<BlobId> = items.iter().flat_map(blobs_of).collect();
        blobs.sort_unstable();
        if !blobs.is_empty() && !unit.blobs().add_references(&blobs).await? {
            // The source went away in this moment, and with it the bytes.
            return Err(TreeError::NotFound);
        }
        Ok(items.len() as u64)
    }
}

fn delta_of(items: &[Item]) -> Delta {
    let files = items.iter().filter_map(|item| match item {
        Item::File(file) => Some(file.size.bytes()),
        Item::Folder(_) => None,
    });
    let (count, bytes) =
        files.fold((0_i64, 0_u64), |(count, sum), size| (count + 1, sum.saturating_add(size)));
    Delta {
        used: i64::try_from(bytes).unwrap_or(i64::MAX),
        files: count,
        nodes: i64::try_from(items.len()).unwrap_or(i64::MAX),
        ..Delta::default()
    }
}

/// What an item refers to.
fn blobs_of(item: &Item) -> impl Iterator<Item = BlobId> + use<> {
    let blobs = match item {
        Item::File(file) => [Some(file.blob), file.thumbnail.blob()],
        Item::Folder(_) => [None, None],
    };
    blobs.into_iter().flatten()
}

#[cfg(test)]
mod tests;
