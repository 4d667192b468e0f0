#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::advance;
use crate::fixture::{once, unavailable};
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::tree::context::Context;
use crate::tree::copy_work::CopyWork;
use crate::tree::fixture::{a_folder, an_operation, before, drive, inside, node, operation_id};
use crate::tree::purge_work::PurgeWork;
use crate::tree::work::{Rest, Work};
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, a_user};
use fm_domain::tree::{
    Ancestor, EnterDrive, Item, Marked, Measure, Operation, OperationKind, OperationStatus, UNIT_ENTRIES,
};

/// Reads that find this operation.
fn reading(found: Option<Operation>) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.tree.expect_operation().return_once(move |access, id| {
        assert_eq!((access.owner(), id), (a_user().id, operation_id()));
        Ok(found)
    });
    reads
}

/// The unit that has locked the operation.
fn locking(mut unit: FakeUnitOfWork, found: Operation) -> FakeUnitOfWork {
    unit.operations.expect_find_for_update().return_once(move |_| Ok(Some(found)));
    unit
}

async fn run(reads: FakeReads, units: Vec<FakeUnitOfWork>) -> Result<bool, TreeError> {
    let mut doubles = TestPorts::default();
    doubles.db = units.into_iter().fold(doubles.db.reads(reads), fm_domain::testing::FakeDatabase::unit);
    advance(&Context::new(&doubles.ports(), &settings()), a_user().id, operation_id()).await
}

fn trashing(effects: &Effects, marked: u32) -> (Operation, FakeUnitOfWork) {
    let operation = an_operation(OperationKind::Trash, Work::Trash { top: node(1) });
    let mut unit = locking(inside(effects, &[]), operation.clone());
    unit.nodes.expect_mark_below().return_once(move |top, limit| {
        assert_eq!((top, limit), (node(1), UNIT_ENTRIES));
        Ok(Marked { items: marked, measure: Measure::default() })
    });
    unit.drives.expect_charge().return_once(|_, _, _| Ok(()));
    (operation, unit)
}

#[tokio::test]
async fn each_unit_stores_how_far_it_is_and_the_last_one_ends_the_operation() {
    for (marked, status) in [(UNIT_ENTRIES, OperationStatus::Running), (3, OperationStatus::Done)] {
        let effects = Effects::default();
        let (operation, mut unit) = trashing(&effects, marked);
        once!(effects, unit.operations.expect_update(), "update", |updated| {
            assert_eq!((updated.status, updated.done), (status, u64::from(marked)));
            assert_eq!(updated.total, (status == OperationStatus::Done).then_some(u64::from(marked)));
            assert_eq!(updated.rest.is_null(), status == OperationStatus::Done);
            Ok(true)
        });
        let is_running = run(reading(Some(operation)), vec![unit]).await.unwrap();
        assert_eq!(is_running, status == OperationStatus::Running);
        assert_eq!(effects.seen(), ["enter", "update", "commit"]);
    }
}

#[tokio::test]
async fn an_operation_that_has_ended_or_is_gone_does_nothing() {
    let ended = an_operation(OperationKind::Trash, Work::Trash { top: node(1) })
        .ended(OperationStatus::Done, before());
    assert!(!run(reading(Some(ended.clone())), vec![]).await.unwrap());
    assert!(!run(reading(None), vec![]).await.unwrap());
    // It ended after it was read.
    let effects = Effects::default();
    let running = an_operation(OperationKind::Trash, Work::Trash { top: node(1) });
    let unit = locking(inside(&effects, &[]), ended);
    assert!(!run(reading(Some(running)), vec![unit]).await.unwrap());
    assert_eq!(effects.seen(), ["enter", "rollback"]);
}

#[tokio::test]
async fn a_refusal_ends_it_as_failed_and_a_store_that_fails_does_not() {
    let effects = Effects::default();
    let copying = an_operation(OperationKind::Copy, Work::Copy(CopyWork::new(node(1), node(2))));
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.drives.expect_enter(), "enter", |_, _, _| Ok(crate::fixture::entered()));
    let mut unit = locking(unit, copying.clone());
    unit.nodes.expect_lineage().returning(|folder| Ok(vec![Ancestor { id: folder, name: None }]));
    let entry = Item::from(fm_domain::tree::Folder { parent: Some(node(1)), ..a_folder(3, "inner") });
    unit.nodes.expect_entries().times(1).return_once(|_, _, _| Ok(vec![entry]));
    unit.nodes.expect_entries().returning(|_, _, _| Ok(Vec::new()));
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_insert_many().returning(|_| Ok(()));
    unit.drives.expect_charge().return_once(|of, _, _| {
        assert_eq!(of, drive());
        Err(EnterDrive::QuotaExceeded { trash: ByteSize::ZERO, versions: ByteSize::ZERO })
    });
    let mut ending = locking(FakeUnitOfWork::noting(&effects), copying.clone());
    once!(effects, ending.operations.expect_update(), "end", |ended| {
        assert_eq!(ended.status, OperationStatus::Failed);
        let failed: Vec<_> = ended.failed.iter().map(|failed| (failed.id, failed.code.as_str())).collect();
        assert_eq!(failed, [(node(2), "quota_exceeded")]);
        Ok(true)
    });
    assert!(!run(reading(Some(copying)), vec![unit, ending]).await.unwrap());
    assert_eq!(effects.seen(), ["enter", "rollback", "end", "commit"]);

    let (operation, mut unit) = trashing(&effects, 1);
    unit.operations.expect_update().return_once(|_| Err(unavailable()));
    let outcome = run(reading(Some(operation)), vec![unit]).await;
    assert!(matches!(outcome, Err(TreeError::Store(PortError::Unavailable(_)))), "{outcome:?}");
}

#[tokio::test]
async fn a_purge_is_told_the_next_tops_before_its_unit_and_ends_where_there_are_none() {
    let effects = Effects::default();
    let purging = an_operation(OperationKind::EmptyTrash, Work::Purge(PurgeWork::new(before())));
    let mut looking = FakeReads::default();
    looking.tree.expect_trash().return_once(|_, of, filter, _| {
        assert_eq!((of, filter.before), (drive(), Some(before())));
        Ok(Vec::new())
    });
    let mut unit = locking(inside(&effects, &[]), purging.clone());
    once!(effects, unit.operations.expect_update(), "end", |ended| {
        assert_eq!(ended.status, OperationStatus::Done);
        Ok(true)
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reading(Some(purging))).reads(looking).unit(unit);
    let context = Context::new(&doubles.ports(), &settings());
    assert!(!advance(&context, a_user().id, operation_id()).await.unwrap());
    assert_eq!(effects.seen(), ["enter", "end", "commit"]);
}

#[test]
fn what_is_left_is_read_as_it_was_written() {
    let all = [
        Work::Trash { top: node(1) },
        Work::Restore { top: node(1) },
        Work::Delete { top: node(1), is_marked: true, is_cancelled: false },
        Work::Copy(CopyWork::new(node(1), node(2))),
        Work::Purge(PurgeWork::new(before())),
    ];
    for work in all {
        let rest = Rest::Item(work);
        assert_eq!(Rest::read(&rest.write().unwrap()).unwrap(), rest);
    }
    assert!(matches!(Rest::read(&serde_json::json!({"item": 3})), Err(PortError::Corrupt { .. })));
}
