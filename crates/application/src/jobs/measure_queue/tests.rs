#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::MeasureQueue;
use crate::fixture::unavailable;
use crate::jobs::{Job as _, SweepBlobs};
use crate::testing::TestPorts;
use fm_domain::clock::Clock as _;
use fm_domain::error::{PortError, PortResult};
use fm_domain::jobs::QueueDepth;
use fm_domain::testing::{FakeReads, FixedClock};

/// Doubles whose queue answers so, as of now, and which begin no unit of work.
fn counting(depths: PortResult<Vec<QueueDepth>>) -> TestPorts {
    let mut reads = FakeReads::default();
    reads.jobs.expect_depths().times(1).return_once(move |at| {
        assert_eq!(at, FixedClock::NEW_YEAR.now());
        depths
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    doubles
}

#[tokio::test]
async fn the_queue_is_counted_as_of_now_by_reads_alone() {
    let now = FixedClock::NEW_YEAR.now();
    let depth =
        QueueDepth { kind: SweepBlobs::kind(), waiting: 3, running: 1, dead: 2, oldest_due: Some(now) };
    let doubles = counting(Ok(vec![depth.clone()]));
    assert_eq!(MeasureQueue::new(&doubles.ports()).run().await.unwrap(), (now, vec![depth]));
}

#[tokio::test]
async fn a_store_out_of_reach_is_told() {
    let doubles = counting(Err(unavailable()));
    let counted = MeasureQueue::new(&doubles.ports()).run().await;
    assert!(matches!(counted, Err(PortError::Unavailable(_))));
}
