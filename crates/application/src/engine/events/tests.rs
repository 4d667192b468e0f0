#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::clock::Clock as _;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeUnitOfWork, FixedClock, a_user};

use super::*;
use crate::fixture::{once, unavailable};
use crate::testing::TestPorts;

const NOW: FixedClock = FixedClock::NEW_YEAR;

#[tokio::test]
async fn follow_ups_are_enqueued_in_the_unit_of_the_change_due_when_it_happened() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |job| {
        assert_eq!(job.run_at, NOW.now());
        noted.note(job.kind.as_str());
        Ok(Enqueued::AlreadyThere)
    });
    let recorder = EventRecorder::new(&TestPorts::default().ports());
    recorder.record(&mut unit, NOW.now(), Change::AccountRemoved { user: a_user().id }).await.unwrap();
    assert_eq!(effects.seen(), ["revoke_sessions", "sweep_blobs"]);
    recorder.record(&mut unit, NOW.now(), Change::AccountRenamed { user: a_user().id }).await.unwrap();
    assert_eq!(effects.seen().len(), 2, "nothing follows from a name");
}

#[tokio::test]
async fn a_follow_up_that_cannot_be_enqueued_fails_the_unit() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |_| Err(unavailable()));
    let recorder = EventRecorder::new(&TestPorts::default().ports());
    let change = Change::AccountRemoved { user: a_user().id };
    assert!(recorder.record(&mut unit, NOW.now(), change).await.is_err());
    assert_eq!(effects.seen(), ["enqueue"]);
}
