//! TREE: moves, pages of children, and the numbers of changes.

use std::collections::BTreeSet;

use fm_domain::files::SortOrder;
use fm_domain::ids::{NodeId, UserId};
use fm_domain::tree::{
    ChildFilter, ChildPage, ChildSort, Delta, EnterDrive, Item, ItemKind, Misplaced, PlaceItem, Seq,
    check_subtree,
};
use tokio::task::JoinSet;

use crate::fixture::database::{Given, given};
use crate::fixture::tree::{IsContended as _, first_page, is_committed, page_after};
use crate::fixture::{access_of, at, fill, offered, soon};
use crate::harness::DatabaseHarness;

pub(crate) async fn tree_04_two_opposite_moves_never_make_a_cycle<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    for round in 0..5 {
        let one = given.folder(owner, root, &format!("one {round}")).await;
        let inner = given.folder(owner, one.id, "inner").await;
        let two = given.folder(owner, root, &format!("two {round}")).await;
        let below = given.folder(owner, two.id, "below").await;
        let mut moves = JoinSet::new();
        for (folder, to) in [(one.clone(), below.id), (two.clone(), inner.id)] {
            let given = given.clone();
            moves.spawn(async move { moves_into(&given, &folder.into(), to).await });
        }
        let answers = soon("two opposite moves", moves.join_all()).await;
        assert_eq!(answers.iter().filter(|moved| **moved).count(), 1, "round {round}: {answers:?}");
        given.assert_sound().await;
    }
    // Nor does what a top of the trash has not taken along yet: it is below the top all the same.
    let top = given.folder(owner, root, "top").await;
    let inner = given.folder(owner, top.id, "inner").await;
    let mut unit = given.inside(owner).await;
    unit.nodes().trash(top.id, at(50), "/top").await.unwrap().unwrap();
    let refusal = check_subtree(unit.nodes(), &Item::from(top), inner.id).await;
    assert!(matches!(refusal, Err(Misplaced::IntoItself)), "{refusal:?}");
    unit.rollback().await.unwrap();
}

/// Moves a folder, again where it lost a race for a lock; false where it would lie in itself.
async fn moves_into(given: &Given, item: &Item, to: NodeId) -> bool {
    let owner = item.drive().owner();
    loop {
        let mut unit = given.inside(owner).await;
        match check_subtree(unit.nodes(), item, to).await {
            Ok(()) => {}
            Err(Misplaced::IntoItself) => return false,
            Err(other) => panic!("{other:?}"),
        }
        let moved = item.clone().placed(to, item.name().unwrap().clone()).edited(at(1));
        match unit.nodes().update(&moved, item.revision()).await {
            Ok(()) => {
                if is_committed(unit.commit().await) {
                    return true;
                }
            }
            Err(lost) => assert!(lost.is_contended(), "{lost:?}"),
        }
    }
}

pub(crate) async fn tree_05_a_move_touches_one_row_whatever_is_below<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let (folder, to) = (given.folder(owner, root, "folder").await, given.folder(owner, root, "to").await);
    let items: Vec<Item> =
        (0..300).map(|number| fill::folder(owner, folder.id, &format!("entry {number}")).into()).collect();
    let (mut unit, _) = given.entered(owner, &Delta::new_folders(items.len())).await;
    unit.nodes().insert_many(&items).await.unwrap();
    unit.commit().await.unwrap();
    let Some(before) = offered("rows that a move touches", harness.row_versions().await) else { return };
    given.move_to(owner, folder.id, to.id, "renamed").await;
    let after = offered("rows that a move touched", harness.row_versions().await).unwrap();
    assert_eq!(before.len(), after.len());
    let written: Vec<NodeId> =
        after.iter().filter(|(id, version)| before.get(*id) != Some(*version)).map(|(id, _)| *id).collect();
    assert_eq!(written, [folder.id]);
    assert_eq!(given.names_in(owner, folder.id).await.len(), items.len(), "all went with it");
}

pub(crate) async fn tree_06_pages_of_children_neither_skip_nor_repeat_while_entries_come_go_and_move<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let sorts =
        [ChildSort::Name, ChildSort::ModifiedAt, ChildSort::CreatedAt, ChildSort::Size, ChildSort::Type];
    for (number, sort) in sorts.into_iter().enumerate() {
        for (order, mixed) in [(SortOrder::Ascending, false), (SortOrder::Descending, true)] {
            let folder = given.folder(owner, fill::root(owner), &format!("{number} {mixed}")).await.id;
            pages_are_whole(&given, owner, folder, sort, (order, mixed)).await;
        }
    }
}

async fn pages_are_whole(
    given: &Given,
    owner: UserId,
    folder: NodeId,
    sort: ChildSort,
    (order, mixed): (SortOrder, bool),
) {
    let mut stay = BTreeSet::new();
    for number in 0..4 {
        stay.insert(given.folder(owner, folder, &format!("stay {number}")).await.id);
        stay.insert(given.file_in(owner, folder, &format!("Stay {number}.txt")).await.id.into());
    }
    let leaves = given.file_in(owner, folder, "leaves").await;
    let renamed = given.folder(owner, folder, "a folder").await;
    let mut page = ChildPage { order, mixed, ..first_page(sort, 2) };
    let mut seen: Vec<Item> = Vec::new();
    for round in 0.. {
        let items = given.children(owner, folder, &page).await;
        if items.is_empty() {
            break;
        }
        assert!(items.len() == 2 || seen.len() + items.len() >= stay.len(), "a short page before the last");
        page = page_after(&page, &items);
        seen.extend(items);
        match round {
            0 => given.move_to(owner, leaves.id.into(), fill::root(owner), &format!("left {folder}")).await,
            1 => given.move_to(owner, renamed.id, folder, "zz folder").await,
            2..8 => drop(given.file_in(owner, folder, &format!("new {round}")).await),
            _ => {}
        }
        assert!(round < 30, "pages without an end");
    }
    let ids: Vec<NodeId> = seen.iter().map(Item::id).filter(|id| stay.contains(id)).collect();
    assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>(), stay, "skipped by {sort:?}");
    assert_eq!(ids.len(), stay.len(), "repeated by {sort:?}");
    let kinds: Vec<ItemKind> = seen.iter().map(Item::kind).collect();
    assert!(mixed || kinds.is_sorted(), "folders come first: {kinds:?}");
    let mut reads = given.read().await;
    let all = ChildPage { order, mixed, ..first_page(sort, 100) };
    for kind in [ItemKind::Folder, ItemKind::File] {
        let filter = ChildFilter { kind: Some(kind) };
        let found = reads.tree().children(&access_of(owner), folder, &filter, &all).await.unwrap();
        assert!(found.len() >= 4 && found.iter().all(|item| item.kind() == kind), "{kind:?}: {found:?}");
    }
}

pub(crate) async fn tree_09_changes_are_numbered_without_gaps_in_the_order_of_commits<H: DatabaseHarness>(
    harness: &H,
) {
    const WRITERS: u64 = 20;
    const CHANGES: u64 = 10;
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let seq = async || {
        let mut reads = given.read().await;
        reads.tree().drive(&access_of(owner), fill::drive(owner)).await.unwrap().unwrap().seq
    };
    let first = seq().await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let given = given.clone();
        writers.spawn(async move {
            let mut numbers = Vec::new();
            for change in 0..CHANGES {
                numbers
                    .push(changed(&given, owner, root, &format!("{writer} {change}"), change % 3 == 0).await);
            }
            numbers
        });
    }
    let of_each = soon("writers of one drive", writers.join_all()).await;
    for of_one in &of_each {
        let is_sorted = of_one.is_sorted_by_key(|(seq, _)| *seq);
        assert!(is_sorted, "a later change of one writer has a smaller number: {of_one:?}");
    }
    let mut numbers = of_each.concat();
    numbers.sort_unstable();
    let gapless: Vec<u64> = (1..=WRITERS * CHANGES).map(|number| first.number() + number).collect();
    assert_eq!(numbers.iter().map(|(seq, _)| seq.number()).collect::<Vec<_>>(), gapless);
    assert_eq!(seq().await.number(), first.number() + WRITERS * CHANGES);
    let nodes = given.nodes().await;
    for (seq, id) in numbers {
        assert_eq!(nodes[&id].changed, seq, "an item is stamped with the change that made it");
    }
    // What is written outside of the drive would have no number.
    let mut unit = given.unit().await;
    assert!(unit.nodes().insert(&fill::folder(owner, root, "outside").into()).await.is_err());
    drop(unit);
    let nowhere = given.owner().await;
    let mut unit = given.unit().await;
    unit.drives().enter(fill::drive(nowhere), &Delta::default(), None).await.unwrap();
    assert!(unit.nodes().insert(&fill::folder(owner, root, "elsewhere").into()).await.is_err());
}

/// Makes a folder in a unit of its own, which is undone first where `undo`; its number.
async fn changed(given: &Given, owner: UserId, root: NodeId, name: &str, undo: bool) -> (Seq, NodeId) {
    if undo {
        let unit = given.inside(owner).await;
        unit.rollback().await.unwrap();
    }
    loop {
        let folder = fill::folder(owner, root, name);
        let (mut unit, entered) = given.entered(owner, &Delta::new_folders(1)).await;
        match unit.nodes().insert(&folder.clone().into()).await {
            Ok(()) => {
                if is_committed(unit.commit().await) {
                    return (entered.seq, folder.id);
                }
            }
            Err(lost @ PlaceItem::Store(_)) => assert!(lost.is_contended(), "{lost:?}"),
            Err(refusal) => panic!("{refusal:?}"),
        }
    }
}

pub(crate) async fn tree_14_a_drive_is_entered_within_its_quota_and_counts_what_is_in_it<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let drive = fill::drive(owner);
    let delta = Delta { used: 90, trash: 20, versions: 10, files: 3, nodes: 5, ..Delta::default() };
    let (unit, entered) = given.entered(owner, &delta).await;
    assert_eq!((entered.nodes, entered.storage.used), (6, fill::bytes(90)), "the root counts");
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    let more = Delta { used: 11, ..Delta::default() };
    match unit.drives().enter(drive, &more, Some(fill::bytes(100))).await {
        Err(EnterDrive::QuotaExceeded { trash, versions }) => {
            assert_eq!((trash, versions), (fill::bytes(20), fill::bytes(10)), "what deleting would free");
        }
        answer => panic!("{answer:?}"),
    }
    let last = Delta { used: 10, ..Delta::default() };
    unit.drives().enter(drive, &last, Some(fill::bytes(100))).await.unwrap();
    let refused =
        unit.drives().charge(drive, &Delta { used: 1, ..Delta::default() }, Some(fill::bytes(100))).await;
    assert!(matches!(refused, Err(EnterDrive::QuotaExceeded { .. })), "{refused:?}");
    unit.drives().charge(drive, &Delta { used: -50, nodes: -1, ..Delta::default() }, None).await.unwrap();
    unit.commit().await.unwrap();
    let found = given.read().await.tree().drive(&access_of(owner), drive).await.unwrap().unwrap();
    let storage = found.storage;
    assert_eq!(
        (storage.used, storage.trash, storage.versions),
        (fill::bytes(50), fill::bytes(20), fill::bytes(10))
    );
    assert_eq!((storage.file_count, found.owner), (3, owner));
    assert_eq!(given.account(owner).await.unwrap().storage, storage, "an account has what its drive has");
}
