#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fm_domain::blobs::Tombstone;
use fm_domain::clock::Clock as _;
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, a_user};

use super::*;
use crate::fixture::{FakeBlobs, lost_race, once, unavailable};
use crate::testing::TestPorts;

fn intent() -> Intent {
    Intent::bare(BlobKey::file(BlobId::new(CountingIds::nth(9))), a_user().id)
}

fn intents(effects: &Effects, units: Vec<FakeUnitOfWork>) -> Intents {
    let mut doubles = TestPorts::default();
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    Intents::new(&FakeBlobs::noting(effects).among(doubles))
}

fn cancelling_intent(effects: &Effects, is_open: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_cancel_intent(), "cancel intent", |_, _| Ok(is_open));
    unit
}

fn recording_intent(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_record_intent(), "record intent", |recorded| {
        let now = FixedClock::NEW_YEAR.now();
        assert_eq!((recorded.key, recorded.owner), (intent().key, intent().owner));
        assert_eq!((recorded.recorded_at, recorded.expires_at), (now, now.plus(Duration::from_secs(7))));
        assert_eq!(recorded.reserved, ByteSize::ZERO);
        Ok(())
    });
    unit
}

#[tokio::test]
async fn an_intent_is_recorded_again_after_a_lost_race_and_not_after_a_lost_answer() {
    let effects = Effects::default();
    let raced = recording_intent(&effects).committing_with(lost_race());
    let record = |units| {
        let intents = intents(&effects, units);
        async move { intents.record(intent().key, intent().owner, Duration::from_secs(7)).await }
    };
    record(vec![raced, recording_intent(&effects)]).await.unwrap();
    assert_eq!(effects.seen(), ["record intent", "commit", "record intent", "commit"]);
    let lost = record(vec![recording_intent(&effects).committing_with(unavailable())]).await;
    assert!(matches!(lost, Err(PortError::Unavailable(_))));
}

#[tokio::test]
async fn cancelling_releases_reservation_and_key_and_then_deletes_the_bytes() {
    let effects = Effects::default();
    let mut unit = cancelling_intent(&effects, true);
    once!(effects, unit.keys.expect_free(), "free", |_| Ok(()));
    once!(effects, unit.users.expect_unreserve(), "unreserve", |_, bytes| {
        assert_eq!(bytes, ByteSize::new(3));
        Ok(())
    });
    let held = Intent { reserved: ByteSize::new(3), keyed: true, ..intent() };
    intents(&effects, vec![unit]).cancel(&held).await;
    assert_eq!(effects.seen(), ["cancel intent", "free", "unreserve", "commit", "delete files"]);
}

#[tokio::test]
async fn bytes_that_were_stored_after_all_stay_and_those_of_a_cancelled_intent_go() {
    let tombstone =
        Tombstone { key: intent().key, deleted_at: FixedClock::NEW_YEAR.now(), was_stored: false };
    for (found, last) in [(vec![], "rollback"), (vec![tombstone], "delete files")] {
        let effects = Effects::default();
        let mut unit = cancelling_intent(&effects, false);
        once!(effects, unit.blobs.expect_find_tombstones(), "find", |_| Ok(found.clone()));
        intents(&effects, vec![unit]).cancel(&intent()).await;
        assert_eq!(effects.seen()[..3], ["cancel intent", "find", "rollback"]);
        assert_eq!(effects.seen().last().unwrap(), last);
    }
}

/// A client does not wait for a store that hangs.
#[tokio::test(start_paused = true)]
async fn cancelling_waits_for_a_hanging_store_for_five_seconds_only() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(cancelling_intent(&effects, true));
    let hanging = FakeBlobs { pause: Duration::from_hours(1), ..FakeBlobs::noting(&effects) };
    let started = tokio::time::Instant::now();
    Intents::new(&hanging.among(doubles)).cancel(&intent()).await;
    assert_eq!(started.elapsed().as_secs(), 5);
    assert_eq!(effects.seen(), ["cancel intent", "commit", "delete files"]);
}
