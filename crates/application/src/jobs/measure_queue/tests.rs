#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::MeasureQueue;
use crate::fixture::{lost_race, once, unavailable};
use crate::jobs::{Job as _, SweepBlobs};
use crate::testing::TestPorts;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::jobs::QueueDepth;
use fm_domain::testing::{Effects, FakeUnitOfWork, FixedClock};

#[tokio::test]
async fn the_queue_is_counted_as_of_now_and_again_after_a_lost_race() {
    let effects = Effects::default();
    let now = FixedClock::NEW_YEAR.now();
    let depth =
        QueueDepth { kind: SweepBlobs::kind(), waiting: 3, running: 1, dead: 2, oldest_due: Some(now) };
    let mut doubles = TestPorts::default();
    for found in [None, Some(vec![depth.clone()])] {
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.jobs.expect_depths(), "count", |at| {
            assert_eq!(at, now);
            found.clone().ok_or_else(lost_race)
        });
        doubles.db = doubles.db.unit(unit);
    }
    assert_eq!(MeasureQueue::new(&doubles.ports()).run().await.unwrap(), (now, vec![depth]));
    assert_eq!(effects.seen(), ["count", "drop", "count", "rollback"]);
}

#[tokio::test]
async fn a_store_out_of_reach_is_told() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.jobs.expect_depths(), "count", |_| Err(unavailable()));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    let counted = MeasureQueue::new(&doubles.ports()).run().await;
    assert!(matches!(counted, Err(PortError::Unavailable(_))));
}
