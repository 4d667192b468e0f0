#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{DeadJobError, DiscardJob, RetryJob};
use crate::fixture::{by_ada, enqueued, noted, once};
use crate::jobs::{Job as _, JobRegistry, MakeThumbnail, payload};
use crate::testing::TestPorts;
use fm_domain::access::Client;
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::clock::Clock as _;
use fm_domain::files::ThumbnailState;
use fm_domain::ids::JobId;
use fm_domain::jobs::{Enqueued, JobPayload, JobRecord, JobState};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, a_file};
use serde_json::json;

fn old() -> JobId {
    JobId::new(CountingIds::nth(77))
}

fn dead(payload: JobPayload) -> JobRecord {
    JobRecord {
        id: old(),
        kind: MakeThumbnail::kind(),
        payload,
        state: JobState::Dead,
        attempt: 8,
        run_at: FixedClock::NEW_YEAR.now(),
        last_error: Some("hopeless".to_owned()),
    }
}

/// The entry of what an operator does with the dead job.
fn by_operator(action: AuditAction) -> AuditEntry {
    let client = Client::default();
    AuditEntry { actor: None, account: None, client, ..by_ada(action, Some(old().uuid())) }
}

/// The payload of a newer version.
fn unknown() -> JobPayload {
    JobPayload::new(json!({"work": "make_thumbnail", "format": "avif"}))
}

fn thumbnail() -> MakeThumbnail {
    MakeThumbnail { owner: a_file().owner, file: a_file().id, blob: a_file().blob, failures: 0 }
}

fn taking(effects: &Effects, found: Option<JobRecord>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.jobs.expect_take_dead(), "take", |id| {
        assert_eq!(id, old());
        Ok(found.clone())
    });
    unit
}

fn doubles(unit: FakeUnitOfWork) -> TestPorts {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    doubles
}

fn retrying(unit: FakeUnitOfWork) -> RetryJob {
    RetryJob::new(&doubles(unit).ports(), &crate::testing::settings(), &JobRegistry::standard())
}

#[tokio::test]
async fn a_dead_thumbnail_is_pending_again_and_its_job_a_new_one() {
    let effects = Effects::default();
    let mut unit = taking(&effects, Some(dead(payload::write(&thumbnail()).unwrap())));
    unit.drives.expect_enter().times(1).returning(|_, _, _| Ok(crate::fixture::entered()));
    once!(effects, unit.files.expect_set_thumbnail(), "pending", |id, blob, state| {
        assert_eq!((id, blob, state), (a_file().id, a_file().blob, &ThumbnailState::Pending));
        Ok(true)
    });
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |job| {
        assert_eq!((enqueued(job), job.unique.as_ref()), (thumbnail(), Some(&thumbnail().unique_name())));
        assert_ne!(job.id, old());
        Ok(Enqueued::Added)
    });
    let trail = unit.audit.clone();
    let new = retrying(unit).run(old()).await.unwrap();
    assert_eq!(noted(&trail), [by_operator(AuditAction::JOB_RETRIED)]);
    assert_ne!(new, old());
    assert_eq!(effects.seen(), ["take", "pending", "enqueue", "commit"]);
}

#[tokio::test]
async fn what_is_not_dead_or_not_understood_is_not_tried_again() {
    let effects = Effects::default();
    let retry = async |found| retrying(taking(&effects, found)).run(old()).await;
    assert!(matches!(retry(None).await, Err(DeadJobError::NotFound)));
    assert!(matches!(retry(Some(dead(unknown()))).await, Err(DeadJobError::Unreadable(_))));
    assert_eq!(effects.seen(), ["take", "rollback", "take", "rollback"]);
}

#[tokio::test]
async fn a_dead_job_is_let_go_even_when_it_is_not_understood() {
    let effects = Effects::default();
    let discard = async |found| DiscardJob::new(&doubles(taking(&effects, found)).ports()).run(old()).await;
    let unit = taking(&effects, Some(dead(unknown())));
    let trail = unit.audit.clone();
    assert!(DiscardJob::new(&doubles(unit).ports()).run(old()).await.is_ok());
    assert_eq!(noted(&trail), [by_operator(AuditAction::JOB_DISCARDED)]);
    assert!(matches!(discard(None).await, Err(DeadJobError::NotFound)));
    assert_eq!(effects.seen(), ["take", "commit", "take", "rollback"]);
}
