#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{BatchWork, Did};
use crate::fixture::{access, entered};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use crate::tree::batch::{BatchAction, BatchOperation, BatchOutcome};
use crate::tree::context::Context;
use crate::tree::fixture::{a_folder, a_trashed_file, finding, name, node};
use crate::tree::work::{Rest, Work};
use crate::tree::{Refusal, TreeError};
use fm_domain::access::Right;
use fm_domain::ids::NodeId;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{FakeUnitOfWork, a_file};
use fm_domain::tree::{
    Ancestor, Item, ItemKind, Marked, Measure, OnConflict, PlaceItem, Removed, TrashedItem, UNIT_ENTRIES,
};

fn moving(item: NodeId, parent: NodeId) -> BatchOperation {
    let action = BatchAction::Move { parent, on_conflict: OnConflict::Fail, if_match: None };
    BatchOperation { id: item.to_string(), item: Some(item), action }
}

fn deleting(item: NodeId) -> BatchOperation {
    let action = BatchAction::Delete { recursive: true, if_match: None };
    BatchOperation { id: item.to_string(), item: Some(item), action }
}

/// A unit that finds these living items and moves what it is told to.
fn unit(items: &[Item]) -> FakeUnitOfWork {
    let mut unit = finding(FakeUnitOfWork::default(), items);
    unit.nodes.expect_height().returning(|_| Ok(0));
    unit.nodes.expect_update().returning(|_, _| Ok(()));
    unit.jobs.expect_enqueue().returning(|_| Ok(Enqueued::Added));
    unit
}

async fn advance(
    work: &mut BatchWork,
    unit: &mut FakeUnitOfWork,
    most: usize,
) -> Result<Vec<Did>, (Option<(usize, usize)>, TreeError)> {
    advance_with(work, unit, most, None).await
}

/// The same where a user may have so many items.
async fn advance_with(
    work: &mut BatchWork,
    unit: &mut FakeUnitOfWork,
    most: usize,
    max_items: Option<u64>,
) -> Result<Vec<Did>, (Option<(usize, usize)>, TreeError)> {
    let context = Context::new(&TestPorts::default().ports(), &Settings { max_items, ..settings() });
    let done = work.advance(&context, unit, &access(Right::Write), entered(), most).await;
    done.map_err(|refused| (refused.at, refused.error))
}

fn outcomes(work: &BatchWork) -> Vec<BatchOutcome> {
    work.stored().results.into_iter().map(|result| result.plain().unwrap().outcome).collect()
}

#[tokio::test]
async fn operations_are_done_in_their_order_and_no_more_than_are_wanted() {
    let folders = [a_folder(1, "a"), a_folder(2, "b"), a_folder(3, "c")];
    let items: Vec<Item> = folders.iter().cloned().map(Item::from).collect();
    let mut work =
        BatchWork::new(&[moving(node(1), node(3)), moving(node(2), node(3)), moving(node(9), node(3))]);
    assert_eq!(advance(&mut work, &mut unit(&items), 1).await.unwrap().len(), 1);
    assert_eq!((work.done(), work.total(), work.is_over()), (1, 3, false));
    let (at, error) = advance(&mut work.clone(), &mut unit(&items), 50).await.unwrap_err();
    assert_eq!(at, Some((2, 1)), "the third of all, after one of this unit");
    assert!(matches!(error, TreeError::NotFound), "{error:?}");
    advance(&mut work, &mut unit(&items), 1).await.unwrap();
    work.refuse(1, false, &error);
    assert_eq!(work.done(), 2, "it is not the next one");
    work.refuse(2, false, &error);
    assert!(work.is_over());
    let done = |number| BatchOutcome::Done { item: Some(node(number)), requested_name: None };
    assert_eq!(outcomes(&work), [done(1), done(2), BatchOutcome::Refused(Refusal::NotFound)]);
}

#[test]
fn what_another_worker_has_begun_meanwhile_is_not_refused() {
    let top = node(1);
    let begun =
        BatchWork { current: Some((Work::Trash { top }, Some(top))), ..BatchWork::new(&[deleting(top)]) };
    let mut work = begun.clone();
    work.refuse(0, false, &TreeError::NotFound);
    assert_eq!(work, begun, "what is half in the trash would stay so");
    work.refuse(0, true, &TreeError::NotFound);
    assert!(work.is_over(), "what can't go on ends");
}

#[tokio::test]
async fn what_is_no_id_is_not_found() {
    let mut work = BatchWork::new(&[BatchOperation { item: None, ..moving(node(1), node(3)) }]);
    let (at, error) = advance(&mut work, &mut unit(&[]), 50).await.unwrap_err();
    assert!(matches!((at, error), (Some((0, 0)), TreeError::NotFound)));
}

#[tokio::test]
async fn what_lies_in_a_folder_that_was_moved_went_along() {
    let (outer, inner, target) = (a_folder(1, "outer"), a_folder(2, "inner"), a_folder(3, "target"));
    let inner = fm_domain::tree::Folder { parent: Some(outer.id), ..inner };
    let mut unit = FakeUnitOfWork::default();
    let items: Vec<Item> = vec![outer.into(), inner.clone().into(), target.into()];
    unit.nodes.expect_find().returning(move |_, id| Ok(items.iter().find(|item| item.id() == id).cloned()));
    unit.nodes.expect_lineage().returning(|folder| {
        let above = if folder == node(1) { node(3) } else { node(90) };
        Ok([folder, above].map(|id| Ancestor { id, name: None }).to_vec())
    });
    unit.nodes.expect_height().returning(|_| Ok(0));
    unit.nodes.expect_update().times(1).returning(|item, _| {
        assert_eq!(item.id(), node(1));
        Ok(())
    });
    let mut work = BatchWork::new(&[moving(node(1), node(3)), moving(node(2), node(3))]);
    let done = advance(&mut work, &mut unit, 50).await.unwrap();
    assert!(matches!(&done[1], Did::Item(Item::Folder(folder)) if *folder == inner), "{done:?}");
}

#[tokio::test]
async fn what_lies_in_a_folder_that_was_deleted_is_deleted() {
    let folder = a_folder(1, "Work");
    let mut work = BatchWork::new(&[deleting(node(1)), deleting(a_file().id.into()), deleting(node(8))]);
    assert_eq!(work.deleted(), [node(1), a_file().id.into(), node(8)]);
    work.remember_nesting(vec![vec![node(70)], vec![node(70), node(1)], vec![node(70)]]);
    let mut unit = unit(&[folder.into()]);
    unit.nodes.expect_count_entries().returning(|_, limit| Ok(limit));
    let measure = Measure { nodes: 2, ..Measure::default() };
    unit.nodes.expect_trash().returning(move |_, _, _| Ok(Some(measure)));
    unit.nodes.expect_mark_below().returning(|_, _| Ok(Marked::default()));
    unit.nodes.expect_remove().times(1).returning(move |_, _| Ok(Removed { measure, blobs: Vec::new() }));
    unit.nodes.expect_find_trashed().returning(|_, _| Ok(None));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let (at, error) = advance(&mut work, &mut unit, 50).await.unwrap_err();
    assert!(matches!((at, &error), (Some((2, 2)), TreeError::NotFound)), "{at:?} {error:?}");
}

#[tokio::test]
async fn a_unit_changes_so_many_rows_and_a_large_item_goes_on_in_others() {
    let folder = a_folder(1, "Work");
    let mut work = BatchWork::new(&[deleting(node(1)), deleting(node(1))]);
    let mut unit = unit(&[folder.into()]);
    unit.nodes.expect_count_entries().returning(|_, limit| Ok(limit));
    let measure = Measure { nodes: u64::from(UNIT_ENTRIES), ..Measure::default() };
    unit.nodes.expect_trash().returning(move |_, _, _| Ok(Some(measure)));
    unit.nodes.expect_mark_below().times(1).returning(|_, _| Ok(Marked::default()));
    unit.nodes.expect_mark_below().returning(|_, items| Ok(Marked { items, measure: Measure::default() }));
    unit.nodes.expect_remove().returning(move |_, _| Ok(Removed { measure, blobs: Vec::new() }));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    assert_eq!(advance(&mut work, &mut unit, 50).await.unwrap().len(), 1, "the unit is full");
    assert!(!work.is_amidst());
    assert_eq!(advance(&mut work, &mut unit, 50).await.unwrap().len(), 0);
    assert!(work.is_amidst() && !work.is_over());
    // All of it is in the trash, and then it goes.
    unit.nodes.checkpoint();
    unit.nodes.expect_mark_below().returning(|_, _| Ok(Marked::default()));
    unit.nodes.expect_remove().returning(move |_, _| Ok(Removed::default()));
    let context = Context::new(&TestPorts::default().ports(), &settings());
    for is_amidst in [true, false] {
        work.go_on(&context, &mut unit, &access(Right::Write), &entered()).await.unwrap();
        assert_eq!(work.is_amidst(), is_amidst);
    }
    assert!(work.is_over());
}

#[tokio::test]
async fn a_large_item_that_is_numbered_is_told_with_the_name_that_it_was_to_have() {
    for is_apart in [true, false] {
        let on_conflict = OnConflict::Rename;
        let action = BatchAction::Restore { parent: Some(node(3)), recreate_parents: false, on_conflict };
        let mut work = BatchWork::new(&[BatchOperation { action, ..moving(node(1), node(3)) }]);
        let mut unit = unit(&[a_folder(3, "target").into()]);
        // It lies in a trashed folder, or is a top itself.
        let top = if is_apart { node(8) } else { node(1) };
        let trashed = TrashedItem { item: a_folder(1, "Work").into(), top, ..a_trashed_file() };
        unit.nodes.expect_find_trashed().times(1).return_once(move |_, _| Ok(Some(trashed)));
        let own = TrashedItem { item: a_folder(1, "Work").into(), top: node(1), ..a_trashed_file() };
        unit.nodes.expect_find_trashed().returning(move |_, _| Ok(Some(own.clone())));
        unit.nodes.expect_trash().returning(|_, _, _| Ok(Some(Measure::default())));
        if is_apart {
            let many = |_, items| Ok(Marked { items, measure: Measure::default() });
            unit.nodes.expect_mark_below().times(1).return_once(many);
        }
        unit.nodes.expect_mark_below().returning(|_, _| Ok(Marked::default()));
        let taken = PlaceItem::NameTaken { existing: node(9), kind: ItemKind::Folder };
        unit.nodes.expect_restore().times(1).return_once(|_| Err(taken));
        unit.nodes.expect_restore().returning(|_| Ok(Measure::default()));
        unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
        let many = |_, items| Ok(Marked { items, measure: Measure::default() });
        unit.nodes.expect_unmark_below().times(1).return_once(many);
        unit.nodes.expect_unmark_below().returning(|_, _| Ok(Marked::default()));
        unit.drives.expect_charge().returning(|_, _, _| Ok(()));
        assert!(advance(&mut work, &mut unit, 50).await.unwrap().is_empty());
        let context = Context::new(&TestPorts::default().ports(), &settings());
        while work.is_amidst() {
            // Units of other processes go on with it.
            let Ok(Rest::Batch(read)) = Rest::read(&Rest::Batch(work).write().unwrap()) else {
                unreachable!("it is a batch")
            };
            work = read;
            work.go_on(&context, &mut unit, &access(Right::Write), &entered()).await.unwrap();
        }
        let told = BatchOutcome::Done { item: Some(node(1)), requested_name: Some(name("Work")) };
        assert_eq!(outcomes(&work), [told], "{is_apart}");
    }
}

#[tokio::test]
async fn what_was_moved_in_a_unit_is_no_item_more_and_what_was_copied_is() {
    let folders = [a_folder(1, "a"), a_folder(2, "b"), a_folder(3, "c")];
    let mut items: Vec<Item> = folders.into_iter().map(Item::from).collect();
    items.push(a_file().into());
    let copying = || {
        let action = BatchAction::Copy { parent: node(3), name: None, on_conflict: OnConflict::Fail };
        BatchOperation { id: "copy".to_owned(), item: Some(a_file().id.into()), action }
    };
    let mut unit = unit(&items);
    unit.nodes.expect_insert().returning(|_| Ok(()));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    unit.blobs.expect_add_references().returning(|_| Ok(true));
    let all = [moving(node(1), node(3)), moving(node(2), node(3)), copying(), copying()];
    // Beside the root there are as many as that before the copies.
    let before = entered().nodes - 1;
    let done = advance_with(&mut BatchWork::new(&all), &mut unit, 50, Some(before + 2)).await;
    assert_eq!(done.unwrap().len(), 4);
    let refused = advance_with(&mut BatchWork::new(&all), &mut unit, 50, Some(before + 1)).await;
    let (at, error) = refused.unwrap_err();
    assert!(matches!((at, &error), (Some((3, 3)), TreeError::DriveFull)), "{at:?} {error:?}");
}

#[test]
fn a_cancelled_batch_ends_unless_an_item_is_half_in_the_trash() {
    let work = BatchWork::new(&[moving(node(1), node(3))]);
    assert_eq!(work.clone().cancelled(), None);
    let top = node(1);
    let amidst = BatchWork { current: Some((Work::Trash { top }, Some(top))), ..work };
    let cancelled = amidst.clone().cancelled().unwrap();
    assert_eq!(cancelled, BatchWork { is_cancelled: true, ..amidst });
    assert!(!cancelled.is_over());
}

#[tokio::test]
async fn a_cancelled_batch_does_not_go_on_after_the_item_that_was_amidst() {
    let work = BatchWork::new(&[deleting(node(1)), moving(node(2), node(3))]);
    let amidst = |work: &BatchWork, left| BatchWork {
        current: Some((left, None)),
        is_cancelled: true,
        ..work.clone()
    };
    let deletion = Work::Delete { top: node(1), is_marked: false, is_cancelled: true };
    let mut refused = amidst(&work, deletion.clone());
    refused.refuse(0, true, &TreeError::NotFound);
    assert!(refused.is_over());
    let mut unit = unit(&[a_folder(2, "b").into(), a_folder(3, "c").into()]);
    assert!(advance(&mut refused, &mut unit, 50).await.unwrap().is_empty());
    assert_eq!(refused.done(), 1, "the other one is not moved");

    // What stays in the trash is not deleted.
    unit.nodes.expect_mark_below().return_once(|_, _| Ok(Marked::default()));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let context = Context::new(&TestPorts::default().ports(), &settings());
    let mut stopped = amidst(&work, deletion);
    stopped.go_on(&context, &mut unit, &access(Right::Write), &entered()).await.unwrap();
    assert!(stopped.is_over() && stopped.done() == 0, "{stopped:?}");
}

#[test]
fn a_batch_is_read_as_it_was_written() {
    let copying = BatchAction::Copy {
        parent: node(2),
        name: Some("b.txt".parse().unwrap()),
        on_conflict: OnConflict::Rename,
    };
    let operations = [
        moving(node(1), node(3)),
        deleting(node(4)),
        BatchOperation { id: "no id".to_owned(), item: None, action: copying },
    ];
    let work = BatchWork::new(&operations).keyed("print".to_owned());
    let rest = Rest::Batch(work);
    assert_eq!(Rest::read(&rest.write().unwrap()).unwrap(), rest);
}
