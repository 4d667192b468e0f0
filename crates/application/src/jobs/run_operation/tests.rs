#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::RunOperation;
use crate::fixture::{claimed, enqueued, once, unavailable};
use crate::jobs::{Done, Job as _, JobContext, JobError};
use crate::testing::{TestPorts, settings};
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::events::{Change, Event};
use fm_domain::ids::OperationId;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, a_user};

fn job() -> RunOperation {
    RunOperation { owner: a_user().id, operation: OperationId::new(CountingIds::nth(7)) }
}

async fn run(reads: FakeReads) -> Result<Done, JobError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    job().run(&JobContext::new(&doubles.ports(), &settings()), &claimed(&job(), 1)).await
}

#[test]
fn it_follows_from_an_operation_once_and_works_for_its_owner() {
    let RunOperation { owner, operation } = job();
    let change = Change::OperationBegun { operation, owner };
    let event = Event { at: FixedClock::NEW_YEAR.now(), change };
    assert_eq!(RunOperation::after(&event), Some(job()));
    assert_eq!(job().owner(), Some(owner));
    assert_eq!(job().unique_name(), format!("run_operation:{operation}"));
}

#[tokio::test]
async fn an_operation_that_is_over_leaves_nothing_to_do() {
    let mut reads = FakeReads::default();
    reads.tree.expect_operation().return_once(|access, id| {
        assert_eq!((access.owner(), id), (a_user().id, job().operation));
        Ok(None)
    });
    assert_eq!(run(reads).await.unwrap(), Done::Moot);
}

#[tokio::test]
async fn a_store_that_is_out_of_reach_is_tried_again() {
    let mut reads = FakeReads::default();
    reads.tree.expect_operation().return_once(|_, _| Err(unavailable()));
    let outcome = run(reads).await;
    assert!(matches!(outcome, Err(JobError::Store(PortError::Unavailable(_)))), "{outcome:?}");
}

#[tokio::test]
async fn after_its_share_of_time_another_job_goes_on() {
    for (held, expected) in [(true, Done::Completed), (false, Done::Lost)] {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.jobs.expect_complete(), "complete", |_, attempt| {
            assert_eq!(attempt, 1);
            Ok(held)
        });
        let noted = effects.clone();
        unit.jobs.expect_enqueue().returning(move |next| {
            assert_eq!(enqueued::<RunOperation>(next), job());
            noted.note("again");
            Ok(Enqueued::Added)
        });
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.unit(unit);
        let context = JobContext::new(&doubles.ports(), &settings());
        assert_eq!(job().again(&context, &claimed(&job(), 1)).await.unwrap(), expected);
        let seen: &[&str] = if held { &["complete", "again", "commit"] } else { &["complete", "rollback"] };
        assert_eq!(effects.seen(), seen);
    }
}
