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

use super::database::{FaultyReads, FaultyUnitOfWork};
use super::decorate::decorate;

decorate! {
    impl TreeQueries for FaultyReads, self: &mut Self, by self.inner.tree();
    drive(access: &Access, id: DriveId) -> PortResult<Option<Drive>> = TreeQueriesDrive;
    item(access: &Access, id: NodeId) -> PortResult<Option<Item>> = TreeQueriesItem;
    children(access: &Access, folder: NodeId, filter: &ChildFilter, page: &ChildPage)
        -> PortResult<Vec<Item>> = TreeQueriesChildren;
    ancestors(access: &Access, items: &[NodeId]) -> PortResult<Vec<Vec<Ancestor>>> = TreeQueriesAncestors;
    resolve(access: &Access, from: NodeId, keys: &[String]) -> PortResult<Option<Item>> = TreeQueriesResolve;
    usage(access: &Access, folder: NodeId) -> PortResult<Option<Usage>> = TreeQueriesUsage;
    trash(access: &Access, drive: DriveId, filter: &TrashFilter, page: &TrashPage)
        -> PortResult<Vec<TrashedItem>> = TreeQueriesTrash;
    trashed(access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> = TreeQueriesTrashed;
    trashed_children(access: &Access, folder: NodeId, page: &ChildPage)
        -> PortResult<Option<Vec<TrashedItem>>> = TreeQueriesTrashedChildren;
    versions(access: &Access, file: FileId, before: Option<VersionNumber>, limit: u32)
        -> PortResult<Vec<Version>> = TreeQueriesVersions;
    version(access: &Access, file: FileId, number: VersionNumber) -> PortResult<Option<Version>> = TreeQueriesVersion;
    operation(access: &Access, id: OperationId) -> PortResult<Option<Operation>> = TreeQueriesOperation;
    walk_nodes(after: Option<NodeId>, limit: u32) -> PortResult<Vec<NodeRecord>> = TreeQueriesWalkNodes;
    walk_versions(after: Option<(FileId, VersionNumber)>, limit: u32)
        -> PortResult<Vec<Version>> = TreeQueriesWalkVersions;
}

decorate! {
    impl DriveRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.drives();
    enter(drive: DriveId, delta: &Delta, quota: Option<ByteSize>) -> Result<Entered, EnterDrive> = DriveRepoEnter;
    charge(drive: DriveId, delta: &Delta, quota: Option<ByteSize>) -> Result<(), EnterDrive> = DriveRepoCharge;
}

decorate! {
    impl NodeRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.nodes();
    find(access: &Access, id: NodeId) -> PortResult<Option<Item>> = NodeRepoFind;
    find_trashed(access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> = NodeRepoFindTrashed;
    entry(folder: NodeId, key: &str) -> PortResult<Option<Item>> = NodeRepoEntry;
    taken(folder: NodeId, keys: &[String]) -> PortResult<Vec<String>> = NodeRepoTaken;
    lineage(folder: NodeId) -> PortResult<Vec<Ancestor>> = NodeRepoLineage;
    height(folder: NodeId) -> PortResult<u32> = NodeRepoHeight;
    count_entries(folder: NodeId, limit: u64) -> PortResult<u64> = NodeRepoCountEntries;
    entries(folders: &[NodeId], after: Option<NodeId>, limit: u32) -> PortResult<Vec<Item>> = NodeRepoEntries;
    insert(item: &Item) -> Result<(), PlaceItem> = NodeRepoInsert;
    insert_behind(item: &Item, taken: &[String]) -> PortResult<bool> = NodeRepoInsertBehind;
    insert_many(items: &[Item]) -> PortResult<()> = NodeRepoInsertMany;
    update(item: &Item, seen: Revision) -> Result<(), UpdateItem> = NodeRepoUpdate;
    trash(id: NodeId, at: Timestamp, original_path: &str) -> PortResult<Option<Measure>> = NodeRepoTrash;
    mark_below(top: NodeId, limit: u32) -> PortResult<Marked> = NodeRepoMarkBelow;
    restore(item: &Item) -> Result<Measure, PlaceItem> = NodeRepoRestore;
    unmark_below(top: NodeId, limit: u32) -> PortResult<Marked> = NodeRepoUnmarkBelow;
    remove(top: NodeId, limit: u32) -> PortResult<Removed> = NodeRepoRemove;
}

decorate! {
    impl VersionRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.versions();
    insert(version: &Version) -> PortResult<()> = VersionRepoInsert;
    find(file: FileId, number: VersionNumber) -> PortResult<Option<Version>> = VersionRepoFind;
    all(file: FileId) -> PortResult<Vec<Version>> = VersionRepoAll;
    set(file: FileId, number: VersionNumber, is_pinned: bool, label: Option<Label>)
        -> PortResult<bool> = VersionRepoSet;
    remove(file: FileId, numbers: &[VersionNumber]) -> PortResult<Vec<Version>> = VersionRepoRemove;
}

decorate! {
    impl OperationRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.operations();
    insert(operation: &Operation) -> PortResult<()> = OperationRepoInsert;
    find_for_update(id: OperationId) -> PortResult<Option<Operation>> = OperationRepoFindForUpdate;
    update(operation: &Operation) -> PortResult<bool> = OperationRepoUpdate;
    make_room(owner: UserId, keep: u32) -> PortResult<u32> = OperationRepoMakeRoom;
    purge_ended(before: Timestamp, limit: u32) -> PortResult<u32> = OperationRepoPurgeEnded;
}
