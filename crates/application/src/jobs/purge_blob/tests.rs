#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::fixture::{FakeBlobs, claimed, once};
use crate::jobs::{Done, Job as _, JobContext, JobError, PurgeBlob};
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::blobs::{BlobKey, Tombstone};
use fm_domain::clock::Clock as _;
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock};

fn finding(effects: &Effects, key: BlobKey, tombstone: Option<Tombstone>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_find_tombstone(), "find", |seen| {
        assert_eq!(*seen, key);
        Ok(tombstone.clone())
    });
    unit
}

async fn purge(ports: &Ports, blob: BlobId, thumbnail: bool) -> Result<Done, JobError> {
    let job = PurgeBlob { blob, thumbnail };
    job.run(&JobContext::new(ports, &crate::testing::settings()), &claimed(&job, 1)).await
}

/// A unit that removes the row and completes the job.
fn removing_row(effects: &Effects, held: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_remove(), "remove row", |_| Ok(()));
    once!(effects, unit.jobs.expect_complete(), "complete", |_, _| Ok(held));
    unit
}

#[tokio::test]
async fn a_purge_deletes_the_bytes_before_it_removes_their_row_and_is_done_with_it() {
    let blob = BlobId::new(CountingIds::nth(1));
    for (thumbnail, key) in [(false, BlobKey::file(blob)), (true, BlobKey::thumbnail(blob))] {
        for (held, end) in [(true, "commit"), (false, "rollback")] {
            let effects = Effects::default();
            let tombstone = Tombstone { key, deleted_at: FixedClock::NEW_YEAR.now(), was_stored: true };
            let mut doubles = TestPorts::default();
            doubles.db =
                doubles.db.unit(finding(&effects, key, Some(tombstone))).unit(removing_row(&effects, held));
            let ports = FakeBlobs::noting(&effects).among(doubles);
            let done = purge(&ports, blob, thumbnail).await;
            assert_eq!(done.unwrap(), if held { Done::Completed } else { Done::Lost });
            let delete = format!("delete {}", key.bucket.as_str());
            assert_eq!(effects.seen(), ["find", "rollback", &delete, "remove row", "complete", end]);
        }
    }
}

#[tokio::test]
async fn a_blob_that_is_no_tombstone_is_never_deleted() {
    let effects = Effects::default();
    let blob = BlobId::new(CountingIds::nth(1));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(finding(&effects, BlobKey::file(blob), None));
    let ports = FakeBlobs::noting(&effects).among(doubles);
    let done = purge(&ports, blob, false).await;
    assert!(matches!(done, Ok(Done::Moot)));
    assert_eq!(effects.seen(), ["find", "rollback"]);
}
