#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use super::{EmptyTrash, EmptyTrashCommand};
use crate::fixture::{actor, by_ada, noted, once};
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::tree::fixture::{inside, with_job};
use crate::tree::purge_work::PurgeWork;
use crate::tree::work::{Rest, Work};
use fm_domain::access::Scopes;
use fm_domain::audit::AuditAction;
use fm_domain::clock::Clock as _;
use fm_domain::testing::{Effects, FixedClock, a_user};
use fm_domain::tree::{MAX_ENDED_OPERATIONS, MAX_RUNNING_OPERATIONS, OperationKind, OperationStatus};

#[tokio::test]
async fn it_is_an_operation_on_what_is_there_now_or_old_enough() {
    let now = FixedClock::NEW_YEAR.now();
    let day = Duration::from_hours(24);
    let cases = [(None, now.plus(Duration::from_micros(1))), (Some(0), now), (Some(7), now.minus(7 * day))];
    for (older_than_days, before) in cases {
        let effects = Effects::default();
        let mut unit = with_job(inside(&effects, &[]), &effects);
        once!(effects, unit.operations.expect_insert(), "accept", |operation| {
            assert_eq!(operation.kind, OperationKind::EmptyTrash);
            let left = Rest::Item(Work::Purge(PurgeWork::new(before)));
            assert_eq!(Rest::read(&operation.rest).unwrap(), left);
            Ok(())
        });
        let trail = unit.audit.clone();
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.unit(unit);
        let empty = EmptyTrash::new(&doubles.ports(), &settings());
        let view = empty.run(&actor(), EmptyTrashCommand { older_than_days }).await.unwrap();
        assert_eq!(view.operation.status, OperationStatus::Running);
        assert_eq!(effects.seen(), ["enter", "accept", "job", "commit"]);
        let begun = by_ada(AuditAction::OPERATION_BEGUN, Some(view.operation.id.uuid()));
        assert_eq!(noted(&trail), [begun], "who asked, and from where");
    }
}

#[tokio::test]
async fn a_user_has_a_bounded_number_of_operations_under_way_and_of_those_that_ended() {
    for (running, is_refused) in [(MAX_RUNNING_OPERATIONS - 1, false), (MAX_RUNNING_OPERATIONS, true)] {
        let effects = Effects::default();
        let mut unit = inside(&effects, &[]);
        unit.operations.checkpoint();
        once!(effects, unit.operations.expect_make_room(), "make room", |owner, keep| {
            assert_eq!((owner, keep), (a_user().id, MAX_ENDED_OPERATIONS));
            Ok(running)
        });
        let noted = effects.clone();
        unit.operations.expect_insert().returning(move |_| {
            noted.note("accept");
            Ok(())
        });
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.unit(unit);
        let empty = EmptyTrash::new(&doubles.ports(), &settings());
        let begun = empty.run(&actor(), EmptyTrashCommand { older_than_days: None }).await;
        assert_eq!(matches!(begun, Err(TreeError::TooManyOperations)), is_refused, "{begun:?}");
        let end: &[&str] = if is_refused { &["rollback"] } else { &["accept", "commit"] };
        assert_eq!(effects.seen(), [&["enter", "make room"][..], end].concat());
    }
}

#[tokio::test]
async fn without_the_right_nothing_is_asked() {
    let empty = EmptyTrash::new(&TestPorts::default().ports(), &settings());
    let command = EmptyTrashCommand { older_than_days: None };
    let refused = empty.run(&actor().limited_to(Scopes::NONE), command).await;
    assert!(matches!(refused, Err(TreeError::Denied(_))), "{refused:?}");
}
