#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::fixture::{lost_race, once};
use crate::jobs::{Job as _, JobRegistry, ListJobs, ListedJob, SweepBlobs, payload};
use crate::testing::TestPorts;
use fm_domain::clock::Clock as _;
use fm_domain::ids::JobId;
use fm_domain::jobs::{JobKind, JobPayload, JobRecord, JobState};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock};
use serde_json::json;

#[tokio::test]
async fn a_page_of_jobs_is_asked_for_again_after_a_lost_race() {
    let effects = Effects::default();
    let after = JobId::new(CountingIds::nth(1));
    let dead = JobRecord {
        id: JobId::new(CountingIds::nth(2)),
        kind: SweepBlobs::kind(),
        payload: payload::write(&SweepBlobs {}).unwrap(),
        state: JobState::Dead,
        attempt: 5,
        run_at: FixedClock::NEW_YEAR.now(),
        last_error: None,
    };
    let mut doubles = TestPorts::default();
    for found in [None, Some(vec![dead.clone()])] {
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.jobs.expect_list(), "list", |state, seen, limit| {
            assert_eq!((state, seen, limit), (Some(JobState::Dead), Some(after), 500));
            found.clone().ok_or_else(lost_race)
        });
        doubles.db = doubles.db.unit(unit);
    }
    let page = ListJobs::new(&doubles.ports(), &JobRegistry::standard())
        .run(Some(JobState::Dead), Some(after))
        .await;
    assert_eq!(page.unwrap(), [ListedJob { record: dead, unreadable: None }]);
    assert_eq!(effects.seen(), ["list", "drop", "list", "rollback"]);
}

#[tokio::test]
async fn a_job_that_this_node_cannot_run_is_listed_with_the_reason() {
    let effects = Effects::default();
    let of = |kind: &'static str, json| JobRecord {
        id: JobId::new(CountingIds::nth(2)),
        kind: JobKind::new(kind),
        payload: JobPayload::new(json),
        state: JobState::Waiting,
        attempt: 0,
        run_at: FixedClock::NEW_YEAR.now(),
        last_error: None,
    };
    let records = vec![
        of("sweep_blobs", json!({"work": "sweep_blobs"})),
        of("sweep_stars", json!({"work": "sweep_stars"})),
        of("sweep_blobs", json!({"work": "sweep_blobs", "deep": true})),
    ];
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.jobs.expect_list(), "list", |_, _, _| Ok(records.clone()));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    let page = ListJobs::new(&doubles.ports(), &JobRegistry::standard()).run(None, None).await.unwrap();
    let reasons = page.into_iter().map(|job| job.unreadable.map(|reason| reason.to_string()));
    let expected = [
        None,
        Some("unknown kind of job".to_owned()),
        Some("unknown payload: unknown field `deep`, there are no fields".to_owned()),
    ];
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
}
