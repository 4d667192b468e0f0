#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{BATCH, RUN};
use crate::fixture::{claimed, enqueued, lost_race, noted, once, unavailable};
use crate::jobs::{Done, Job as _, JobContext, JobError, RemoveContents, RetryPolicy};
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::PortError;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeUnitOfWork, FixedClock, a_user};

fn job() -> RemoveContents {
    RemoveContents { user: a_user().id }
}

/// Each look at it takes four seconds.
struct SlowClock(AtomicI64);

impl Clock for SlowClock {
    fn now(&self) -> Timestamp {
        let looks = self.0.fetch_add(1, Ordering::Relaxed);
        FixedClock::NEW_YEAR.now().plus(std::time::Duration::from_secs(4) * u32::try_from(looks).unwrap())
    }
}

/// A unit that finds so many rows.
fn taking(effects: &Effects, rows: u32) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.users.expect_remove_contents(), "take", |user, _, limit| {
        assert_eq!((user, limit), (a_user().id, 1_000));
        Ok(rows)
    });
    unit
}

fn completing(effects: &Effects, unit: &mut FakeUnitOfWork, held: bool) {
    once!(effects, unit.jobs.expect_complete(), "complete", |_, attempt| {
        assert_eq!(attempt, 3);
        Ok(held)
    });
}

/// The last unit.
fn ending(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = taking(effects, BATCH - 1);
    completing(effects, &mut unit, true);
    once!(effects, unit.users.expect_remove(), "remove user", |user| {
        assert_eq!(user, a_user().id);
        Ok(true)
    });
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |job| {
        noted.note(job.kind.as_str());
        Ok(Enqueued::Added)
    });
    unit
}

async fn run(ports: &Ports) -> Result<Done, JobError> {
    job().run(&JobContext::new(ports, &crate::testing::settings()), &claimed(&job(), 3)).await
}

#[tokio::test]
async fn rows_go_batch_by_batch_and_the_user_with_the_last_of_them() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    let last = ending(&effects);
    let trail = last.audit.clone();
    doubles.db = doubles.db.unit(taking(&effects, BATCH)).unit(taking(&effects, BATCH)).unit(last);
    assert_eq!(run(&doubles.ports()).await.unwrap(), Done::Completed);
    assert_eq!(
        effects.seen(),
        ["take", "commit", "take", "commit", "take", "complete", "remove user", "sweep_blobs", "commit"]
    );
    assert_eq!(noted(&trail), [], "the removal is in the trail already");
}

#[tokio::test]
async fn a_run_that_took_its_time_lets_others_go_first() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    let mut over = taking(&effects, BATCH);
    completing(&effects, &mut over, true);
    once!(effects, over.jobs.expect_enqueue(), "enqueue", |next| {
        assert_eq!(enqueued::<RemoveContents>(next), job());
        assert_eq!(next.unique, Some(job().unique_name()));
        assert_eq!(next.run_at, FixedClock::NEW_YEAR.now().plus(RUN).plus(std::time::Duration::from_secs(2)));
        Ok(Enqueued::Added)
    });
    doubles.db = doubles.db.unit(taking(&effects, BATCH)).unit(taking(&effects, BATCH)).unit(over);
    let ports = Ports { clock: Arc::new(SlowClock(AtomicI64::new(0))), ..doubles.ports() };
    assert_eq!(run(&ports).await.unwrap(), Done::Completed);
    assert_eq!(effects.seen(), ["take", "commit", "take", "commit", "take", "complete", "enqueue", "commit"]);
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_removes_no_user_and_enqueues_nothing() {
    let effects = Effects::default();
    for (rows, clock) in [
        (0, Arc::new(FixedClock::NEW_YEAR) as Arc<dyn Clock>),
        (BATCH, Arc::new(SlowClock(AtomicI64::new(0))) as Arc<dyn Clock>),
    ] {
        let before = effects.seen().len();
        let mut doubles = TestPorts::default();
        let batches = if rows == BATCH { 2 } else { 0 };
        for _ in 0..batches {
            doubles.db = doubles.db.unit(taking(&effects, rows));
        }
        let mut lost = taking(&effects, rows);
        completing(&effects, &mut lost, false);
        doubles.db = doubles.db.unit(lost);
        let ports = Ports { clock, ..doubles.ports() };
        assert_eq!(run(&ports).await.unwrap(), Done::Lost);
        assert_eq!(effects.seen()[before + 2 * batches..], ["take", "complete", "rollback"]);
    }
}

#[tokio::test]
async fn a_lost_race_costs_one_unit_and_a_failure_ends_the_run_where_it_is() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    let mut racing = FakeUnitOfWork::noting(&effects);
    once!(effects, racing.users.expect_remove_contents(), "race", |_, _, _| Err(lost_race()));
    let failing = taking(&effects, BATCH).committing_with(unavailable());
    doubles.db = doubles.db.unit(taking(&effects, BATCH)).unit(racing).unit(failing);
    let outcome = run(&doubles.ports()).await;
    assert!(matches!(outcome, Err(JobError::Store(PortError::Unavailable(_)))));
    assert_eq!(effects.seen(), ["take", "commit", "race", "drop", "take", "commit"]);
}

#[test]
fn no_failure_leaves_an_account_half_removed() {
    assert_eq!(RemoveContents::RETRY, RetryPolicy::ENDLESS);
}
