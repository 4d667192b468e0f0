//! Drives and what is in them: the repos of units of work, and the queries of reads.

use fm_domain::access::Access;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{Revision, VersionNumber};
use fm_domain::ids::{DriveId, FileId, NodeId, OperationId, UserId};
use fm_domain::tree::{
    Ancestor, ChildFilter, ChildPage, Delta, Drive, DriveRepo, EnterDrive, Entered, Item, Label, Marked,
    Measure, NodeRecord, NodeRepo, Operation, OperationRepo, PlaceItem, Removed, TrashFilter, TrashPage,
    TrashedItem, TreeQueries, UpdateItem, Usage, Version, VersionRepo,
};

use crate::database::{ObservedReads, ObservedUnit};
use crate::decorate::decorate;

decorate! {
    impl TreeQueries for ObservedReads, self: &mut Self, by self.inner.tree(), at DEBUG;
    drive(access: &Access, id: DriveId) -> PortResult<Option<Drive>> = "database.tree.drive";
    item(access: &Access, id: NodeId) -> PortResult<Option<Item>> = "database.tree.item";
    children(access: &Access, folder: NodeId, filter: &ChildFilter, page: &ChildPage)
        -> PortResult<Vec<Item>> = "database.tree.children";
    ancestors(access: &Access, items: &[NodeId]) -> PortResult<Vec<Vec<Ancestor>>> = "database.tree.ancestors";
    resolve(access: &Access, from: NodeId, keys: &[String]) -> PortResult<Option<Item>> = "database.tree.resolve";
    usage(access: &Access, folder: NodeId) -> PortResult<Option<Usage>> = "database.tree.usage";
    trash(access: &Access, drive: DriveId, filter: &TrashFilter, page: &TrashPage)
        -> PortResult<Vec<TrashedItem>> = "database.tree.trash";
    trashed(access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> = "database.tree.trashed";
    trashed_children(access: &Access, folder: NodeId, page: &ChildPage)
        -> PortResult<Option<Vec<TrashedItem>>> = "database.tree.trashed_children";
    versions(access: &Access, file: FileId, before: Option<VersionNumber>, limit: u32)
        -> PortResult<Vec<Version>> = "database.tree.versions";
    version(access: &Access, file: FileId, number: VersionNumber)
        -> PortResult<Option<Version>> = "database.tree.version";
    operation(access: &Access, id: OperationId) -> PortResult<Option<Operation>> = "database.tree.operation";
    walk_nodes(after: Option<NodeId>, limit: u32) -> PortResult<Vec<NodeRecord>> = "database.tree.walk_nodes";
    walk_versions(after: Option<(FileId, VersionNumber)>, limit: u32)
        -> PortResult<Vec<Version>> = "database.tree.walk_versions";
}

decorate! {
    impl DriveRepo for ObservedUnit, self: &mut Self, by self.inner.drives(), at DEBUG;
    enter(drive: DriveId, delta: &Delta, quota: Option<ByteSize>)
        -> Result<Entered, EnterDrive> = "database.drives.enter";
    charge(drive: DriveId, delta: &Delta, quota: Option<ByteSize>) -> Result<(), EnterDrive> = "database.drives.charge";
}

decorate! {
    impl NodeRepo for ObservedUnit, self: &mut Self, by self.inner.nodes(), at DEBUG;
    find(access: &Access, id: NodeId) -> PortResult<Option<Item>> = "database.nodes.find";
    find_trashed(access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> = "database.nodes.find_trashed";
    entry(folder: NodeId, key: &str) -> PortResult<Option<Item>> = "database.nodes.entry";
    taken(folder: NodeId, keys: &[String]) -> PortResult<Vec<String>> = "database.nodes.taken";
    lineage(folder: NodeId) -> PortResult<Vec<Ancestor>> = "database.nodes.lineage";
    height(folder: NodeId) -> PortResult<u32> = "database.nodes.height";
    count_entries(folder: NodeId, limit: u64) -> PortResult<u64> = "database.nodes.count_entries";
    entries(folders: &[NodeId], after: Option<NodeId>, limit: u32) -> PortResult<Vec<Item>> = "database.nodes.entries";
    insert(item: &Item) -> Result<(), PlaceItem> = "database.nodes.insert";
    insert_behind(item: &Item, taken: &[String]) -> PortResult<bool> = "database.nodes.insert_behind";
    insert_many(items: &[Item]) -> PortResult<()> = "database.nodes.insert_many";
    update(item: &Item, seen: Revision) -> Result<(), UpdateItem> = "database.nodes.update";
    trash(id: NodeId, at: Timestamp, original_path: &str) -> PortResult<Option<Measure>> = "database.nodes.trash";
    mark_below(top: NodeId, limit: u32) -> PortResult<Marked> = "database.nodes.mark_below";
    restore(item: &Item) -> Result<Measure, PlaceItem> = "database.nodes.restore";
    unmark_below(top: NodeId, limit: u32) -> PortResult<Marked> = "database.nodes.unmark_below";
    remove(top: NodeId, limit: u32) -> PortResult<Removed> = "database.nodes.remove";
}

decorate! {
    impl VersionRepo for ObservedUnit, self: &mut Self, by self.inner.versions(), at DEBUG;
    insert(version: &Version) -> PortResult<()> = "database.versions.insert";
    find(file: FileId, number: VersionNumber) -> PortResult<Option<Version>> = "database.versions.find";
    all(file: FileId) -> PortResult<Vec<Version>> = "database.versions.all";
    set(file: FileId, number: VersionNumber, is_pinned: bool, label: Option<Label>)
        -> PortResult<bool> = "database.versions.set";
    remove(file: FileId, numbers: &[VersionNumber]) -> PortResult<Vec<Version>> = "database.versions.remove";
}

decorate! {
    impl OperationRepo for ObservedUnit, self: &mut Self, by self.inner.operations(), at DEBUG;
    insert(operation: &Operation) -> PortResult<()> = "database.operations.insert";
    find_for_update(id: OperationId) -> PortResult<Option<Operation>> = "database.operations.find_for_update";
    update(operation: &Operation) -> PortResult<bool> = "database.operations.update";
    make_room(owner: UserId, keep: u32) -> PortResult<u32> = "database.operations.make_room";
    purge_ended(before: Timestamp, limit: u32) -> PortResult<u32> = "database.operations.purge_ended";
}
