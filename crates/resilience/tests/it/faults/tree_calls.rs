//! Each operation on drives and what is in them, called once.

use fm_domain::access::{Access, Right};
use fm_domain::database::UnitOfWork;
use fm_domain::files::{File, Revision, SortOrder};
use fm_domain::ids::{DriveId, NodeId, OperationId};
use fm_domain::testing::a_file;
use fm_domain::tree::{
    ChildFilter, ChildPage, ChildSort, Delta, Item, Operation as Work, OperationKind, TrashFilter, TrashPage,
    TrashSort, Version,
};
use fm_resilience::fault::Operation;
use uuid::Uuid;

use crate::faults::rig::{Got, Rig, got, now};

fn reader(file: &File) -> Access {
    Access::on_behalf_of(file.owner, Right::Read)
}

pub(crate) async fn call_tree(rig: &Rig, operation: Operation) -> Got {
    let file = a_file();
    let (own, drive, root, item) = (reader(&file), file.drive(), file.parent, NodeId::from(file.id));
    let (sort, order) = (ChildSort::Name, SortOrder::Ascending);
    let page = ChildPage { sort, order, mixed: false, after: None, limit: 10 };
    let mut reads = rig.db.read().await.unwrap();
    let tree = reads.tree();
    match operation {
        Operation::TreeQueriesDrive => got(tree.drive(&own, drive).await),
        Operation::TreeQueriesItem => got(tree.item(&own, item).await),
        Operation::TreeQueriesChildren => {
            got(tree.children(&own, root, &ChildFilter::default(), &page).await)
        }
        Operation::TreeQueriesAncestors => got(tree.ancestors(&own, &[item]).await),
        Operation::TreeQueriesResolve => got(tree.resolve(&own, root, &["a".to_owned()]).await),
        Operation::TreeQueriesUsage => got(tree.usage(&own, root).await),
        Operation::TreeQueriesTrash => {
            let page = TrashPage { sort: TrashSort::Name, order, after: None, limit: 10 };
            got(tree.trash(&own, drive, &TrashFilter::default(), &page).await)
        }
        Operation::TreeQueriesTrashed => got(tree.trashed(&own, item).await),
        Operation::TreeQueriesTrashedChildren => got(tree.trashed_children(&own, item, &page).await),
        Operation::TreeQueriesVersions => got(tree.versions(&own, file.id, None, 10).await),
        Operation::TreeQueriesVersion => got(tree.version(&own, file.id, file.version).await),
        Operation::TreeQueriesOperation => got(tree.operation(&own, OperationId::new(Uuid::now_v7())).await),
        Operation::TreeQueriesWalkNodes => got(tree.walk_nodes(None, 10).await),
        Operation::TreeQueriesWalkVersions => got(tree.walk_versions(None, 10).await),
        _ => panic!("{operation} is not called"),
    }
}

pub(crate) async fn call_drives(unit: &mut dyn UnitOfWork, operation: Operation) -> Got {
    let (drive, delta) = (DriveId::new(Uuid::now_v7()), Delta::default());
    match operation {
        Operation::DriveRepoEnter => got(unit.drives().enter(drive, &delta, None).await),
        Operation::DriveRepoCharge => got(unit.drives().charge(drive, &delta, None).await),
        _ => panic!("{operation} is not called"),
    }
}

pub(crate) async fn call_nodes(unit: &mut dyn UnitOfWork, operation: Operation) -> Got {
    let file = a_file();
    let (own, root, id, item) = (reader(&file), file.parent, NodeId::from(file.id), Item::from(file));
    let nodes = unit.nodes();
    match operation {
        Operation::NodeRepoFind => got(nodes.find(&own, id).await),
        Operation::NodeRepoFindTrashed => got(nodes.find_trashed(&own, id).await),
        Operation::NodeRepoEntry => got(nodes.entry(root, "a").await),
        Operation::NodeRepoTaken => got(nodes.taken(root, &["a".to_owned()]).await),
        Operation::NodeRepoLineage => got(nodes.lineage(root).await),
        Operation::NodeRepoHeight => got(nodes.height(root).await),
        Operation::NodeRepoCountEntries => got(nodes.count_entries(root, 10).await),
        Operation::NodeRepoEntries => got(nodes.entries(&[root], None, 10).await),
        Operation::NodeRepoInsert => got(nodes.insert(&item).await),
        Operation::NodeRepoInsertBehind => got(nodes.insert_behind(&item, &["a".to_owned()]).await),
        Operation::NodeRepoInsertMany => got(nodes.insert_many(&[item]).await),
        Operation::NodeRepoUpdate => got(nodes.update(&item, Revision::FIRST).await),
        Operation::NodeRepoTrash => got(nodes.trash(id, now(), "/a").await),
        Operation::NodeRepoMarkBelow => got(nodes.mark_below(id, 10).await),
        Operation::NodeRepoRestore => got(nodes.restore(&item).await),
        Operation::NodeRepoUnmarkBelow => got(nodes.unmark_below(id, 10).await),
        Operation::NodeRepoRemove => got(nodes.remove(id, 10).await),
        _ => panic!("{operation} is not called"),
    }
}

pub(crate) async fn call_versions(unit: &mut dyn UnitOfWork, operation: Operation) -> Got {
    let (file, versions) = (a_file(), unit.versions());
    match operation {
        Operation::VersionRepoInsert => got(versions.insert(&Version::of(&file, now())).await),
        Operation::VersionRepoFind => got(versions.find(file.id, file.version).await),
        Operation::VersionRepoAll => got(versions.all(file.id).await),
        Operation::VersionRepoSet => got(versions.set(file.id, file.version, true, None).await),
        Operation::VersionRepoRemove => got(versions.remove(file.id, &[file.version]).await),
        _ => panic!("{operation} is not called"),
    }
}

pub(crate) async fn call_operations(unit: &mut dyn UnitOfWork, operation: Operation) -> Got {
    let (id, owner) = (OperationId::new(Uuid::now_v7()), a_file().owner);
    let work = Work::new(id, owner, OperationKind::Copy, None, "null".parse().unwrap(), now());
    let operations = unit.operations();
    match operation {
        Operation::OperationRepoInsert => got(operations.insert(&work).await),
        Operation::OperationRepoFindForUpdate => got(operations.find_for_update(id).await),
        Operation::OperationRepoUpdate => got(operations.update(&work).await),
        Operation::OperationRepoMakeRoom => got(operations.make_room(owner, 10).await),
        Operation::OperationRepoPurgeEnded => got(operations.purge_ended(now(), 10).await),
        _ => panic!("{operation} is not called"),
    }
}
