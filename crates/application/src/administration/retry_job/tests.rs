#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{RetryJobError, RetryJobForAdmins};
use crate::administration::NotAllowed;
use crate::administration::fixture::{an_admin, asking, enqueuing, others};
use crate::fixture::{actor, by_ada, noted};
use crate::jobs::{DeadJobError, Job as _, JobRegistry, SweepBlobs, payload};
use crate::testing::TestPorts;
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::clock::Clock as _;
use fm_domain::ids::JobId;
use fm_domain::jobs::{JobRecord, JobState};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock};

fn dead() -> JobRecord {
    JobRecord {
        id: JobId::new(CountingIds::nth(77)),
        kind: SweepBlobs::kind(),
        payload: payload::write(&SweepBlobs {}).unwrap(),
        state: JobState::Dead,
        attempt: 5,
        run_at: FixedClock::NEW_YEAR.now(),
        last_error: None,
    }
}

async fn retry(doubles: TestPorts) -> Result<JobId, RetryJobError> {
    let registry = JobRegistry::standard();
    RetryJobForAdmins::new(&doubles.ports(), &crate::testing::settings(), &registry)
        .run(&actor(), dead().id)
        .await
}

#[tokio::test]
async fn an_admin_has_a_dead_job_tried_again_and_the_trail_names_both() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    unit.jobs.expect_take_dead().times(1).returning(|_| Ok(Some(dead())));
    enqueuing(&effects, &mut unit);
    let trail = unit.audit.clone();
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(asking(Some(an_admin()))).unit(unit);
    assert_ne!(retry(doubles).await.unwrap(), dead().id);
    assert_eq!(effects.seen(), ["sweep_blobs", "commit"]);
    let entry = by_ada(AuditAction::JOB_RETRIED, Some(dead().id.uuid()));
    assert_eq!(noted(&trail), [AuditEntry { account: None, ..entry }]);
}

#[tokio::test]
async fn a_job_that_is_not_dead_stays_and_others_may_not_ask() {
    let mut unit = FakeUnitOfWork::default();
    unit.jobs.expect_take_dead().returning(|_| Ok(None));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(asking(Some(an_admin()))).unit(unit);
    assert!(matches!(retry(doubles).await, Err(RetryJobError::Job(DeadJobError::NotFound))));
    for other in others() {
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(asking(other));
        let refused = retry(doubles).await;
        assert!(matches!(refused, Err(RetryJobError::NotAllowed(NotAllowed::NotAdmin))));
    }
}
