//! KEY, UPLOAD and JOB: what is left of earlier claims, attempts and signals.

use std::time::Duration;

use fm_domain::files::Sha256;
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim};
use fm_domain::ids::{BlobId, FileId, JobId, UploadId, UserId};
use fm_domain::jobs::{JobRecord, JobState, NewJob, Priority};
use fm_domain::uploads::Upload;

use crate::fixture::database::{Given, given};
use crate::fixture::{UNTIL_SIGNALLED, access_of, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

fn claim(user: UserId, key: &str, lease_until: i64) -> KeyClaim {
    KeyClaim { user, key: key.parse().unwrap(), attempt: BlobId::new(uuid()), lease_until: at(lease_until) }
}

fn finished(file: FileId, name: &str) -> FinishedUpload {
    FinishedUpload { file, name: fill::name(name), sha256: Sha256::new([3; 32]) }
}

pub(crate) async fn key_14_a_holder_that_claims_again_holds_until_its_new_end<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let user = given.owner().await;
    let mine = claim(user, "key", 60);
    let mut unit = given.unit().await;
    assert_eq!(unit.keys().claim(&mine, at(0)).await.unwrap(), Claimed::Held);
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    let again = KeyClaim { lease_until: at(90), ..mine };
    assert_eq!(unit.keys().claim(&again, at(30)).await.unwrap(), Claimed::Held);
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    let theirs = claim(user, "key", 200);
    let running = Claimed::Running { lease_until: at(90) };
    assert_eq!(unit.keys().claim(&theirs, at(70)).await.unwrap(), running, "after its first end");
    assert_eq!(unit.keys().claim(&theirs, at(90)).await.unwrap(), Claimed::Held, "at its new end");
    unit.rollback().await.unwrap();
}

pub(crate) async fn key_15_a_key_that_is_claimed_again_remembers_no_earlier_upload<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let user = given.owner().await;
    let (first, second, third) = (claim(user, "key", 60), claim(user, "key", 300), claim(user, "key", 400));
    let (old, new) = (finished(FileId::new(uuid()), "old"), finished(FileId::new(uuid()), "new"));
    let mut unit = given.unit().await;
    assert_eq!(unit.keys().claim(&first, at(0)).await.unwrap(), Claimed::Held);
    assert!(unit.keys().finish(first.attempt, &old, at(100)).await.unwrap());
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    let keys = unit.keys();
    assert_eq!(keys.claim(&second, at(200)).await.unwrap(), Claimed::Held, "the first upload is forgotten");
    let running = Claimed::Running { lease_until: at(300) };
    assert_eq!(keys.claim(&third, at(250)).await.unwrap(), running, "it was claimed again");
    keys.free_file(old.file).await.unwrap();
    assert_eq!(keys.claim(&third, at(250)).await.unwrap(), running, "the first upload's file was freed");
    assert!(keys.finish(second.attempt, &new, at(900)).await.unwrap());
    assert_eq!(keys.claim(&third, at(350)).await.unwrap(), Claimed::Done(new));
    unit.commit().await.unwrap();
}

pub(crate) async fn key_16_every_key_of_a_file_is_freed_and_no_other<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = given.owner().await;
    let (file, other) = (FileId::new(uuid()), FileId::new(uuid()));
    let mut unit = given.unit().await;
    for (key, file) in [("one", file), ("two", file), ("three", file), ("kept", other)] {
        let claim = claim(user, key, 60);
        assert_eq!(unit.keys().claim(&claim, at(0)).await.unwrap(), Claimed::Held);
        assert!(unit.keys().finish(claim.attempt, &finished(file, "file"), at(900)).await.unwrap());
    }
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    unit.keys().free_file(file).await.unwrap();
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    for key in ["one", "two", "three"] {
        let again = unit.keys().claim(&claim(user, key, 60), at(1)).await.unwrap();
        assert_eq!(again, Claimed::Held, "the key {key}");
    }
    let kept = unit.keys().claim(&claim(user, "kept", 60), at(1)).await.unwrap();
    assert_eq!(kept, Claimed::Done(finished(other, "file")), "the key of another file");
    unit.rollback().await.unwrap();
}

pub(crate) async fn upload_19_of_uploads_of_one_moment_the_larger_id_is_found<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut ids = [uuid(), uuid(), uuid()].map(UploadId::new);
    ids.sort();
    // Neither the first nor the last that was added.
    for place in [1, 2, 0] {
        let key = Some("key".parse().unwrap());
        given.upload(Upload { id: ids[place], key, created_at: at(7), ..fill::upload(owner) }).await;
    }
    let mut unit = given.unit().await;
    let found = unit.uploads().find_by_key(&access_of(owner), &"key".parse().unwrap()).await.unwrap();
    assert_eq!(found.map(|upload| upload.id), Some(ids[2]));
    unit.rollback().await.unwrap();
}

impl Given {
    async fn listed(&self, state: JobState, after: Option<JobId>, limit: u32) -> Vec<JobRecord> {
        self.read().await.jobs().list(Some(state), after, limit).await.unwrap()
    }

    /// Commits these jobs and lets the first attempt at each fail for good.
    async fn dead_jobs(&self, jobs: &[NewJob], reason: &str) {
        self.jobs(jobs).await;
        let claimed = self.claim(at(1), at(60), 100).await;
        let mut unit = self.unit().await;
        for job in claimed {
            assert!(unit.jobs().fail(job.id, job.attempt, None, reason).await.unwrap());
        }
        unit.commit().await.unwrap();
    }
}

pub(crate) async fn job_30_a_retry_is_due_and_in_order_at_its_own_time<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let retried = fill::job();
    given.jobs(std::slice::from_ref(&retried)).await;
    given.claim(at(1), at(60), 10).await;
    let mut unit = given.unit().await;
    assert!(unit.jobs().fail(retried.id, 1, Some(at(100)), "later").await.unwrap());
    unit.commit().await.unwrap();
    let between = NewJob { run_at: at(50), ..fill::job_of(fill::SWEEP) };
    given.jobs(std::slice::from_ref(&between)).await;

    let mut unit = given.unit().await;
    let jobs = unit.jobs();
    assert_eq!(jobs.next_due(&[fill::PAINT]).await.unwrap(), Some(at(100)), "the retry");
    assert_eq!(jobs.next_due(&fill::KINDS).await.unwrap(), Some(at(50)), "the earliest of all");
    unit.rollback().await.unwrap();
    let claimed = given.claim(at(200), at(260), 10).await;
    let order: Vec<JobId> = claimed.iter().map(|job| job.id).collect();
    assert_eq!(order, [between.id, retried.id], "the one that has been due for longer goes first");
}

pub(crate) async fn job_31_a_dead_job_is_taken_as_it_was<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let job = NewJob { run_at: at(0).plus(Duration::from_micros(3)), ..fill::job() };
    given.dead_jobs(std::slice::from_ref(&job), "it's \"hopeless\" 🦀").await;
    let listed = given.listed(JobState::Dead, None, 10).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].last_error.as_deref(), Some("it's \"hopeless\" 🦀"));
    let mut unit = given.unit().await;
    assert_eq!(unit.jobs().take_dead(job.id).await.unwrap().as_ref(), listed.first());
    unit.commit().await.unwrap();
}

pub(crate) async fn job_32_a_worker_that_looked_before_the_commit_is_woken_by_it<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let signal = harness.signal();
    for round in 1..=3 {
        signal.wait(Duration::ZERO).await;
        let mut unit = given.unit().await;
        unit.jobs().enqueue(&fill::job()).await.unwrap();
        // Whatever this wait hears of, the job is not there yet.
        signal.wait(Duration::from_millis(20)).await;
        unit.commit().await.unwrap();
        soon("the signal of a job whose unit was committed late", async {
            while !signal.wait(UNTIL_SIGNALLED).await {}
        })
        .await;
        assert_eq!(given.living_jobs().await, round);
    }
}

pub(crate) async fn job_33_a_page_of_jobs_in_one_state_is_full_as_long_as_there_is_more<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let mut jobs: Vec<NewJob> = (0..10).map(|_| fill::job()).collect();
    jobs.sort_by_key(|job| job.id);
    let (mut dead, mut waiting) = (Vec::new(), Vec::new());
    for (number, mut job) in jobs.into_iter().enumerate() {
        if number % 3 == 2 {
            dead.push(job);
        } else {
            job.run_at = at(5_000);
            waiting.push(job);
        }
    }
    given.jobs(&waiting).await;
    given.dead_jobs(&dead, "hopeless").await;
    for (state, of_state) in [(JobState::Dead, &dead), (JobState::Waiting, &waiting)] {
        let mut after = None;
        for page in of_state.chunks(2) {
            let listed = given.listed(state, after, 2).await;
            let expected: Vec<JobId> = page.iter().map(|job| job.id).collect();
            assert_eq!(listed.iter().map(|job| job.id).collect::<Vec<_>>(), expected, "{state:?}");
            after = expected.last().copied();
        }
        assert_eq!(given.listed(state, after, 2).await, [], "after the last of {state:?}");
    }
}

pub(crate) async fn job_34_jobs_of_other_kinds_keep_no_job_from_being_claimed<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let urgent = || NewJob { priority: Priority::HIGH, ..fill::job() };
    let sweep = NewJob { priority: Priority::LOW, run_at: at(9), ..fill::job_of(fill::SWEEP) };
    given.jobs(&[urgent(), urgent(), urgent(), sweep.clone()]).await;
    let mut unit = given.unit().await;
    let claimed = unit.jobs().claim(&[fill::SWEEP], at(10), at(60), 1).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), [sweep.id]);
    assert_eq!(given.claim(at(10), at(60), 10).await.len(), 3, "the others are as they were");
}
