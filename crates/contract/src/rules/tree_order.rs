//! TREE: in what order the entries of a folder come, what it holds, and which names are free in it.

use std::cmp::Ordering;
use std::time::Duration;

use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::files::{File, FileName, SortOrder};
use fm_domain::ids::{NodeId, UserId};
use fm_domain::tree::{ChildFilter, ChildKey, ChildPage, ChildSort, Folder, Item, ItemKind, Usage};

use crate::fixture::database::{Given, given, stored};
use crate::fixture::tree::{first_page, page_after};
use crate::fixture::{access_of, at, fill, uuid};
use crate::harness::DatabaseHarness;

const SORTS: [ChildSort; 5] =
    [ChildSort::Name, ChildSort::ModifiedAt, ChildSort::CreatedAt, ChildSort::Size, ChildSort::Type];

/// More bytes than a float counts one by one.
const HUGE: u64 = 1 << 53;

/// So many seconds and microseconds after the moment at which every rule begins.
fn moment(seconds: i64, micros: u64) -> Timestamp {
    at(seconds).plus(Duration::from_micros(micros))
}

/// A folder, and entries of it that come in another order by each of the sorts: some are alike in all but their names and ids, and some
/// differ by a microsecond or a byte.
async fn varied(given: &Given, owner: UserId) -> (NodeId, Vec<Item>) {
    let folder = given.folder(owner, fill::root(owner), "folder").await.id;
    let mut items: Vec<Item> = Vec::new();
    let mut unit = given.inside(owner).await;
    for (name, modified, created, size, content_type) in [
        ("b.txt", moment(3, 1), moment(1, 0), 10, "text/plain"),
        ("B2.txt", moment(1, 0), moment(1, 0), 10, "image/png"),
        ("a.txt", moment(3, 0), moment(2, 1), HUGE + 1, "text/plain"),
        ("\u{e4}.txt", moment(2, 0), moment(2, 0), HUGE, "text/plain"),
        ("_.txt", moment(2, 0), moment(1, 0), 0, "application/pdf"),
    ] {
        let blob = stored(&mut *unit, owner).await;
        let file = File {
            parent: folder,
            content_type: fill::media_type(content_type),
            size: fill::bytes(size),
            created_at: created,
            modified_at: modified,
            ..fill::file(owner, blob, name)
        };
        items.push(file.into());
    }
    for (name, modified_at, created_at) in [
        ("z", moment(2, 2), moment(1, 1)),
        ("Y", moment(2, 1), moment(3, 0)),
        ("y2", moment(1, 0), moment(1, 0)),
    ] {
        items.push(Folder { modified_at, created_at, ..fill::folder(owner, folder, name) }.into());
    }
    for item in &items {
        unit.nodes().insert(item).await.unwrap();
    }
    unit.commit().await.unwrap();
    (folder, items)
}

/// The ids of those of these items that are of this kind, as pages of this order have them.
fn in_order(items: &[Item], kind: Option<ItemKind>, page: &ChildPage) -> Vec<NodeId> {
    let fitting = items.iter().filter(|item| kind.is_none_or(|kind| item.kind() == kind));
    let mut keys: Vec<ChildKey> = fitting.map(|item| ChildKey::of(item, page.sort)).collect();
    keys.sort_by(|left, right| {
        let kinds = if page.mixed { Ordering::Equal } else { left.kind.cmp(&right.kind) };
        let places = (&left.value, left.id).cmp(&(&right.value, right.id));
        kinds.then(if page.order == SortOrder::Descending { places.reverse() } else { places })
    });
    keys.into_iter().map(|key| key.id).collect()
}

/// The first pages of every order.
fn orders(limit: u32) -> Vec<ChildPage> {
    let mut pages = Vec::new();
    for sort in SORTS {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            for mixed in [false, true] {
                pages.push(ChildPage { order, mixed, ..first_page(sort, limit) });
            }
        }
    }
    pages
}

pub(crate) async fn tree_20_children_come_in_the_order_asked_for_with_ties_by_id<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let access = access_of(owner);
    let (folder, items) = varied(&given, owner).await;
    let mut reads = given.read().await;
    for (limit, kind) in
        [(1, None), (3, None), (100, None), (2, Some(ItemKind::Folder)), (2, Some(ItemKind::File))]
    {
        for first in orders(limit) {
            let (filter, mut page) = (ChildFilter { kind }, first.clone());
            let mut found: Vec<NodeId> = Vec::new();
            loop {
                let some = reads.tree().children(&access, folder, &filter, &page).await.unwrap();
                assert!(some.len() <= limit as usize, "{page:?}: {some:?}");
                if some.is_empty() {
                    break;
                }
                page = page_after(&page, &some);
                found.extend(some.iter().map(Item::id));
                assert!(found.len() <= items.len(), "{first:?} has no end");
            }
            assert_eq!(found, in_order(&items, kind, &first), "{kind:?} of {first:?}");
        }
    }
    let all = first_page(ChildSort::Name, 100);
    let file = items.iter().find(|item| item.kind() == ItemKind::File).map(Item::id).unwrap();
    let other = access_of(given.owner().await);
    let filter = ChildFilter::default();
    for (access, folder) in [(&other, folder), (&access, file), (&access, NodeId::new(uuid()))] {
        let found = reads.tree().children(access, folder, &filter, &all).await.unwrap();
        assert_eq!(found, [], "{folder} is no folder of theirs");
    }
}

pub(crate) async fn tree_21_what_went_into_the_trash_with_a_folder_is_listed_as_its_children_were<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let access = access_of(owner);
    let (folder, mut items) = varied(&given, owner).await;
    let apart = items.pop().unwrap().id();
    given.put_into_trash(owner, apart, 10).await;
    given.put_into_trash(owner, folder, 10).await;
    let mut reads = given.read().await;
    let tree = reads.tree();
    for limit in [1, 3, 100] {
        for first in orders(limit) {
            let mut page = first.clone();
            let mut found: Vec<NodeId> = Vec::new();
            loop {
                let some = tree.trashed_children(&access, folder, &page).await.unwrap().unwrap();
                let some: Vec<Item> = some.into_iter().map(|trashed| trashed.item).collect();
                if some.is_empty() {
                    break;
                }
                page = page_after(&page, &some);
                found.extend(some.iter().map(Item::id));
                assert!(found.len() <= items.len(), "{first:?} has no end");
            }
            assert_eq!(found, in_order(&items, None, &first), "{first:?}");
        }
    }
    let all = first_page(ChildSort::Name, 100);
    let inside = tree.trashed_children(&access, folder, &all).await.unwrap().unwrap();
    let size_of = |item: &Item| match item {
        Item::File(file) => file.size,
        Item::Folder(_) => fill::bytes(0),
    };
    assert!(inside.iter().all(|trashed| trashed.size == size_of(&trashed.item)), "{inside:?}");
    let filter = ChildFilter::default();
    assert_eq!(tree.children(&access, folder, &filter, &all).await.unwrap(), [], "it is no living folder");
    let file = items[0].id();
    assert_eq!(tree.trashed_children(&access, file, &all).await.unwrap(), None, "a file has no entries");
    let other = access_of(given.owner().await);
    let mut reads = given.read().await;
    assert_eq!(reads.tree().trashed_children(&other, folder, &all).await.unwrap(), None, "of another owner");
    assert_eq!(reads.tree().trashed(&other, folder).await.unwrap(), None, "of another owner");
}

pub(crate) async fn tree_22_a_folder_holds_what_is_living_below_it_at_every_level<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let root = fill::root(owner);
    let outer = given.folder(owner, root, "Outer").await;
    let inner = given.folder(owner, outer.id, "inner").await;
    let deep = given.folder(owner, inner.id, "deep").await;
    let file = given.file_in(owner, deep.id, "file").await;
    // What it held before is not what it holds.
    given.versioned(owner, &file).await;
    given.file_in(owner, inner.id, "file").await;
    given.file_in(owner, root, "file").await;
    let gone = given.file_in(owner, deep.id, "gone").await;
    given.put_into_trash(owner, gone.id.into(), 10).await;
    given.file_in(other, fill::root(other), "file").await;
    let mut reads = given.read().await;
    let tree = reads.tree();
    let access = access_of(owner);
    let seq = tree.drive(&access, fill::drive(owner)).await.unwrap().unwrap().seq;
    for (folder, files, folders) in [(root, 3, 3), (outer.id, 2, 2), (inner.id, 2, 1), (deep.id, 1, 0)] {
        let usage = tree.usage(&access, folder).await.unwrap();
        let expected = Usage { files, folders, size: fill::bytes(12 * files), seq };
        assert_eq!(usage, Some(expected), "{folder}");
    }
    assert_eq!(tree.usage(&access, file.id.into()).await.unwrap(), None, "a file is no folder");
    let other = access_of(other);
    assert_eq!(tree.usage(&other, outer.id).await.unwrap(), None, "of another owner");
    assert_eq!(tree.drive(&other, fill::drive(owner)).await.unwrap(), None, "of another owner");
    assert_eq!(tree.item(&other, outer.id).await.unwrap(), None, "of another owner");
    let items = [gone.id.into(), file.id.into(), deep.id, file.id.into()];
    let above = tree.ancestors(&access, &items).await.unwrap();
    let names: Vec<Option<&FileName>> = above[1].iter().map(|folder| folder.name.as_ref()).collect();
    assert_eq!(names, [None, outer.name.as_ref(), inner.name.as_ref(), deep.name.as_ref()]);
    let above: Vec<Vec<NodeId>> =
        above.iter().map(|way| way.iter().map(|folder| folder.id).collect()).collect();
    let way = [root, outer.id, inner.id, deep.id];
    assert_eq!(above, [&way[..0], &way[..], &way[..3], &way[..]], "nothing is above what is in the trash");
    let none = tree.ancestors(&other, &items).await.unwrap();
    assert!(none.iter().all(Vec::is_empty) && none.len() == items.len(), "{none:?}");
}

/// Adds folders of these names to a folder.
async fn named(unit: &mut dyn UnitOfWork, parent: &Folder, names: impl Iterator<Item = FileName>) {
    let items: Vec<Item> = names.map(|name| fill::folder_called(parent, name).into()).collect();
    unit.nodes().insert_many(&items).await.unwrap();
}

pub(crate) async fn tree_26_of_many_keys_exactly_those_of_entries_are_taken<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let folder = given.folder(owner, fill::root(owner), "folder").await;
    let mut unit = given.inside(owner).await;
    let upper = |number: u64| fill::name(&format!("100%_ SS ({number}).TXT"));
    named(&mut *unit, &folder, (90..200).step_by(3).map(upper)).await;
    // Patterns, collations and padding take these for a key that is asked for.
    let others = [
        "100%_ ss (0100).txt",
        "100%_ ss (1 00).txt",
        "100%_ ss (100).txt ",
        " 100%_ ss (100).txt",
        "100%_ ss (100)_txt",
        "100%a ss (100).txt",
        "100%_ ss.txt (100)",
        "100%_ ss (1000).txt",
        "100%_ s (100).txt",
        "100 ss (100).txt",
    ];
    named(&mut *unit, &folder, others.into_iter().map(fill::name)).await;
    let key = |number: u64| format!("100%_ ss ({number}).txt");
    let keys: Vec<String> = (80..144).map(key).collect();
    let mut taken = unit.nodes().taken(folder.id, &keys).await.unwrap();
    taken.sort_unstable();
    let mut expected: Vec<String> = (90..144).step_by(3).map(key).collect();
    expected.sort_unstable();
    assert_eq!(taken, expected);
    assert_eq!(unit.nodes().taken(folder.id, &[]).await.unwrap(), [""; 0], "none are asked for");
    unit.rollback().await.unwrap();
}

pub(crate) async fn tree_34_an_item_is_added_behind_taken_names_or_not_at_all<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let folder = given.folder(owner, fill::root(owner), "folder").await;
    let mut unit = given.inside(owner).await;
    named(&mut *unit, &folder, ["a.txt", "A (2).TXT"].into_iter().map(fill::name)).await;
    let keys = |taken: [&str; 2]| taken.map(str::to_owned);
    let nodes = unit.nodes();
    let third = Item::from(fill::folder_called(&folder, fill::name("a (3).txt")));
    for free in [["a.txt", "a (4).txt"], ["b.txt", "a (2).txt"], ["a (3).txt", "a.txt"]] {
        assert!(!nodes.insert_behind(&third, &keys(free)).await.unwrap(), "one of {free:?} is free");
    }
    assert_eq!(nodes.entry(folder.id, "a (3).txt").await.unwrap(), None, "nothing was added");
    let taken = keys(["a.txt", "a (2).txt"]);
    assert!(nodes.insert_behind(&third, &taken).await.unwrap());
    assert_eq!(nodes.entry(folder.id, "a (3).txt").await.unwrap(), Some(third));
    let again = Item::from(fill::folder_called(&folder, fill::name("A (3).txt")));
    assert!(!nodes.insert_behind(&again, &taken).await.unwrap(), "its own name is taken");
    let lost = Item::from(fill::folder(owner, NodeId::new(uuid()), "a (3).txt"));
    for taken in [&taken[..], &[]] {
        assert!(!nodes.insert_behind(&lost, taken).await.unwrap(), "there is no such folder");
    }
    unit.rollback().await.unwrap();
}

pub(crate) async fn tree_40_names_are_told_apart_to_their_last_character<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let folder = given.folder(owner, fill::root(owner), "folder").await;
    let long = |letter: &str, last: char| format!("{}{last}", letter.repeat(254));
    let short = ["a", "a ", " a", "a.", "\u{e1}", "\u{ff41}", "a\u{b7}"].map(str::to_owned);
    let long = [long("x", 'y'), long("x", 'z'), long("\u{1f600}", 'y'), long("\u{1f600}", 'z')];
    let names: Vec<FileName> = short.iter().chain(&long).map(|text| fill::name(text)).collect();
    let items: Vec<Item> =
        names.iter().map(|name| fill::folder_called(&folder, name.clone()).into()).collect();
    let mut unit = given.inside(owner).await;
    for item in &items {
        let placed = unit.nodes().insert(item).await;
        assert!(placed.is_ok(), "{:?}: {placed:?}", item.name());
    }
    unit.commit().await.unwrap();
    let mut reads = given.read().await;
    for (name, item) in names.iter().zip(&items) {
        let key = [name.search_key()];
        let found = reads.tree().resolve(&access_of(owner), folder.id, &key).await.unwrap();
        assert_eq!(found.as_ref(), Some(item));
    }
}
