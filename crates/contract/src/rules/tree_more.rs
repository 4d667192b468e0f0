//! TREE: what a unit sees of its own changes, and trees of every size.

use std::time::Duration;

use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::files::{File, FileName, SortOrder, VersionNumber};
use fm_domain::ids::{NodeId, UserId};
use fm_domain::tree::{
    Ancestor, ChildSort, Delta, EnterDrive, Folder, Item, MAX_DEPTH, Measure, Misplaced, NodeRepo, Removed,
    TrashFilter, TrashPage, TrashSort, Version, check_subtree,
};
use tokio::task::JoinSet;

use super::tree::nested;
use crate::fixture::database::{Given, given, stored};
use crate::fixture::tree::{ALL, first_page, is_committed};
use crate::fixture::{MANY, access_of, at, fill, soon};
use crate::harness::DatabaseHarness;

/// More than any page that a client asks for.
const PAGES: usize = 260;

/// The way up along these folders to the root.
fn way(folders: &[&Folder], root: NodeId) -> Vec<Ancestor> {
    let folders = folders.iter().map(|folder| Ancestor { id: folder.id, name: folder.name.clone() });
    folders.chain([Ancestor { id: root, name: None }]).collect()
}

/// The same folder under another name.
fn called(folder: &Folder, name: &str) -> Folder {
    Folder { name: Some(fill::name(name)), ..folder.clone() }
}

/// Asserts that a folder has these entries, and so many levels of folders below it.
async fn holds(nodes: &mut dyn NodeRepo, folder: NodeId, entries: &[NodeId], height: u32) {
    let found = nodes.entries(&[folder], None, 10).await.unwrap();
    assert_eq!(found.iter().map(Item::id).collect::<Vec<_>>(), entries, "in {folder}");
    assert_eq!(nodes.count_entries(folder, 10).await.unwrap(), entries.len() as u64, "in {folder}");
    assert_eq!(nodes.height(folder).await.unwrap(), height, "of {folder}");
}

pub(crate) async fn tree_35_a_unit_sees_what_it_has_changed_of_a_tree_itself<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (root, access) = (fill::root(owner), access_of(owner));
    let (from, to) = (given.folder(owner, root, "From").await, given.folder(owner, root, "To").await);
    let moved = given.folder(owner, from.id, "Moved").await;
    let inner = given.folder(owner, moved.id, "Inner").await;
    let file = given.file_in(owner, inner.id, "File").await;
    let mut unit = given.inside(owner).await;
    let nodes = unit.nodes();
    assert_eq!(nodes.lineage(inner.id).await.unwrap(), way(&[&inner, &moved, &from], root));

    let there = Item::from(moved.clone()).placed(to.id, fill::name("There")).edited(at(1));
    nodes.update(&there, moved.revision).await.unwrap();
    assert_eq!(nodes.lineage(inner.id).await.unwrap(), way(&[&inner, &called(&moved, "There"), &to], root));
    assert_eq!(nodes.find(&access, moved.id).await.unwrap(), Some(there.clone()));
    assert_eq!(nodes.entry(to.id, "there").await.unwrap(), Some(there));
    assert_eq!(nodes.entry(from.id, "moved").await.unwrap(), None);
    let keys = ["moved", "there"].map(str::to_owned);
    assert_eq!(nodes.taken(to.id, &keys).await.unwrap(), ["there"]);
    assert_eq!(nodes.taken(from.id, &keys).await.unwrap(), [""; 0]);
    holds(nodes, from.id, &[], 0).await;
    holds(nodes, to.id, &[moved.id], 2).await;
    let refusal = check_subtree(nodes, &to.clone().into(), inner.id).await;
    assert!(matches!(refusal, Err(Misplaced::IntoItself)), "{refusal:?}");
    let new = fill::folder(owner, inner.id, "New");
    nodes.insert(&new.clone().into()).await.unwrap();
    holds(nodes, to.id, &[moved.id], 3).await;

    nodes.trash(moved.id, at(50), "/To/There").await.unwrap().unwrap();
    assert_eq!(nodes.mark_below(moved.id, 10).await.unwrap().items, 3);
    assert_eq!(nodes.find(&access, file.id.into()).await.unwrap(), None, "it went into the trash");
    let trashed = nodes.find_trashed(&access, file.id.into()).await.unwrap().unwrap();
    assert_eq!((trashed.top, trashed.original_path.as_str()), (moved.id, "/To/There/Inner/File"));
    assert_eq!(nodes.lineage(inner.id).await.unwrap(), []);
    holds(nodes, to.id, &[], 0).await;
    nodes.insert(&fill::folder(owner, to.id, "THERE").into()).await.unwrap();

    let top = nodes.find_trashed(&access, moved.id).await.unwrap().unwrap().item;
    nodes.restore(&top.placed(from.id, fill::name("Back")).edited(at(70))).await.unwrap();
    assert_eq!(nodes.unmark_below(moved.id, 10).await.unwrap().items, 3);
    assert_eq!(nodes.find(&access, file.id.into()).await.unwrap(), Some(file.into()));
    assert_eq!(nodes.lineage(inner.id).await.unwrap(), way(&[&inner, &called(&moved, "Back"), &from], root));
    holds(nodes, from.id, &[moved.id], 3).await;
    unit.rollback().await.unwrap();
}

/// Brings a top back to where it was with all that it took along, by as few calls as it takes; what is back, and what it took.
async fn brought_back(given: &Given, owner: UserId, top: NodeId) -> (Item, Measure) {
    let mut unit = given.inside(owner).await;
    let trashed = unit.nodes().find_trashed(&access_of(owner), top).await.unwrap().unwrap();
    let back = trashed.item.edited(at(70));
    let measure = unit.nodes().restore(&back).await.unwrap();
    let marked = unit.nodes().unmark_below(top, ALL).await.unwrap();
    let measure = measure.plus(marked.measure);
    unit.drives().charge(fill::drive(owner), &measure.into_trash().reversed(), None).await.unwrap();
    unit.commit().await.unwrap();
    (back, measure)
}

/// Removes a top with all that it took along for good, by one call.
async fn removed(given: &Given, owner: UserId, top: NodeId) -> Removed {
    let mut unit = given.inside(owner).await;
    let removed = unit.nodes().remove(top, ALL).await.unwrap();
    unit.drives().charge(fill::drive(owner), &removed.measure.out_of_drive(), None).await.unwrap();
    unit.blobs().drop_references(&removed.blobs, at(80)).await.unwrap();
    unit.commit().await.unwrap();
    removed
}

pub(crate) async fn tree_36_a_tree_of_every_level_is_found_and_counted_and_goes_and_comes_as_a_whole<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (root, access) = (fill::root(owner), access_of(owner));
    let levels = usize::try_from(MAX_DEPTH).unwrap();
    let chain = nested(&given, owner, root, levels).await;
    let (top, deepest) = (chain[0].id, chain[levels - 1].id);
    let file = given.file_in(owner, deepest, "deep").await;
    let names: Vec<&FileName> =
        chain.iter().filter_map(|folder| folder.name.as_ref()).chain([&file.name]).collect();
    let keys: Vec<String> = names.iter().map(|name| name.search_key()).collect();
    let mut reads = given.read().await;
    let end = reads.tree().resolve(&access, root, &keys).await.unwrap();
    assert_eq!(end, Some(file.clone().into()), "at the end of {} names", keys.len());
    let usage = reads.tree().usage(&access, root).await.unwrap().unwrap();
    assert_eq!((usage.files, usage.folders, usage.size), (1, u64::from(MAX_DEPTH), file.size));
    drop(reads);

    let ids: Vec<NodeId> = chain.iter().map(|folder| folder.id).chain([file.id.into()]).collect();
    let before = given.items(owner, &ids).await;
    let whole =
        Measure { nodes: ids.len() as u64, files: 1, bytes: file.size, version_bytes: ByteSize::ZERO };
    assert_eq!(given.put_into_trash(owner, top, ALL).await, whole);
    let trashed = given.trashed(owner, file.id.into()).await.unwrap();
    let below: Vec<&str> = names.iter().skip(1).map(|name| name.as_str()).collect();
    assert_eq!((trashed.top, trashed.original_path), (top, format!("/its/path/{}", below.join("/"))));
    assert_eq!(given.trashed(owner, top).await.unwrap().size, file.size);

    let (back, measure) = brought_back(&given, owner, top).await;
    assert_eq!(measure, whole);
    let after = given.items(owner, &ids).await;
    assert_eq!((after[0].as_ref(), &after[1..]), (Some(&back), &before[1..]), "as it was");
    given.assert_sound().await;

    given.put_into_trash(owner, top, ALL).await;
    let gone = removed(&given, owner, top).await;
    assert_eq!(gone, Removed { measure: whole, blobs: vec![file.blob] });
    assert_eq!(given.nodes().await.len(), 1, "the root is left");
}

/// A folder with many folders in it, the last of which has one more, all of them committed.
async fn folder_of_many(given: &Given, owner: UserId) -> (Folder, Vec<Folder>, Folder) {
    let folder = given.folder(owner, fill::root(owner), "folder").await;
    let entries: Vec<Folder> =
        (0..MANY).map(|number| fill::folder(owner, folder.id, &format!("{number:05}"))).collect();
    let last = fill::folder(owner, entries[MANY - 1].id, "last");
    let items: Vec<Item> = entries.iter().chain([&last]).cloned().map(Item::from).collect();
    let (mut unit, _) = given.entered(owner, &Delta::new_folders(items.len())).await;
    unit.nodes().insert_many(&items).await.unwrap();
    unit.commit().await.unwrap();
    (folder, entries, last)
}

pub(crate) async fn tree_37_more_items_than_a_page_are_listed_and_counted_and_go_and_come_as_asked_for<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (folder, entries, last) = folder_of_many(&given, owner).await;
    let ids: Vec<NodeId> = entries.iter().map(|entry| entry.id).collect();
    let all = first_page(ChildSort::Name, ALL);
    let listed = given.children(owner, folder.id, &all).await;
    assert!(listed.iter().map(Item::id).eq(ids.iter().copied()), "{} of {MANY} are listed", listed.len());
    let mut reads = given.read().await;
    let above = reads.tree().ancestors(&access_of(owner), &ids).await.unwrap();
    assert!(above.len() == MANY && above.iter().all(|way| way.len() == 2), "all are in the folder");
    drop(reads);

    let mut unit = given.inside(owner).await;
    let nodes = unit.nodes();
    let keys: Vec<String> =
        entries.iter().filter_map(|entry| entry.name.as_ref()).map(FileName::search_key).collect();
    assert_eq!(nodes.taken(folder.id, &keys).await.unwrap().len(), MANY);
    assert_eq!(nodes.entries(&[folder.id], None, ALL).await.unwrap().len(), MANY);
    assert_eq!(nodes.entries(&ids, None, ALL).await.unwrap(), [Item::from(last)]);
    assert_eq!(nodes.count_entries(folder.id, ALL.into()).await.unwrap(), MANY as u64);
    unit.rollback().await.unwrap();

    let whole = MANY as u64 + 2;
    assert_eq!(given.put_into_trash(owner, folder.id, ALL).await.nodes, whole);
    let mut reads = given.read().await;
    let inside = reads.tree().trashed_children(&access_of(owner), folder.id, &all).await.unwrap();
    assert_eq!(inside.unwrap().len(), MANY);
    drop(reads);
    assert_eq!(brought_back(&given, owner, folder.id).await.1.nodes, whole);
    given.put_into_trash(owner, folder.id, ALL).await;
    assert_eq!(removed(&given, owner, folder.id).await.measure.nodes, whole);
}

/// Puts each of these items into the trash by itself, the last one first and one a microsecond.
async fn trashed_one_by_one(unit: &mut dyn UnitOfWork, items: &[Item]) {
    for (micros, item) in (0..).zip(items.iter().rev()) {
        let moment = at(0).plus(Duration::from_micros(micros));
        unit.nodes().trash(item.id(), moment, "/its/path").await.unwrap().unwrap();
    }
}

pub(crate) async fn tree_38_more_tops_and_versions_than_a_page_are_listed_as_asked_for<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (root, access) = (fill::root(owner), access_of(owner));
    let file = given.file_in(owner, root, "file").await;
    let tops: Vec<Item> =
        (0..PAGES).map(|number| fill::folder(owner, root, &format!("{number:05}")).into()).collect();
    let (mut unit, _) = given.entered(owner, &Delta::new_folders(PAGES)).await;
    unit.nodes().insert_many(&tops).await.unwrap();
    trashed_one_by_one(&mut *unit, &tops).await;
    let blob = stored(&mut *unit, owner).await;
    let numbers: Vec<VersionNumber> = (1..).map(VersionNumber::new).take(PAGES).collect();
    for version in &numbers {
        let held = File { blob, version: *version, ..file.clone() };
        unit.versions().insert(&Version::of(&held, at(100))).await.unwrap();
    }
    let all = unit.versions().all(file.id).await.unwrap();
    assert!(all.iter().map(|version| version.number).eq(numbers.iter().copied()), "{} are found", all.len());
    unit.commit().await.unwrap();

    let mut reads = given.read().await;
    let (sort, order, filter) = (TrashSort::TrashedAt, SortOrder::Ascending, TrashFilter::default());
    let page = TrashPage { sort, order, after: None, limit: ALL };
    let listed = reads.tree().trash(&access, fill::drive(owner), &filter, &page).await.unwrap();
    let is_whole = listed.iter().map(|top| top.top).eq(tops.iter().rev().map(Item::id));
    assert!(is_whole, "{} of {PAGES} tops are listed, or not in order", listed.len());
    let versions = reads.tree().versions(&access, file.id, None, ALL).await.unwrap();
    let is_whole = versions.iter().map(|version| version.number).eq(numbers.iter().rev().copied());
    assert!(is_whole, "{} of {PAGES} versions are listed, or not in order", versions.len());
    drop(reads);
    let mut unit = given.inside(owner).await;
    assert_eq!(unit.versions().remove(file.id, &numbers).await.unwrap().len(), PAGES);
    unit.rollback().await.unwrap();
}

pub(crate) async fn tree_39_of_units_that_wait_for_a_drive_no_more_enter_than_its_quota_lets<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let drive = fill::drive(owner);
    let first = given.inside(owner).await;
    let mut units = JoinSet::new();
    for _ in 0..8 {
        let given = given.clone();
        units.spawn(async move {
            let delta = Delta { used: 30, ..Delta::default() };
            loop {
                let mut unit = given.unit().await;
                match unit.drives().enter(drive, &delta, Some(fill::bytes(100))).await {
                    Ok(_) => {
                        if is_committed(unit.commit().await) {
                            return true;
                        }
                    }
                    Err(EnterDrive::QuotaExceeded { .. }) => {
                        unit.rollback().await.unwrap();
                        return false;
                    }
                    Err(EnterDrive::Store(lost)) => assert!(!is_committed(Err(lost))),
                    Err(refusal @ EnterDrive::NoDrive) => panic!("{refusal:?}"),
                }
            }
        });
    }
    // All of them have begun by then, and see the drive as it was before any has entered it.
    tokio::time::sleep(Duration::from_millis(50)).await;
    first.commit().await.unwrap();
    let entered = soon("units that wait for one drive", units.join_all()).await;
    assert_eq!(entered.iter().filter(|entered| **entered).count(), 3, "{entered:?}");
    let found = given.read().await.tree().drive(&access_of(owner), drive).await.unwrap().unwrap();
    assert_eq!(found.storage.used, fill::bytes(90));
}
