#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use proptest::prelude::*;

use super::{FIRST_PAUSE, LONGEST_PAUSE, MAX_ATTEMPTS, Ran, RunNextJob, pause};
use crate::fixture::{lost_race, once, unavailable};
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::clock::Clock as _;
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::ThumbnailState;
use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, JobKind, Work};
use fm_domain::testing::{CountingIds, Effects, FakeDatabase, FakeUnitOfWork, FixedClock, a_file, a_user};

fn revoking(attempt: u32) -> ClaimedJob {
    let work = Work::RevokeSessions { user: a_user().id, but: None, created_before: 5 };
    ClaimedJob { id: JobId::new(CountingIds::nth(1)), work, attempt, run_at: FixedClock::NEW_YEAR.now() }
}

fn picturing(attempt: u32) -> ClaimedJob {
    let file = a_file();
    let work = Work::MakeThumbnail { owner: file.owner, file: file.id, blob: file.blob };
    ClaimedJob { work, ..revoking(attempt) }
}

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
    let noted = effects.clone();
    unit.files.expect_set_thumbnail().returning(move |_, _, state| {
        assert_eq!(*state, ThumbnailState::Failed);
        noted.note("give up");
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
    RunNextJob::new(&doubles.ports()).run(&JobKind::ALL).await
}

fn sessions(effects: &Effects, fails: bool) -> TestPorts {
    let mut doubles = TestPorts::default();
    once!(effects, doubles.sessions.expect_revoke_all(), "revoke all", |_, _, _| {
        if fails { Err(unavailable()) } else { Ok(()) }
    });
    doubles
}

#[tokio::test]
async fn a_job_is_claimed_run_and_completed() {
    let effects = Effects::default();
    let units = [claiming(&effects, Some(revoking(1))), completing(&effects, true)];
    let ran = run(units, sessions(&effects, false)).await.unwrap();
    assert_eq!(ran, Ran::Job(JobKind::RevokeSessions));
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
        assert_eq!(ran, Ran::Job(JobKind::RevokeSessions));
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
    assert_eq!(effects.seen(), ["claim", "commit", "give up", "fail", "commit"]);
}

#[tokio::test]
async fn a_dead_attempt_that_another_worker_took_over_gives_nothing_up() {
    let effects = Effects::default();
    let units = [claiming(&effects, Some(picturing(MAX_ATTEMPTS))), failing(&effects, true, false)];
    assert!(run(units, TestPorts::default()).await.is_ok());
    assert_eq!(effects.seen()[2..], ["give up", "fail", "rollback"]);
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
    let next = RunNextJob::new(&ports);
    let ran = tokio::time::timeout(Duration::from_mins(10), next.run(&JobKind::ALL)).await;
    assert!(ran.is_ok_and(|ran| ran.is_ok()));
    assert_eq!(started.elapsed().as_secs(), 24);
    assert_eq!(effects.seen()[2..], ["renew", "commit", "renew", "commit", "renew", "rollback"]);
}

proptest! {
    #[test]
    fn a_pause_doubles_up_to_its_bound_and_is_at_least_half(attempt in any::<u32>(), dice in any::<u8>()) {
        let doubled = FIRST_PAUSE.as_secs() << attempt.saturating_sub(1).min(30);
        let whole = Duration::from_secs(doubled).min(LONGEST_PAUSE);
        let pause = pause(attempt, dice);
        prop_assert!(whole / 2 <= pause && pause <= whole, "{:?} of {:?}", pause, whole);
    }
}

#[test]
fn the_dice_spread_pauses_over_the_whole_range() {
    assert_eq!((pause(1, 0), pause(1, 255)), (FIRST_PAUSE / 2, FIRST_PAUSE));
    assert_eq!(pause(u32::MAX, 255), LONGEST_PAUSE);
}
