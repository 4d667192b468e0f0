#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::CancelOperation;
use crate::fixture::{actor, by_ada, noted, once};
use crate::testing::{TestPorts, settings};
use crate::tree::copy_work::CopyWork;
use crate::tree::fixture::{an_operation, before, node, operation_id};
use crate::tree::purge_work::PurgeWork;
use crate::tree::work::{Rest, Work};
use crate::tree::{OperationView, TreeError};
use fm_domain::audit::AuditAction;
use fm_domain::ids::UserId;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork};
use fm_domain::tree::{Operation, OperationKind, OperationStatus};

fn finding(effects: &Effects, found: Option<Operation>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    unit.operations.expect_find_for_update().return_once(move |id| {
        assert_eq!(id, operation_id());
        Ok(found)
    });
    unit
}

fn updating(effects: &Effects, found: Operation) -> FakeUnitOfWork {
    let mut unit = finding(effects, Some(found));
    once!(effects, unit.operations.expect_update(), "update", |_| Ok(true));
    unit
}

async fn cancel(unit: FakeUnitOfWork) -> Result<OperationView, TreeError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    CancelOperation::new(&doubles.ports(), &settings()).run(&actor(), operation_id()).await
}

#[tokio::test]
async fn copies_and_removals_end_where_they_are() {
    for (kind, work) in [
        (OperationKind::Copy, Work::Copy(CopyWork::new(node(1), node(2)))),
        (OperationKind::EmptyTrash, Work::Purge(PurgeWork::new(before()))),
        (OperationKind::Delete, Work::Delete { top: node(1), is_marked: true, is_cancelled: false }),
    ] {
        let effects = Effects::default();
        let unit = updating(&effects, an_operation(kind, work));
        let trail = unit.audit.clone();
        let view = cancel(unit).await.unwrap();
        assert_eq!(view.operation.status, OperationStatus::Cancelled, "{kind:?}");
        let entry = by_ada(AuditAction::OPERATION_CANCELLED, Some(operation_id().uuid()));
        assert_eq!(noted(&trail), [entry], "{kind:?}");
        assert!(view.operation.ended_at.is_some() && view.operation.rest.is_null());
        assert_eq!(effects.seen(), ["update", "commit"]);
    }
}

#[tokio::test]
async fn what_is_half_in_the_trash_or_half_out_of_it_goes_on() {
    for (kind, work) in [
        (OperationKind::Trash, Work::Trash { top: node(1) }),
        (OperationKind::Restore, Work::Restore { top: node(1) }),
    ] {
        let effects = Effects::default();
        let running = an_operation(kind, work);
        let unit = finding(&effects, Some(running.clone()));
        let trail = unit.audit.clone();
        let view = cancel(unit).await.unwrap();
        assert_eq!(view.operation, running);
        assert_eq!(noted(&trail), []);
        assert_eq!(effects.seen(), ["rollback"]);
    }
}

#[tokio::test]
async fn a_deletion_ends_once_all_is_in_the_trash() {
    let effects = Effects::default();
    let work = |is_cancelled| Work::Delete { top: node(1), is_marked: false, is_cancelled };
    let view = cancel(updating(&effects, an_operation(OperationKind::Delete, work(false)))).await.unwrap();
    assert_eq!(view.operation.status, OperationStatus::Running);
    assert_eq!(Rest::read(&view.operation.rest).unwrap(), Rest::Item(work(true)));
    assert_eq!(effects.seen(), ["update", "commit"]);
}

#[tokio::test]
async fn what_has_ended_stays_and_what_is_not_the_callers_is_not_found() {
    let effects = Effects::default();
    let work = Work::Restore { top: node(1) };
    let ended = an_operation(OperationKind::Restore, work).ended(OperationStatus::Done, before());
    let view = cancel(finding(&effects, Some(ended.clone()))).await.unwrap();
    assert_eq!(view.operation, ended);
    let others = Operation { owner: UserId::new(CountingIds::nth(77)), ..ended };
    for found in [None, Some(others)] {
        let refused = cancel(finding(&effects, found)).await;
        assert!(matches!(refused, Err(TreeError::NotFound)), "{refused:?}");
    }
    assert_eq!(effects.seen(), ["rollback"].repeat(3));
}
