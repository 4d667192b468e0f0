#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ShowStats, Statistics};
use crate::administration::NotAllowed;
use crate::administration::fixture::{ada, an_admin, asking, others};
use crate::fixture::unavailable;
use crate::jobs::{Job as _, PurgeBlob, SweepBlobs};
use crate::testing::TestPorts;
use fm_domain::accounts::UserCounts;
use fm_domain::error::PortResult;
use fm_domain::jobs::{JobKind, QueueDepth};
use fm_domain::testing::FakeReads;

fn users() -> UserCounts {
    UserCounts { users: 3, admins: 1, ..UserCounts::default() }
}

fn depth(kind: JobKind, dead: u64) -> QueueDepth {
    QueueDepth { kind, waiting: 5, running: 7, dead, oldest_due: None }
}

/// Doubles for an admin, whose queue answers so, and which begin no unit of work.
fn counting(depths: PortResult<Vec<QueueDepth>>) -> TestPorts {
    let mut reads = FakeReads::default();
    reads.users.expect_count().times(1).returning(|| Ok(users()));
    let mut queue = FakeReads::default();
    queue.jobs.expect_depths().times(1).return_once(move |_| depths);
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(asking(Some(an_admin()))).reads(reads).reads(queue);
    doubles
}

#[tokio::test]
async fn admins_see_the_counts_with_the_dead_jobs_of_all_kinds() {
    for (depths, dead_jobs) in
        [(vec![], 0), (vec![depth(PurgeBlob::kind(), 2), depth(SweepBlobs::kind(), 1)], 3)]
    {
        let doubles = counting(Ok(depths));
        let counts = ShowStats::new(&doubles.ports()).run(&ada()).await.unwrap();
        assert_eq!(counts, Statistics { users: users(), dead_jobs });
    }
}

#[tokio::test]
async fn a_queue_out_of_reach_is_told() {
    let doubles = counting(Err(unavailable()));
    let refused = ShowStats::new(&doubles.ports()).run(&ada()).await;
    assert!(matches!(refused, Err(NotAllowed::Store(_))));
}

#[tokio::test]
async fn others_see_no_counts() {
    for other in others() {
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(asking(other));
        let refused = ShowStats::new(&doubles.ports()).run(&ada()).await;
        assert!(matches!(refused, Err(NotAllowed::NotAdmin)));
    }
}
