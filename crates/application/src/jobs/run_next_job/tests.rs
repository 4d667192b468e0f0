#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{JobOutcome, Ran, RunNextJob};
use crate::fixture::{claimed, lost_race, once, unavailable};
use crate::jobs::{
    Done, Job, JobContext, JobError, JobRegistry, Lane, MakeThumbnail, RetryPolicy, RevokeSessions,
};
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::clock::Clock as _;
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::ThumbnailState;
use fm_domain::jobs::{ClaimedJob, JobPayload, Priority};
use fm_domain::testing::{Effects, FakeDatabase, FakeReads, FakeUnitOfWork, FixedClock, a_file, a_user};

fn revoking(attempt: u32) -> ClaimedJob {
    claimed(&RevokeSessions { user: a_user().id, but: None, created_before: 5 }, attempt)
}

fn picturing(attempt: u32) -> ClaimedJob {
    let file = a_file();
    claimed(&MakeThumbnail { owner: file.owner, file: file.id, blob: file.blob, failures: 0 }, attempt)
}

const MAX_ATTEMPTS: u32 = RetryPolicy::STANDARD.attempts.unwrap();

fn claiming(effects: &Effects, job: Option<ClaimedJob>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.jobs.expect_claim(), "claim", |_, now, lease_until, limit| {
        assert_eq!((lease_until.since(now), limit), (Duration::from_mins(1), 1));
        Ok(job.clone().into_iter().collect())
    });
    unit
}

fn completing(effects: &Effects, held: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.jobs.expect_complete(), "complete", |_, _| Ok(held));
    unit
}

/// A unit that fails the job, to be retried or dead.
fn failing(effects: &Effects, dead: bool, held: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    unit.drives.expect_enter().returning(|_, _, _| Ok(crate::fixture::entered()));
    let noted = effects.clone();
    unit.files.expect_set_thumbnail().returning(move |_, _, state| {
        assert_eq!(*state, ThumbnailState::Failed { times: 1 });
        noted.note("mark failed");
        Ok(true)
    });
    once!(effects, unit.jobs.expect_fail(), "fail", |_, _, retry_at, reason| {
        assert_eq!(retry_at.is_none(), dead);
        assert!(!reason.is_empty());
        Ok(held)
    });
    unit
}

async fn run(units: impl IntoIterator<Item = FakeUnitOfWork>, mut doubles: TestPorts) -> PortResult<Ran> {
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    let registry = JobRegistry::standard().with::<Endless>();
    RunNextJob::new(&doubles.ports(), &crate::testing::settings(), &registry).run(&registry.kinds()).await
}

fn sessions(effects: &Effects, fails: bool) -> TestPorts {
    let mut doubles = TestPorts::default();
    once!(effects, doubles.sessions.expect_revoke_all(), "revoke all", |_, _, _| {
        if fails { Err(unavailable()) } else { Ok(()) }
    });
    let mut reads = FakeReads::default();
    reads.users.expect_find().returning(|_| Ok(None));
    doubles.db = doubles.db.reads(reads);
    doubles
}

#[tokio::test]
async fn a_job_is_claimed_run_and_completed() {
    let effects = Effects::default();
    let units = [claiming(&effects, Some(revoking(1))), completing(&effects, true)];
    let ran = run(units, sessions(&effects, false)).await.unwrap();
    assert_eq!(ran, Ran::Job(RevokeSessions::kind()));
    assert_eq!(effects.seen(), ["claim", "commit", "revoke all", "complete", "commit"]);
}

#[tokio::test]
async fn an_idle_queue_tells_when_the_next_job_is_due() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    let now = FixedClock::NEW_YEAR.now();
    once!(effects, unit.jobs.expect_next_due(), "next due", |_| Ok(Some(now)));
    let ran = run([claiming(&effects, None), unit], TestPorts::default()).await.unwrap();
    assert_eq!(ran, Ran::Idle { next_due: Some(now) });
    assert_eq!(effects.seen(), ["claim", "commit", "next due", "rollback"]);
}

#[tokio::test]
async fn a_claim_that_lost_a_race_is_tried_again() {
    let effects = Effects::default();
    let lost = claiming(&effects, Some(revoking(1))).committing_with(lost_race());
    let units = [lost, claiming(&effects, Some(revoking(1))), completing(&effects, true)];
    assert!(run(units, sessions(&effects, false)).await.is_ok());
}

#[tokio::test]
async fn a_job_completed_by_another_worker_meanwhile_is_no_error() {
    let effects = Effects::default();
    let units = [claiming(&effects, Some(revoking(1))), completing(&effects, false)];
    assert!(run(units, sessions(&effects, false)).await.is_ok());
    assert_eq!(effects.seen().last().unwrap(), "rollback");
}

#[tokio::test]
async fn a_job_that_fails_is_due_again_later_until_it_is_dead() {
    for (attempt, dead) in
        [(1, false), (MAX_ATTEMPTS - 1, false), (MAX_ATTEMPTS, true), (MAX_ATTEMPTS + 1, true)]
    {
        let effects = Effects::default();
        let units = [claiming(&effects, Some(revoking(attempt))), failing(&effects, dead, true)];
        let ran = run(units, sessions(&effects, true)).await.unwrap();
        assert_eq!(ran, Ran::Job(RevokeSessions::kind()));
        assert_eq!(effects.seen(), ["claim", "commit", "revoke all", "fail", "commit"]);
    }
}

#[tokio::test]
async fn a_thumbnail_has_failed_only_when_its_job_is_dead_and_in_the_same_unit() {
    // No reads are prepared: the job fails at its first step.
    let effects = Effects::default();
    let units = [claiming(&effects, Some(picturing(1))), failing(&effects, false, true)];
    assert!(run(units, TestPorts::default()).await.is_ok());
    assert_eq!(effects.seen(), ["claim", "commit", "fail", "commit"]);
    let effects = Effects::default();
    let units = [claiming(&effects, Some(picturing(MAX_ATTEMPTS))), failing(&effects, true, true)];
    assert!(run(units, TestPorts::default()).await.is_ok());
    assert_eq!(effects.seen(), ["claim", "commit", "mark failed", "fail", "commit"]);
}

#[tokio::test]
async fn a_store_out_of_reach_is_no_failure_of_a_picture_however_long_it_is() {
    for (attempt, error) in [(MAX_ATTEMPTS, unavailable()), (MAX_ATTEMPTS + 9, lost_race())] {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.jobs.expect_put_back(), "put back", |_, of, retry_at, reason| {
            assert_eq!(of, attempt);
            let pause = retry_at.since(FixedClock::NEW_YEAR.now());
            assert!((Duration::from_secs(30)..=Duration::from_mins(1)).contains(&pause), "{pause:?}");
            assert!(!reason.is_empty());
            Ok(true)
        });
        let mut doubles = TestPorts::default();
        let mut reads = FakeReads::default();
        let error = Mutex::new(Some(error));
        reads
            .files
            .expect_find_with_trash()
            .times(1)
            .returning(move |_, _| Err(error.lock().unwrap().take().unwrap()));
        doubles.db = doubles.db.reads(reads);
        let units = [claiming(&effects, Some(picturing(attempt))), unit];
        assert!(run(units, doubles).await.is_ok());
        assert_eq!(effects.seen(), ["claim", "commit", "put back", "commit"]);
    }
}

#[tokio::test]
async fn a_dead_attempt_that_another_worker_took_over_changes_nothing() {
    let effects = Effects::default();
    let units = [claiming(&effects, Some(picturing(MAX_ATTEMPTS))), failing(&effects, true, false)];
    assert!(run(units, TestPorts::default()).await.is_ok());
    assert_eq!(effects.seen()[2..], ["mark failed", "fail", "rollback"]);
}

#[tokio::test]
async fn an_attempt_tells_how_it_ended() {
    let effects = Effects::default();
    let cases = [
        (1, completing(&effects, true), JobOutcome::Done),
        (1, completing(&effects, false), JobOutcome::Lost),
        (1, failing(&effects, false, true), JobOutcome::Retried),
        (1, failing(&effects, false, false), JobOutcome::Lost),
        (MAX_ATTEMPTS, failing(&effects, true, true), JobOutcome::Dead),
    ];
    for (case, (attempt, unit, expected)) in cases.into_iter().enumerate() {
        let mut doubles = sessions(&effects, case >= 2);
        doubles.db = doubles.db.unit(claiming(&effects, Some(revoking(attempt)))).unit(unit);
        let next = RunNextJob::new(&doubles.ports(), &crate::testing::settings(), &JobRegistry::standard());
        let ready = next.claim(&next.kinds()).await.unwrap().unwrap();
        assert_eq!(ready.claimed().kind, RevokeSessions::kind());
        assert_eq!(next.finish(&ready).await.unwrap(), expected, "case {case}");
    }
}

#[tokio::test]
async fn a_queue_out_of_reach_is_an_error() {
    let outcome = run([], TestPorts::default()).await;
    assert!(matches!(outcome, Err(PortError::Unexpected(_))));
}

/// A database whose reads take for ever.
struct Stuck(FakeDatabase);

#[async_trait]
impl Database for Stuck {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        self.0.begin().await
    }
    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        std::future::pending().await
    }
    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_job_renews_its_lease_and_ends_when_it_is_lost() {
    let effects = Effects::default();
    let mut db = FakeDatabase::default().unit(claiming(&effects, Some(picturing(1))));
    for held in [true, true, false] {
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.jobs.expect_renew(), "renew", |_, _, _| Ok(held));
        db = db.unit(unit);
    }
    let started = tokio::time::Instant::now();
    let ports = Ports { db: Arc::new(Stuck(db)), ..TestPorts::default().ports() };
    let registry = JobRegistry::standard();
    let next = RunNextJob::new(&ports, &crate::testing::settings(), &registry);
    let ran = tokio::time::timeout(Duration::from_mins(10), next.run(&registry.kinds())).await;
    assert!(ran.is_ok_and(|ran| ran.is_ok()));
    assert_eq!(started.elapsed().as_secs(), 24);
    assert_eq!(effects.seen()[2..], ["renew", "commit", "renew", "commit", "renew", "rollback"]);
}

/// A unit that claims a job and puts it back.
fn putting_back(effects: &Effects, job: &ClaimedJob, reason: &'static str) -> FakeUnitOfWork {
    let mut unit = claiming(effects, Some(job.clone()));
    let (held, attempt_held) = (job.id, job.attempt);
    once!(effects, unit.jobs.expect_put_back(), "put back", |id, attempt, retry_at, said| {
        assert_eq!((id, attempt), (held, attempt_held));
        assert_eq!(retry_at.since(FixedClock::NEW_YEAR.now()), Duration::from_mins(1));
        assert_eq!(said, reason);
        Ok(true)
    });
    unit
}

#[tokio::test]
async fn a_job_of_a_newer_version_is_put_back_by_its_claim_and_the_next_one_is_run() {
    let payload = JobPayload::new(json!({"work": "revoke_sessions", "user": a_user().id, "reason": "theft"}));
    let newer = ClaimedJob { payload, ..revoking(1) };
    let named = ClaimedJob { payload: JobPayload::new(json!({"work": "another"})), ..revoking(3) };
    let unknown = ClaimedJob { kind: "index_words".to_owned().into(), ..revoking(1) };
    let effects = Effects::default();
    let field = "unknown field `reason`, expected one of `user`, `but`, `created_before`";
    let reason = |why: &str| format!("put back by a node that can't run it: {why}").leak();
    let units = [
        putting_back(&effects, &newer, reason(&format!("unknown payload: {field}"))),
        putting_back(&effects, &named, reason("unknown payload: `work` is not `revoke_sessions`")),
        putting_back(&effects, &unknown, reason("unknown kind of job")),
        claiming(&effects, Some(revoking(1))),
        completing(&effects, true),
    ];
    let ran = run(units, sessions(&effects, false)).await.unwrap();
    assert_eq!(ran, Ran::Job(RevokeSessions::kind()));
    let mut expected = ["claim", "put back", "commit"].repeat(3);
    expected.extend(["claim", "commit", "revoke all", "complete", "commit"]);
    assert_eq!(effects.seen(), expected);
}

/// A job that never ends.
#[derive(Serialize, Deserialize)]
struct Endless {}

#[async_trait]
impl Job for Endless {
    const NAME: &'static str = "endless";
    const PRIORITY: Priority = Priority::LOW;
    const LANE: Lane = Lane::Bulk;
    const TIME_LIMIT: Duration = Duration::from_secs(5);
    const RETRY: RetryPolicy = RetryPolicy { attempts: Some(2), ..RetryPolicy::STANDARD };

    fn unique_name(&self) -> String {
        Self::NAME.to_owned()
    }

    async fn run(&self, _context: &JobContext, _claimed: &ClaimedJob) -> Result<Done, JobError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_fails_at_its_time_limit_and_is_dead_after_its_own_number_of_attempts() {
    for (attempt, dead) in [(1, false), (2, true)] {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.jobs.expect_fail(), "fail", |_, _, retry_at, reason| {
            assert_eq!((retry_at.is_none(), reason), (dead, "it took longer than 5 s"));
            Ok(true)
        });
        let units = [claiming(&effects, Some(claimed(&Endless {}, attempt))), unit];
        assert!(run(units, TestPorts::default()).await.is_ok());
        assert_eq!(effects.seen(), ["claim", "commit", "fail", "commit"]);
    }
}
