#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep, timeout};

use super::{LEASE, Leased, RETRY, renew_until_lost};
use crate::fixture::unavailable;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, JobId};
use fm_domain::testing::{CountingIds, FakeUnitOfWork, FixedClock};

const JOB: Leased = Leased::Job(JobId::new(CountingIds::nth(1)), 3);

/// A clock that goes with the runtime's, and may be set.
#[derive(Clone)]
struct Wall {
    begun: Instant,
    ahead: Arc<Mutex<Duration>>,
}

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        FixedClock::NEW_YEAR.now().plus(self.begun.elapsed()).plus(*self.ahead.lock().unwrap())
    }
}

/// How a database is while it is away.
#[derive(Clone, Copy)]
enum Away {
    Refuses,
    Hangs,
}

/// A database that is away for a while, and whose rows another holder has from some moment on.
struct Rows {
    clock: Wall,
    away: Option<(Duration, Duration, Away)>,
    lost_after: Duration,
    /// Until when the lease was renewed, each time.
    renewed: Arc<Mutex<Vec<Timestamp>>>,
}

impl Rows {
    fn new() -> Self {
        let clock = Wall { begun: Instant::now(), ahead: Arc::default() };
        Self { clock, away: None, lost_after: Duration::MAX, renewed: Arc::default() }
    }

    fn away(self, from: Duration, time: Duration, how: Away) -> Self {
        Self { away: Some((from, from + time, how)), ..self }
    }

    /// Keeps the lease for ten minutes: why it was lost, if it was, and after how long.
    async fn kept(&self, leased: Leased) -> Option<(PortError, Duration)> {
        let begun = Instant::now();
        let lost =
            timeout(Duration::from_mins(10), renew_until_lost(self, &self.clock, leased)).await.ok()?;
        Some((lost, begun.elapsed()))
    }

    /// Whether the lease was never over before it was renewed.
    fn never_ran_out(&self) -> bool {
        let mut held_until = FixedClock::NEW_YEAR.now().plus(LEASE);
        self.renewed.lock().unwrap().iter().all(|until| {
            let in_time = until.minus(LEASE) <= held_until;
            held_until = *until;
            in_time
        })
    }
}

#[async_trait]
impl Database for Rows {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let time = self.clock.begun.elapsed();
        match self.away {
            Some((from, to, Away::Refuses)) if from <= time && time < to => return Err(unavailable()),
            Some((from, to, Away::Hangs)) if from <= time && time < to => {
                sleep(to.saturating_sub(time)).await;
            }
            _ => {}
        }
        let held = time < self.lost_after;
        let mut unit = FakeUnitOfWork::default();
        let (blobs, jobs) = (Arc::clone(&self.renewed), Arc::clone(&self.renewed));
        unit.blobs.expect_renew().returning(move |_, until| {
            blobs.lock().unwrap().push(until);
            Ok(held)
        });
        unit.jobs.expect_renew().returning(move |_, attempt, until| {
            assert_eq!(attempt, 3);
            jobs.lock().unwrap().push(until);
            Ok(held)
        });
        Ok(Box::new(unit))
    }
    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        Err(unavailable())
    }
    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_renewed_long_before_it_runs_out() {
    for leased in [JOB, Leased::Intent(BlobId::new(CountingIds::nth(1)))] {
        let rows = Rows::new();
        assert!(rows.kept(leased).await.is_none());
        assert_eq!(rows.renewed.lock().unwrap().len(), 600 / 8);
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_for_50_s_at_any_moment_loses_no_lease() {
    for from in (0..20_000).step_by(250).map(Duration::from_millis) {
        let rows = Rows::new().away(from, Duration::from_secs(50), Away::Refuses);
        assert!(rows.kept(JOB).await.is_none(), "away from {from:?}");
        assert!(rows.never_ran_out(), "away from {from:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_for_longer_than_the_lease_loses_it_at_its_end() {
    for how in [Away::Refuses, Away::Hangs] {
        // Renewed for the last time after 8 s.
        let rows = Rows::new().away(Duration::from_secs(10), Duration::from_mins(3), how);
        let (error, after) = rows.kept(JOB).await.unwrap();
        assert!(matches!(error, PortError::Unavailable(_)));
        let end = Duration::from_secs(8) + LEASE;
        assert!(end <= after && after <= end + RETRY * 2, "{after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_as_long_as_the_lease_lasts_is_waited_for() {
    let rows = Rows::new().away(Duration::from_secs(10), Duration::from_secs(40), Away::Hangs);
    assert!(rows.kept(JOB).await.is_none());
    assert!(rows.never_ran_out());
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_another_holder_has_is_lost_at_once() {
    let rows = Rows { lost_after: Duration::from_secs(20), ..Rows::new() };
    let (error, after) = rows.kept(JOB).await.unwrap();
    assert!(matches!(error, PortError::Unavailable(_)));
    assert_eq!(after.as_secs(), 24);
}

#[tokio::test(start_paused = true)]
async fn after_a_standstill_it_is_renewed_if_no_other_holder_took_it_and_the_database_answers() {
    for (away, lost) in [(Duration::ZERO, false), (Duration::from_secs(5), true)] {
        // The machine sleeps: the clock goes on, the timers do not.
        let rows = Rows::new().away(Duration::from_secs(14), away, Away::Refuses);
        let clock = rows.clock.clone();
        let (kept, ()) = tokio::join!(rows.kept(JOB), async move {
            sleep(Duration::from_secs(12)).await;
            *clock.ahead.lock().unwrap() = Duration::from_mins(7);
        });
        assert_eq!(kept.is_some(), lost, "{away:?}");
    }
}
