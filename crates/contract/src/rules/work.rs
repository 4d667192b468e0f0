//! KEY, UPLOAD and JOB: exact ends of leases, rows that are written twice, and what a retry keeps.

use std::time::Duration;

use fm_domain::files::Sha256;
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim};
use fm_domain::ids::{BlobId, FileId, JobId, UserId};
use fm_domain::jobs::{Enqueued, JobState, NewJob, Priority};
use fm_domain::uploads::{Transport, Upload};

use crate::fixture::database::{Given, given};
use crate::fixture::poll::cut_after;
use crate::fixture::{UNTIL_SIGNALLED, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

fn claim(user: UserId, attempt: BlobId, lease_until: i64) -> KeyClaim {
    KeyClaim { user, key: "key".parse().unwrap(), attempt, lease_until: at(lease_until) }
}

pub(crate) async fn key_12_a_finished_key_is_neither_freed_renewed_nor_finished_again<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (user, attempt) = (given.owner().await, BlobId::new(uuid()));
    let upload = FinishedUpload {
        file: FileId::new(uuid()),
        name: fill::name("  it's \u{202E}100%_ 🦀.txt "),
        sha256: Sha256::new([0xfe; 32]),
    };
    let other = FinishedUpload { file: FileId::new(uuid()), ..upload.clone() };
    let mut unit = given.unit().await;
    let keys = unit.keys();
    assert_eq!(keys.claim(&claim(user, attempt, 60), at(0)).await.unwrap(), Claimed::Held);
    assert!(keys.finish(attempt, &upload, at(100)).await.unwrap());
    assert!(!keys.finish(attempt, &other, at(900)).await.unwrap(), "a second time");
    assert!(!keys.renew(attempt, at(900)).await.unwrap(), "there is no lease any more");
    keys.free(attempt).await.unwrap();
    let again = claim(user, attempt, 200);
    assert_eq!(keys.claim(&again, at(1)).await.unwrap(), Claimed::Done(upload.clone()), "its own attempt");
    let next = claim(user, BlobId::new(uuid()), 200);
    assert_eq!(keys.claim(&next, at(99)).await.unwrap(), Claimed::Done(upload));
    assert_eq!(keys.claim(&next, at(100)).await.unwrap(), Claimed::Held, "at its end it is forgotten");
    unit.commit().await.unwrap();
}

pub(crate) async fn key_13_a_lease_is_over_at_its_end_to_the_microsecond<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = given.owner().await;
    let (first, second) = (BlobId::new(uuid()), BlobId::new(uuid()));
    let end = at(60).plus(Duration::from_micros(5));
    let mut unit = given.unit().await;
    let keys = unit.keys();
    let mine = KeyClaim { lease_until: end, ..claim(user, first, 0) };
    assert_eq!(keys.claim(&mine, at(0)).await.unwrap(), Claimed::Held);
    let theirs = claim(user, second, 300);
    let before = end.minus(Duration::from_micros(1));
    assert_eq!(keys.claim(&theirs, before).await.unwrap(), Claimed::Running { lease_until: end });
    assert_eq!(keys.purge_expired(end, 10).await.unwrap(), 0, "not before its end is over");
    assert_eq!(keys.claim(&theirs, end).await.unwrap(), Claimed::Held, "at its end");
    unit.commit().await.unwrap();
}

pub(crate) async fn upload_17_uploads_of_every_transport_expire_and_none_changes_another<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let of = |transport| Upload { transport, expires_at: at(10), ..fill::upload(owner) };
    let (resumable, direct) = (of(Transport::Resumable), of(Transport::Direct));
    given.upload(resumable.clone()).await;
    given.upload(direct.clone()).await;
    let mut unit = given.unit().await;
    let expired = unit.uploads().expired(at(11), 10).await.unwrap();
    assert_eq!(expired.len(), 2, "one of each transport: {expired:?}");
    let further = Upload { offset: fill::bytes(7 << 32), ..direct.clone() };
    unit.uploads().update(&further, direct.epoch).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.stored_upload(owner, direct.id).await, Some(further));
    assert_eq!(given.stored_upload(owner, resumable.id).await, Some(resumable));
}

pub(crate) async fn upload_18_a_second_upload_with_one_id_is_an_error<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let first = given.upload(fill::upload(owner)).await;
    let mut unit = given.unit().await;
    let second = Upload { id: first.id, offset: fill::bytes(9), ..fill::upload(owner) };
    match unit.uploads().insert(&second).await {
        Ok(()) => assert!(unit.commit().await.is_err(), "two uploads have one id"),
        Err(_) => drop(unit),
    }
    assert_eq!(given.stored_upload(owner, first.id).await, Some(first));
}

pub(crate) async fn job_23_a_lease_is_over_at_its_end_to_the_microsecond<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let due = at(5).plus(Duration::from_micros(7));
    given.jobs(&[NewJob { run_at: due, ..fill::job() }]).await;
    let end = at(60).plus(Duration::from_micros(3));
    let micro = Duration::from_micros(1);
    assert_eq!(given.claim(due.minus(micro), end, 10).await, [], "a microsecond too early");
    assert_eq!(given.claim(due, end, 10).await.len(), 1, "at its moment");
    assert_eq!(
        given.claim(end.minus(micro), at(120), 10).await,
        [],
        "a microsecond before the end of its lease"
    );
    let mut unit = given.unit().await;
    assert_eq!(unit.jobs().next_due(&fill::KINDS).await.unwrap(), Some(end));
    unit.rollback().await.unwrap();
    assert_eq!(given.claim(end, at(120), 10).await.len(), 1, "at the end of its lease");
}

pub(crate) async fn job_24_a_job_that_no_worker_holds_takes_no_answer<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (waiting, failed, dead) = (fill::job(), fill::job(), fill::job());
    given.jobs(&[failed.clone(), dead.clone()]).await;
    given.claim(at(1), at(60), 10).await;
    given.jobs(std::slice::from_ref(&waiting)).await;
    let mut unit = given.unit().await;
    let jobs = unit.jobs();
    assert!(jobs.fail(failed.id, 1, Some(at(500)), "later").await.unwrap());
    assert!(jobs.fail(dead.id, 1, None, "never").await.unwrap());
    for (job, attempt) in [(&waiting, 0), (&waiting, 1), (&failed, 1), (&failed, 2), (&dead, 1)] {
        assert!(!jobs.complete(job.id, attempt).await.unwrap(), "it was completed");
        assert!(!jobs.renew(job.id, attempt, at(900)).await.unwrap(), "it was renewed");
        assert!(!jobs.fail(job.id, attempt, Some(at(900)), "again").await.unwrap(), "it failed again");
    }
    unit.commit().await.unwrap();
    let mut reads = given.read().await;
    assert_eq!(reads.jobs().list(None, None, 10).await.unwrap().len(), 3, "all are there");
    let dead_ones = reads.jobs().list(Some(JobState::Dead), None, 10).await.unwrap();
    assert_eq!(dead_ones.iter().map(|job| job.id).collect::<Vec<_>>(), [dead.id]);
    assert_eq!(given.claim(at(1), at(60), 10).await.len(), 1, "the one that waits is as it was");
}

impl Given {
    /// Fails what is claimed now; it is due again at this second.
    async fn fail_all(&self, now: i64, retry_at: i64, reason: &str) -> usize {
        let claimed = self.claim(at(now), at(now + 60), 10).await;
        let mut unit = self.unit().await;
        for job in &claimed {
            assert!(unit.jobs().fail(job.id, job.attempt, Some(at(retry_at)), reason).await.unwrap());
        }
        unit.commit().await.unwrap();
        claimed.len()
    }
}

pub(crate) async fn job_25_a_retry_keeps_the_name_the_priority_and_the_first_time_of_its_job<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let urgent = NewJob {
        priority: Priority::new(i16::MAX),
        run_at: at(5),
        unique: Some("only".to_owned()),
        ..fill::job()
    };
    let lazy = NewJob { priority: Priority::new(i16::MIN), run_at: at(1), ..fill::job() };
    given.jobs(&[lazy.clone(), urgent.clone()]).await;
    let reasons = ["it's \"broken\"; -- 100%_", "🦀 \u{202E}ש \\n\n\ttwo lines", &"long ".repeat(2_000)];
    for (number, reason) in (1..).zip(reasons) {
        assert_eq!(given.fail_all(number * 100, (number + 1) * 100, reason).await, 2);
        let mut unit = given.unit().await;
        let again = NewJob { id: JobId::new(uuid()), ..urgent.clone() };
        assert_eq!(
            unit.jobs().enqueue(&again).await.unwrap(),
            Enqueued::AlreadyThere,
            "its name while it waits"
        );
        unit.rollback().await.unwrap();
        let listed = given.read().await.jobs().list(Some(JobState::Waiting), None, 10).await.unwrap();
        assert_eq!(listed.len(), 2);
        for record in listed {
            let job = if record.id == urgent.id { &urgent } else { &lazy };
            assert_eq!(record.last_error.as_deref(), Some(reason));
            assert_eq!(
                (i64::from(record.attempt), record.run_at),
                (number, job.run_at),
                "when it was to run first"
            );
        }
    }
    let claimed = given.claim(at(400), at(460), 10).await;
    let expected = [(urgent.id, 4, urgent.run_at), (lazy.id, 4, lazy.run_at)];
    assert_eq!(claimed.iter().map(|job| (job.id, job.attempt, job.run_at)).collect::<Vec<_>>(), expected);
}

pub(crate) async fn job_26_a_second_job_with_one_id_is_an_error<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let first = fill::job();
    given.jobs(std::slice::from_ref(&first)).await;
    let mut unit = given.unit().await;
    let second = NewJob { id: first.id, ..fill::job_of(fill::SWEEP) };
    assert!(unit.jobs().enqueue(&second).await.is_err(), "two jobs have one id");
    drop(unit);
    let claimed = given.claim(at(1), at(60), 10).await;
    assert_eq!(
        claimed.iter().map(|job| (&job.kind, &job.payload)).collect::<Vec<_>>(),
        [(&first.kind, &first.payload)]
    );
}

pub(crate) async fn job_27_a_wait_that_was_dropped_loses_no_signal<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let signal = harness.signal();
    for _ in 0..3 {
        // One waiter looks once and leaves; one is there when the signal comes and leaves before it looks.
        cut_after(1, signal.wait(UNTIL_SIGNALLED)).await;
        let heard = tokio::select! {
            biased;
            heard = signal.wait(UNTIL_SIGNALLED) => heard,
            () = async { given.jobs(&[fill::job()]).await } => false,
        };
        if !heard {
            soon("a signal that came between two waits", signal.wait(UNTIL_SIGNALLED)).await;
        }
    }
}
