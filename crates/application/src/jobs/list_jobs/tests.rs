#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::fixture::unavailable;
use crate::jobs::{Job as _, JobRegistry, ListJobs, ListedJob, SweepBlobs, payload};
use crate::testing::TestPorts;
use fm_domain::clock::Clock as _;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::JobId;
use fm_domain::jobs::{JobKind, JobPayload, JobRecord, JobState};
use fm_domain::testing::{CountingIds, FakeReads, FixedClock};
use serde_json::json;

/// Doubles whose queue answers so when it is asked for this page, and which begin no unit of work.
fn listing(state: Option<JobState>, after: Option<JobId>, page: PortResult<Vec<JobRecord>>) -> TestPorts {
    let mut reads = FakeReads::default();
    reads.jobs.expect_list().times(1).return_once(move |asked, seen, limit| {
        assert_eq!((asked, seen, limit), (state, after, 500));
        page
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    doubles
}

#[tokio::test]
async fn a_page_of_jobs_is_listed_by_reads_alone() {
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
    let doubles = listing(Some(JobState::Dead), Some(after), Ok(vec![dead.clone()]));
    let page = ListJobs::new(&doubles.ports(), &JobRegistry::standard())
        .run(Some(JobState::Dead), Some(after))
        .await;
    assert_eq!(page.unwrap(), [ListedJob { record: dead, unreadable: None }]);
}

#[tokio::test]
async fn a_store_out_of_reach_is_told() {
    let doubles = listing(None, None, Err(unavailable()));
    let page = ListJobs::new(&doubles.ports(), &JobRegistry::standard()).run(None, None).await;
    assert!(matches!(page, Err(PortError::Unavailable(_))), "{page:?}");
}

#[tokio::test]
async fn a_job_that_this_node_cannot_run_is_listed_with_the_reason() {
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
    let doubles = listing(None, None, Ok(records));
    let page = ListJobs::new(&doubles.ports(), &JobRegistry::standard()).run(None, None).await.unwrap();
    let reasons = page.into_iter().map(|job| job.unreadable.map(|reason| reason.to_string()));
    let expected = [
        None,
        Some("unknown kind of job".to_owned()),
        Some("unknown payload: unknown field `deep`, there are no fields".to_owned()),
    ];
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
}
