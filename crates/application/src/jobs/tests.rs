//! Tests of the small jobs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{
    Done, Job as _, JobContext, JobError, JobRegistry, ListJobs, ListedJob, PurgeBlob, RevokeSessions,
    ScheduleSweep, SweepBlobs, payload,
};
use crate::fixture::{FakeBlobs, claimed, enqueued, lost_race, once};
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::blobs::{BlobKey, Tombstone};
use fm_domain::clock::Clock as _;
use fm_domain::ids::{BlobId, JobId};
use fm_domain::jobs::{Enqueued, JobKind, JobPayload, JobRecord, JobState};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, a_session, a_user};
use serde_json::json;

fn finding(effects: &Effects, key: BlobKey, tombstone: Option<Tombstone>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_find_tombstone(), "find", |seen| {
        assert_eq!(*seen, key);
        Ok(tombstone.clone())
    });
    unit
}

async fn purge(ports: &Ports, blob: BlobId, thumbnail: bool) -> Result<Done, JobError> {
    let job = PurgeBlob { blob, thumbnail };
    job.run(&JobContext::new(ports), &claimed(&job, 1)).await
}

/// A unit that removes the row and completes the job.
fn removing_row(effects: &Effects, held: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_remove(), "remove row", |_| Ok(()));
    once!(effects, unit.jobs.expect_complete(), "complete", |_, _| Ok(held));
    unit
}

#[tokio::test]
async fn a_purge_deletes_the_bytes_before_it_removes_their_row_and_is_done_with_it() {
    let blob = BlobId::new(CountingIds::nth(1));
    for (thumbnail, key) in [(false, BlobKey::file(blob)), (true, BlobKey::thumbnail(blob))] {
        for (held, end) in [(true, "commit"), (false, "rollback")] {
            let effects = Effects::default();
            let tombstone = Tombstone { key, deleted_at: FixedClock::NEW_YEAR.now(), was_stored: true };
            let mut doubles = TestPorts::default();
            doubles.db =
                doubles.db.unit(finding(&effects, key, Some(tombstone))).unit(removing_row(&effects, held));
            let ports = FakeBlobs::noting(&effects).among(doubles);
            let done = purge(&ports, blob, thumbnail).await;
            assert_eq!(done.unwrap(), if held { Done::Completed } else { Done::Lost });
            let delete = format!("delete {}", key.bucket.as_str());
            assert_eq!(effects.seen(), ["find", "rollback", &delete, "remove row", "complete", end]);
        }
    }
}

#[tokio::test]
async fn a_blob_that_is_no_tombstone_is_never_deleted() {
    let effects = Effects::default();
    let blob = BlobId::new(CountingIds::nth(1));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(finding(&effects, BlobKey::file(blob), None));
    let ports = FakeBlobs::noting(&effects).among(doubles);
    let done = purge(&ports, blob, false).await;
    assert!(matches!(done, Ok(Done::Moot)));
    assert_eq!(effects.seen(), ["find", "rollback"]);
}

#[tokio::test]
async fn sessions_are_revoked_as_the_job_says() {
    let (user, but, before) = (a_user().id, Some(a_session().id), FixedClock::NEW_YEAR.now());
    let mut doubles = TestPorts::default();
    doubles.sessions.expect_revoke_all().times(1).returning(move |a, b, c| {
        assert_eq!((a, b, c), (user, but, before));
        Ok(())
    });
    let job = RevokeSessions { user, but, created_before: before.unix_micros() };
    let done = job.run(&JobContext::new(&doubles.ports()), &claimed(&job, 1)).await;
    assert!(matches!(done, Ok(Done::Moot)));
}

#[tokio::test]
async fn the_sweep_is_enqueued_once() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |job| {
        assert_eq!((enqueued(job), job.unique.as_deref()), (SweepBlobs {}, Some("sweep_blobs")));
        Ok(Enqueued::AlreadyThere)
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    ScheduleSweep::new(&doubles.ports()).run().await.unwrap();
    assert_eq!(effects.seen(), ["enqueue", "commit"]);
}

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
