//! Units of work with faults: a failure poisons them, a commit is done or not as it says.

use fm_application::jobs::{Job as _, SweepBlobs};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::JobId;
use fm_domain::jobs::NewJob;
use fm_resilience::fault::{Fault, Moment, Operation, When};
use uuid::Uuid;

use crate::faults::rig::{Rig, in_time, now};

fn job() -> NewJob {
    NewJob { unique: None, ..SweepBlobs {}.enqueued(JobId::new(Uuid::now_v7()), now()).unwrap() }
}

/// Enqueues a job and commits.
async fn unit(rig: &Rig) -> PortResult<()> {
    let mut unit = rig.db.begin().await?;
    unit.jobs().enqueue(&job()).await?;
    unit.commit().await
}

async fn jobs(rig: &Rig) -> u64 {
    rig.db.begin().await.unwrap().jobs().count_living().await.unwrap()
}

#[tokio::test]
async fn a_commit_that_fails_before_has_done_nothing() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::UnitCommit, 1), Fault::FailBefore);
    assert!(matches!(unit(&rig).await, Err(PortError::Unavailable(_))));
    assert_eq!(jobs(&rig).await, 0);
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_has_done_everything() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::UnitCommit, 1), Fault::LoseAnswer);
    assert!(matches!(unit(&rig).await, Err(PortError::Unavailable(_))));
    assert_eq!(jobs(&rig).await, 1);
}

#[tokio::test]
async fn a_commit_that_loses_a_race_has_done_nothing_and_can_be_tried_again() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::UnitCommit, 1), Fault::Contend);
    assert!(matches!(unit(&rig).await, Err(PortError::Contended(_))));
    assert_eq!(jobs(&rig).await, 0);
    unit(&rig).await.unwrap();
    assert_eq!(jobs(&rig).await, 1);
}

#[tokio::test]
async fn a_planned_failure_of_a_statement_poisons_its_unit() {
    for fault in [Fault::FailBefore, Fault::LoseAnswer, Fault::Contend] {
        let rig = Rig::new();
        rig.faults.plan(When::Nth(Operation::JobQueueEnqueue, 2), fault);
        let mut unit = rig.db.begin().await.unwrap();
        unit.jobs().enqueue(&job()).await.unwrap();
        assert!(unit.jobs().enqueue(&job()).await.is_err(), "{fault:?}");
        let committed = unit.commit().await;
        assert!(matches!(committed, Err(PortError::Poisoned)), "{fault:?}: {committed:?}");
        assert_eq!(jobs(&rig).await, 0, "{fault:?}");
    }
}

#[tokio::test]
async fn a_duplicated_statement_has_its_effect_twice_in_one_unit() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::JobQueueClaim, 1), Fault::Duplicate);
    let mut unit = rig.db.begin().await.unwrap();
    unit.jobs().enqueue(&job()).await.unwrap();
    let later = now().plus(std::time::Duration::from_mins(1));
    let claimed = unit.jobs().claim(&[SweepBlobs::kind()], now(), later, 1).await.unwrap();
    assert_eq!(claimed, [], "the first answer held the job and was lost");
}

#[tokio::test(start_paused = true)]
async fn a_unit_whose_commit_hangs_is_undone_or_done_by_where_it_hangs() {
    for (moment, living) in [(Moment::Before, 0), (Moment::After, 1)] {
        let rig = Rig::new();
        rig.faults.plan(When::Nth(Operation::UnitCommit, 1), Fault::Hang(moment));
        assert!(in_time(unit(&rig)).await.is_none(), "{moment:?}");
        assert_eq!(jobs(&rig).await, living, "{moment:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_inside_a_unit_undoes_it_once_the_use_case_is_dropped() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::JobQueueEnqueue, 1), Fault::Crash(Moment::After));
    tokio::select! {
        ended = unit(&rig) => panic!("the dead answered {ended:?}"),
        operation = rig.faults.crashed() => assert_eq!(operation, Operation::JobQueueEnqueue),
    }
    rig.faults.reset();
    assert_eq!(jobs(&rig).await, 0);
}
