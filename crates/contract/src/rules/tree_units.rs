//! TREE: what units of work see of a tree, and what they leave of it.

use std::collections::HashMap;

use fm_domain::files::{File, Sha256};
use fm_domain::ids::{NodeId, UserId};
use fm_domain::tree::{Delta, Folder, Item, NodeRecord, PlaceItem, Seq, UpdateItem};

use crate::fixture::database::{Given, given, stored};
use crate::fixture::{access_of, at, fill, uuid};
use crate::harness::DatabaseHarness;

/// Ids in their order, without what they belong to.
fn ids(items: &[Item]) -> Vec<NodeId> {
    items.iter().map(Item::id).collect()
}

pub(crate) async fn tree_23_a_unit_sees_what_is_living_in_a_folder_and_nothing_else<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let root = fill::root(owner);
    let outer = given.folder(owner, root, "outer").await;
    let beside = given.folder(owner, outer.id, "beside").await;
    let inner = given.folder(owner, outer.id, "inner").await;
    let deep = given.folder(owner, inner.id, "deep").await;
    let file = given.file_in(owner, inner.id, "file").await;
    let apart = given.folder(owner, deep.id, "apart").await;
    let gone = given.file_in(owner, outer.id, "gone").await;
    for id in [apart.id, gone.id.into()] {
        given.put_into_trash(owner, id, 10).await;
    }
    let (access, theirs) = (access_of(owner), access_of(other));
    let mut unit = given.inside(owner).await;
    let nodes = unit.nodes();
    assert_eq!(nodes.find(&access, inner.id).await.unwrap(), Some(inner.clone().into()));
    assert_eq!(nodes.find(&theirs, inner.id).await.unwrap(), None, "of another owner");
    assert_eq!(nodes.find(&access, gone.id.into()).await.unwrap(), None, "in the trash");
    let trashed = nodes.find_trashed(&access, gone.id.into()).await.unwrap();
    assert_eq!(trashed.map(|trashed| trashed.item), Some(gone.clone().into()));
    assert_eq!(nodes.find_trashed(&theirs, gone.id.into()).await.unwrap(), None, "of another owner");
    assert_eq!(nodes.find_trashed(&access, inner.id).await.unwrap(), None, "it is living");
    assert_eq!(nodes.entry(outer.id, "inner").await.unwrap(), Some(inner.clone().into()));
    assert_eq!(nodes.entry(root, "inner").await.unwrap(), None, "of another folder");
    assert_eq!(nodes.entry(outer.id, "gone").await.unwrap(), None, "in the trash");
    let keys = ["inner", "gone", "beside", "none"].map(str::to_owned);
    let mut taken = nodes.taken(outer.id, &keys).await.unwrap();
    taken.sort_unstable();
    assert_eq!(taken, ["beside", "inner"]);
    assert_eq!(nodes.taken(inner.id, &keys).await.unwrap(), [""; 0], "of another folder");
    let way: Vec<NodeId> = nodes.lineage(deep.id).await.unwrap().iter().map(|one| one.id).collect();
    assert_eq!(way, [deep.id, inner.id, outer.id, root]);
    for id in [file.id.into(), apart.id, NodeId::new(uuid())] {
        assert_eq!(nodes.lineage(id).await.unwrap(), [], "{id} is no living folder");
    }
    for (folder, height, count) in [(root, 3, 1), (outer.id, 2, 2), (beside.id, 0, 0), (deep.id, 0, 0)] {
        assert_eq!(nodes.height(folder).await.unwrap(), height, "{folder}");
        assert_eq!(nodes.count_entries(folder, 10).await.unwrap(), count, "{folder}");
    }
    assert_eq!(nodes.count_entries(outer.id, 1).await.unwrap(), 1, "none are counted beyond the limit");
    let mut expected = [beside.id, inner.id, deep.id, file.id.into()];
    expected.sort_unstable();
    let folders = [outer.id, inner.id, deep.id];
    assert_eq!(ids(&nodes.entries(&folders, None, 10).await.unwrap()), expected);
    assert_eq!(ids(&nodes.entries(&folders, Some(expected[1]), 1).await.unwrap()), expected[2..3]);
    unit.rollback().await.unwrap();
    given.put_into_trash(owner, outer.id, 10).await;
    let mut unit = given.inside(owner).await;
    let nodes = unit.nodes();
    assert_eq!(nodes.entries(&folders, None, 10).await.unwrap(), [], "all of it is in the trash");
    assert_eq!(nodes.count_entries(outer.id, 10).await.unwrap(), 2, "what went there with it");
    assert_eq!(nodes.height(outer.id).await.unwrap(), 2, "what went there with it");
    assert_eq!(nodes.find(&access, inner.id).await.unwrap(), None, "it went there with another one");
    assert_eq!(nodes.entry(outer.id, "inner").await.unwrap(), None, "the same");
    assert_eq!(nodes.lineage(inner.id).await.unwrap(), [], "the same");
    let renamed = Item::from(inner.clone()).placed(root, fill::name("renamed")).edited(at(1));
    let refusal = nodes.update(&renamed, inner.revision).await;
    assert!(matches!(refusal, Err(UpdateItem::Stale)), "{refusal:?}");
    let refusal = nodes.insert(&fill::folder(owner, inner.id, "new").into()).await;
    assert!(matches!(refusal, Err(PlaceItem::NoFolder)), "{refusal:?}");
    unit.rollback().await.unwrap();
}

pub(crate) async fn tree_24_an_edit_replaces_the_place_and_the_times_of_one_living_item_and_nothing_else<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let (to, folder) = (given.folder(owner, root, "to").await, given.folder(owner, root, "folder").await);
    let (file, gone) = (given.file_in(owner, root, "file").await, given.folder(owner, root, "gone").await);
    given.put_into_trash(owner, gone.id, 10).await;
    let place = File {
        parent: to.id,
        name: fill::name("Renamed"),
        revision: file.revision.next(),
        updated_at: at(7),
        modified_at: at(6),
        ..file.clone()
    };
    let other = File {
        size: fill::bytes(99),
        content_type: fill::media_type("image/png"),
        sha256: None,
        created_at: at(3),
        content_at: at(4),
        version: file.version.next(),
        ..place.clone()
    };
    let moved = Folder {
        parent: Some(to.id),
        name: Some(fill::name("Moved")),
        revision: folder.revision.next(),
        updated_at: at(8),
        modified_at: at(9),
        ..folder.clone()
    };
    let of_root = given.item(owner, root).await.unwrap();
    let mut unit = given.inside(owner).await;
    let nodes = unit.nodes();
    nodes.update(&other.into(), file.revision).await.unwrap();
    nodes.update(&Folder { created_at: at(3), ..moved.clone() }.into(), folder.revision).await.unwrap();
    let another = Folder { parent: Some(to.id), name: Some(fill::name("another")), ..moved.clone() };
    for (id, seen) in
        [(root, of_root.revision()), (gone.id, gone.revision), (NodeId::new(uuid()), gone.revision)]
    {
        let refusal = nodes.update(&Folder { id, ..another.clone() }.into(), seen).await;
        assert!(matches!(refusal, Err(UpdateItem::Stale)), "{id}: {refusal:?}");
    }
    for id in [root, NodeId::new(uuid())] {
        assert_eq!(nodes.trash(id, at(50), "/").await.unwrap(), None, "{id}");
    }
    for parent in [NodeId::new(uuid()), file.id.into(), gone.id] {
        let back = Item::from(gone.clone()).placed(parent, fill::name("back"));
        let refusal = nodes.restore(&back).await;
        assert!(matches!(refusal, Err(PlaceItem::NoFolder)), "restored to {parent}: {refusal:?}");
    }
    unit.commit().await.unwrap();
    assert_eq!(given.item(owner, file.id.into()).await, Some(place.into()));
    assert_eq!(given.item(owner, folder.id).await, Some(moved.into()));
    assert_eq!(given.item(owner, root).await, Some(of_root));
    given.assert_sound().await;
    what_can_not_be_is_an_error(&given, owner, &folder, to.id).await;
    assert_eq!(given.names_in(owner, to.id).await, ["Moved", "Renamed"]);
}

/// Where nothing is refused, what can't be is an error: a second item with the id of this folder, and a taken name among many.
async fn what_can_not_be_is_an_error(given: &Given, owner: UserId, folder: &Folder, to: NodeId) {
    let twin = Folder { name: Some(fill::name("twin")), parent: Some(fill::root(owner)), ..folder.clone() };
    let free = fill::folder(owner, to, "free");
    let taken = fill::folder(owner, to, "RENAMED");
    let cases: [Vec<Item>; 2] = [vec![twin.clone().into()], vec![free.into(), taken.into()]];
    for items in cases {
        let mut unit = given.inside(owner).await;
        assert!(unit.nodes().insert_many(&items).await.is_err(), "{items:?}");
        unit.rollback().await.ok();
    }
    let mut unit = given.inside(owner).await;
    assert!(matches!(unit.nodes().insert(&twin.into()).await, Err(PlaceItem::Store(_))), "a second one");
    unit.rollback().await.ok();
}

/// Asserts that since `before` exactly these items were stamped, with this number; the rows as they are now.
async fn stamped(
    given: &Given,
    before: &HashMap<NodeId, NodeRecord>,
    seq: Seq,
    mut expected: Vec<NodeId>,
) -> HashMap<NodeId, NodeRecord> {
    let nodes = given.nodes().await;
    let is_changed = |node: &&NodeRecord| before.get(&node.id).is_none_or(|old| old.changed != node.changed);
    let mut changed: Vec<NodeId> = nodes.values().filter(is_changed).map(|node| node.id).collect();
    changed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(changed, expected, "stamped with {seq:?}");
    assert!(changed.iter().all(|id| nodes[id].changed == seq), "{seq:?}: {nodes:?}");
    nodes
}

pub(crate) async fn tree_25_what_a_unit_changes_has_its_number_and_nothing_else_has<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let top = given.folder(owner, root, "top").await;
    let inner = given.folder(owner, top.id, "inner").await;
    let mut unit = given.inside(owner).await;
    let blob = stored(&mut *unit, owner).await;
    let file = File { parent: inner.id, sha256: None, ..fill::file(owner, blob, "file") };
    unit.nodes().insert(&file.clone().into()).await.unwrap();
    unit.commit().await.unwrap();
    given.file_in(owner, root, "beside").await;
    let (file_id, access) = (NodeId::from(file.id), access_of(owner));
    let mut nodes = given.nodes().await;

    let (mut unit, entered) = given.entered(owner, &Delta::default()).await;
    let moved = Item::from(top.clone()).placed(root, fill::name("moved")).edited(at(1));
    unit.nodes().update(&moved, top.revision).await.unwrap();
    unit.commit().await.unwrap();
    nodes = stamped(&given, &nodes, entered.seq, vec![top.id]).await;

    let (mut unit, entered) = given.entered(owner, &Delta::default()).await;
    assert!(unit.files().set_sha256(file.id, file.blob, Sha256::new([1; 32]), None).await.unwrap());
    unit.commit().await.unwrap();
    nodes = stamped(&given, &nodes, entered.seq, vec![file_id]).await;

    let (mut unit, entered) = given.entered(owner, &Delta::default()).await;
    let edited = File { revision: file.revision.next(), size: fill::bytes(3), ..file.clone() };
    unit.files().update(&edited, file.revision).await.unwrap();
    unit.commit().await.unwrap();
    nodes = stamped(&given, &nodes, entered.seq, vec![file_id]).await;

    let (mut unit, entered) = given.entered(owner, &Delta::new_folders(2)).await;
    let outer = fill::folder(owner, root, "outer");
    let below = fill::folder(owner, outer.id, "below");
    unit.nodes().insert_many(&[outer.clone().into(), below.clone().into()]).await.unwrap();
    unit.commit().await.unwrap();
    nodes = stamped(&given, &nodes, entered.seq, vec![outer.id, below.id]).await;

    let (mut unit, entered) = given.entered(owner, &Delta::default()).await;
    unit.nodes().trash(inner.id, at(50), "/").await.unwrap().unwrap();
    unit.nodes().mark_below(inner.id, 10).await.unwrap();
    unit.commit().await.unwrap();
    nodes = stamped(&given, &nodes, entered.seq, vec![inner.id, file_id]).await;

    let (mut unit, entered) = given.entered(owner, &Delta::default()).await;
    let trashed = unit.nodes().find_trashed(&access, inner.id).await.unwrap().unwrap();
    unit.nodes().restore(&trashed.item.edited(at(70))).await.unwrap();
    unit.nodes().unmark_below(inner.id, 10).await.unwrap();
    unit.commit().await.unwrap();
    nodes = stamped(&given, &nodes, entered.seq, vec![inner.id, file_id]).await;

    given.put_into_trash(owner, outer.id, 10).await;
    nodes.extend(given.nodes().await);
    let (mut unit, entered) = given.entered(owner, &Delta::default()).await;
    assert_eq!(unit.nodes().remove(outer.id, 10).await.unwrap().measure.nodes, 2);
    unit.commit().await.unwrap();
    stamped(&given, &nodes, entered.seq, Vec::new()).await;

    nothing_is_written_from_outside(&given, owner, &top, &inner).await;
}

/// What is written from outside of the drive would have no number: it is an error.
async fn nothing_is_written_from_outside(given: &Given, owner: UserId, top: &Folder, inner: &Folder) {
    let root = fill::root(owner);
    let mut unit = given.inside(owner).await;
    unit.nodes().trash(inner.id, at(50), "/").await.unwrap().unwrap();
    unit.commit().await.unwrap();
    let living = given.item(owner, top.id).await.unwrap();
    let renamed = living.clone().placed(root, fill::name("late")).edited(at(2));
    let trashed = given.trashed(owner, inner.id).await.unwrap().item;
    let elsewhere = given.owner().await;
    for change in 0..5 {
        let mut unit = given.inside(elsewhere).await;
        let nodes = unit.nodes();
        let is_refused = match change {
            0 => nodes.insert_many(&[fill::folder(owner, root, "late").into()]).await.is_err(),
            1 => nodes.update(&renamed, living.revision()).await.is_err(),
            2 => nodes.trash(living.id(), at(50), "/").await.is_err(),
            3 => nodes.restore(&trashed).await.is_err(),
            _ => nodes.mark_below(inner.id, 10).await.is_err(),
        };
        assert!(is_refused, "change {change}");
        unit.rollback().await.ok();
    }
}
