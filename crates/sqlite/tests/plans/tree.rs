//! The statements of trees.

use std::collections::BTreeMap;

use fm_domain::access::{Access, Right};
use fm_domain::blobs::{BlobIntent, BlobKey, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::files::{File, SortOrder, VersionNumber};
use fm_domain::ids::{DriveId, NodeId, OperationId};
use fm_domain::tree::{
    ChildFilter, ChildKey, ChildPage, ChildSort, Delta, Folder, Item, Operation, OperationKind,
    OperationStatus, TrashFilter, TrashKey, TrashPage, TrashSort, Version,
};
use fm_sqlite::SqliteDatabase;
use serde_json::Value;
use uuid::Uuid;

use super::{ORDERS, ran, steps};
use crate::fill::{NOW, file, folder, root, user};
use crate::fixture::Fixture;

const CHILD_SORTS: [ChildSort; 5] =
    [ChildSort::Name, ChildSort::ModifiedAt, ChildSort::CreatedAt, ChildSort::Size, ChildSort::Type];

/// Whether a statement sorts what it finds in some folders: there is no index of their entries but by name.
pub(super) fn is_sorted(statement: &str) -> bool {
    let in_folder = statement.contains("`nodes`.`parent` =");
    in_folder && !statement.contains("ORDER BY `nodes`.`name_sort`") || statement.contains("ORDER BY +id")
}

/// Asks everything that a tree can be asked, and makes every change.
pub(super) async fn tree(database: &SqliteDatabase) {
    let someone = user();
    let mut unit = database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();
    unit.commit().await.unwrap();
    let outer = folder(someone.id, root(someone.id), "outer");
    let inner = folder(someone.id, outer.id, "inner");
    let thing = File { parent: inner.id, ..file(someone.id, "thing.txt") };
    let access = Access::on_behalf_of(someone.id, Right::Write);
    let drive = DriveId::of_user(someone.id);
    make(database, &access, [&outer, &inner], &thing).await;
    operation(database, &access).await;
    read(database, &access, &inner, &thing).await;

    let mut unit = database.begin().await.unwrap();
    unit.drives().enter(drive, &Delta::default(), None).await.unwrap();
    let nodes = unit.nodes();
    nodes.trash(outer.id, NOW, "/outer").await.unwrap().unwrap();
    assert_eq!(nodes.mark_below(outer.id, 10).await.unwrap().items, 2);
    nodes.find_trashed(&access, outer.id).await.unwrap().unwrap();
    nodes.restore(&outer.clone().into()).await.unwrap();
    assert_eq!(nodes.unmark_below(outer.id, 10).await.unwrap().items, 2);
    nodes.trash(outer.id, NOW, "/outer").await.unwrap().unwrap();
    nodes.mark_below(outer.id, 10).await.unwrap();
    unit.commit().await.unwrap();
    read_trash(database, &access, outer.id).await;

    let mut unit = database.begin().await.unwrap();
    unit.drives().enter(drive, &Delta::default(), None).await.unwrap();
    assert_eq!(unit.nodes().remove(outer.id, 10).await.unwrap().blobs.len(), 2);
    unit.commit().await.unwrap();
}

async fn make(database: &SqliteDatabase, access: &Access, folders: [&Folder; 2], thing: &File) {
    let [outer, inner] = folders;
    let intent = BlobIntent {
        key: BlobKey::file(thing.blob),
        owner: thing.owner,
        reserved: ByteSize::ZERO,
        recorded_at: NOW,
        expires_at: NOW,
    };
    let mut unit = database.begin().await.unwrap();
    unit.blobs().record_intent(&intent).await.unwrap();
    unit.blobs().mark_stored(thing.blob, &StoredBlob { size: ByteSize::ZERO }).await.unwrap();
    unit.drives().enter(access.drive(), &Delta::new_file(thing.size), None).await.unwrap();
    unit.drives().charge(access.drive(), &Delta::new_folders(2), None).await.unwrap();
    let nodes = unit.nodes();
    nodes.insert(&outer.clone().into()).await.unwrap();
    nodes.insert_many(&[inner.clone().into(), thing.clone().into()]).await.unwrap();
    nodes.update(&outer.clone().into(), outer.revision).await.unwrap();
    nodes.find(access, thing.id.into()).await.unwrap().unwrap();
    nodes.entry(outer.id, "inner").await.unwrap().unwrap();
    assert_eq!(nodes.taken(outer.id, &["inner".to_owned()]).await.unwrap(), ["inner"]);
    assert_eq!(nodes.lineage(inner.id).await.unwrap().len(), 3);
    assert_eq!(nodes.height(outer.id).await.unwrap(), 1);
    assert_eq!(nodes.count_entries(outer.id, 10).await.unwrap(), 1);
    assert_eq!(nodes.entries(&[outer.id, inner.id], None, 10).await.unwrap().len(), 2);
    let old = Version::of(thing, NOW);
    let versions = unit.versions();
    versions.insert(&old).await.unwrap();
    versions.find(thing.id, old.number).await.unwrap().unwrap();
    versions.set(thing.id, old.number, true, None).await.unwrap();
    versions.all(thing.id).await.unwrap();
    versions.remove(thing.id, &[old.number]).await.unwrap();
    versions.insert(&old).await.unwrap();
    assert!(unit.blobs().add_references(&[thing.blob]).await.unwrap());
    assert_eq!(unit.blobs().drop_references(&[thing.blob], NOW).await.unwrap(), []);
    unit.commit().await.unwrap();
}

async fn operation(database: &SqliteDatabase, access: &Access) {
    let id = OperationId::new(Uuid::now_v7());
    let begun = Operation::new(id, access.owner(), OperationKind::Copy, None, Value::Null, NOW);
    let mut unit = database.begin().await.unwrap();
    let operations = unit.operations();
    operations.insert(&begun).await.unwrap();
    operations.find_for_update(id).await.unwrap().unwrap();
    assert!(operations.update(&begun.ended(OperationStatus::Done, NOW)).await.unwrap());
    assert_eq!(operations.make_room(access.owner(), 1).await.unwrap(), 0);
    operations.purge_ended(NOW, 10).await.unwrap();
    unit.commit().await.unwrap();
    let mut reads = database.read().await.unwrap();
    reads.tree().operation(access, id).await.unwrap().unwrap();
}

async fn read(database: &SqliteDatabase, access: &Access, inner: &Folder, thing: &File) {
    let mut reads = database.read().await.unwrap();
    let tree = reads.tree();
    tree.drive(access, access.drive()).await.unwrap().unwrap();
    tree.item(access, inner.id).await.unwrap().unwrap();
    let keys = ["outer", "inner", "thing.txt"].map(str::to_owned);
    tree.resolve(access, root(thing.owner), &keys).await.unwrap().unwrap();
    assert_eq!(tree.ancestors(access, &[thing.id.into()]).await.unwrap()[0].len(), 3);
    tree.usage(access, root(thing.owner)).await.unwrap().unwrap();
    tree.versions(access, thing.id, None, 10).await.unwrap();
    tree.version(access, thing.id, VersionNumber::FIRST).await.unwrap().unwrap();
    tree.walk_nodes(Some(inner.id), 10).await.unwrap();
    let item = Item::from(thing.clone());
    for (sort, order) in CHILD_SORTS.into_iter().flat_map(|sort| ORDERS.map(|order| (sort, order))) {
        for after in [None, Some(ChildKey::of(&item, sort))] {
            for mixed in [false, true] {
                let page = ChildPage { sort, order, mixed, after: after.clone(), limit: 50 };
                tree.children(access, inner.id, &ChildFilter::default(), &page).await.unwrap();
            }
        }
    }
}

async fn read_trash(database: &SqliteDatabase, access: &Access, top: NodeId) {
    let mut reads = database.read().await.unwrap();
    let tree = reads.tree();
    let trashed = tree.trashed(access, top).await.unwrap().unwrap();
    let page = ChildPage {
        sort: ChildSort::Name,
        order: SortOrder::Ascending,
        mixed: false,
        after: None,
        limit: 50,
    };
    assert_eq!(tree.trashed_children(access, top, &page).await.unwrap().unwrap().len(), 1);
    for sort in [TrashSort::TrashedAt, TrashSort::Name, TrashSort::Size] {
        for (order, after) in ORDERS.into_iter().zip([None, Some(TrashKey::of(&trashed, sort))]) {
            let page = TrashPage { sort, order, after, limit: 50 };
            tree.trash(access, access.drive(), &TrashFilter::default(), &page).await.unwrap();
        }
    }
}

/// Entries are found by their names, what a trash took by it, and a page of names by one seek.
pub(super) fn trees_go_along_their_indexes(plans: &BTreeMap<String, Vec<String>>) {
    let by_name = "nodes_by_parent (parent=? AND kind=? AND (name_sort,id)";
    for (start, part, index) in [
        ("SELECT", "`nodes`.`name_search` =", "nodes_by_key (parent=? AND name_search=?)"),
        ("SELECT name_search", "json_each", "nodes_by_key (parent=? AND name_search=?)"),
        ("SELECT count(*) AS count", "LIMIT", "nodes_by_key (parent=?)"),
        ("SELECT entry.*", "", "nodes_by_trash (trash=?)"),
        ("SELECT * FROM nodes WHERE trash", "", "nodes_by_trash (trash=?)"),
        ("SELECT * FROM nodes AS item WHERE trash", "", "nodes_by_trash (trash=?)"),
        ("SELECT", "'folder' AND `nodes`.`parent` = (SELECT folder.id", by_name),
        ("SELECT", "'file' AND `nodes`.`parent` = (SELECT folder.id", by_name),
        ("DELETE FROM operations", "", "operations_by_ended_at (ended_at>? AND ended_at<?)"),
    ] {
        let found = plans.iter().find(|(text, steps)| {
            text.starts_with(start) && text.contains(part) && steps.iter().any(|step| step.contains(index))
        });
        assert!(found.is_some(), "{start} {part}: {index}");
    }
}

/// No recursive statement and no list of a trash reads a table, or all of a drive.
pub(super) fn walks_go_along_their_indexes(fixture: &Fixture) {
    let mut connection = fixture.connect();
    let mut walks = ran();
    walks.retain(|text| {
        ["way", "level", "asked", "below"]
            .iter()
            .any(|name| text.starts_with(&format!("WITH RECURSIVE {name} (")))
            || text.starts_with("WITH tops")
    });
    walks.sort();
    walks.dedup();
    assert_eq!(walks.len(), 12, "{walks:#?}");
    for walk in walks {
        for step in steps(&mut connection, &walk) {
            let of_a_table = ["nodes", "folder", "entry", "taken", "top", "users"]
                .iter()
                .any(|name| step == format!("SCAN {name}") || step.starts_with(&format!("SCAN {name} ")));
            assert!(!of_a_table && !step.contains("nodes_by_drive"), "{walk}\nreads too much: {step}");
        }
    }
}
