//! Faults of what answers with neither an error nor a stream: the signal of the queue, and the clock.

use std::sync::Arc;
use std::time::Duration;

use fm_application::jobs::{Job as _, SweepBlobs};
use fm_domain::clock::Clock as _;
use fm_domain::ids::JobId;
use fm_memory::ManualClock;
use fm_resilience::fault::{Fault, Moment, Operation, SkewedClock, When};
use tokio::time::Instant;
use uuid::Uuid;

use crate::faults::rig::{Rig, in_time, now};

/// How long a worker waits for a signal.
const SIGNAL_WAIT: Duration = Duration::from_mins(1);
/// How far a clock jumps.
const JUMP: Duration = Duration::from_mins(1);

async fn commit_a_job(rig: &Rig) {
    let mut unit = rig.db.begin().await.unwrap();
    let job = SweepBlobs {}.enqueued(JobId::new(Uuid::now_v7()), now()).unwrap();
    unit.jobs().enqueue(&job).await.unwrap();
    unit.commit().await.unwrap();
}

/// How long a wait takes.
async fn wait(rig: &Rig) -> Option<Duration> {
    let begun = Instant::now();
    in_time(rig.signal.wait(SIGNAL_WAIT)).await.map(|_heard| begun.elapsed())
}

/// How long a wait takes with the fault, when a job is there.
async fn wait_with(fault: Fault) -> Option<Duration> {
    let rig = Rig::new();
    commit_a_job(&rig).await;
    rig.faults.plan(When::Nth(Operation::JobSignalWait, 1), fault);
    wait(&rig).await
}

/// Timers of the runtime are to the millisecond.
fn about(waited: Option<Duration>, expected: Duration) {
    let waited = waited.unwrap();
    assert!(
        waited >= expected && waited < expected + Duration::from_millis(10),
        "{waited:?}, not {expected:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_fails_wakes_for_nothing() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::JobSignalWait, 1), Fault::FailBefore);
    about(wait(&rig).await, Duration::ZERO);
    about(wait(&rig).await, SIGNAL_WAIT);
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_is_lost_ends_at_its_time() {
    about(wait_with(Fault::LoseAnswer).await, SIGNAL_WAIT);
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_is_late_comes_after_the_pause() {
    about(wait_with(Fault::Delay(Duration::from_secs(7))).await, Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_hangs_is_never_given() {
    for moment in [Moment::Before, Moment::After] {
        assert_eq!(wait_with(Fault::Hang(moment)).await, None, "{moment:?}");
        assert_eq!(wait_with(Fault::Crash(moment)).await, None, "{moment:?}");
    }
}

#[test]
fn a_skewed_clock_jumps_both_ways_and_goes_on_with_the_other() {
    let base = Arc::new(ManualClock::new(now()));
    let clock = SkewedClock::new(base.clone());
    assert_eq!(clock.now(), now());
    clock.jump_ahead(JUMP);
    assert_eq!(clock.now(), now().plus(JUMP));
    clock.jump_back(JUMP * 3);
    assert_eq!(clock.now(), now().minus(JUMP * 2));
    base.advance(JUMP);
    assert_eq!(clock.now(), now().minus(JUMP));
}
