#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::fixture::{FakeBlobs, claimed, once};
use crate::jobs::{Done, Job as _, JobContext, JobError, OtherBlob, PurgeBlob};
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::blobs::{BlobKey, Tombstone};
use fm_domain::clock::Clock as _;
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock};

/// A unit that is asked for these blobs and finds the last of them so many.
fn finding(effects: &Effects, keys: &[BlobKey], found: usize) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    let keys = keys.to_vec();
    once!(effects, unit.blobs.expect_find_tombstones(), "find", |asked| {
        assert_eq!(asked, keys);
        let deleted_at = FixedClock::NEW_YEAR.now();
        let found = asked.iter().skip(asked.len() - found);
        Ok(found.map(|key| Tombstone { key: *key, deleted_at, was_stored: true }).collect())
    });
    unit
}

async fn purge(ports: &Ports, job: &PurgeBlob) -> Result<Done, JobError> {
    job.run(&JobContext::new(ports, &crate::testing::settings()), &claimed(job, 1)).await
}

/// A unit that removes so many rows and completes the job.
fn removing_rows(effects: &Effects, rows: usize, held: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    let noted = effects.clone();
    unit.blobs.expect_remove().times(rows).returning(move |_| {
        noted.note("remove row");
        Ok(())
    });
    once!(effects, unit.jobs.expect_complete(), "complete", |_, _| Ok(held));
    unit
}

#[tokio::test]
async fn a_purge_deletes_the_bytes_before_it_removes_their_row_and_is_done_with_it() {
    let blob = BlobId::new(CountingIds::nth(1));
    for (thumbnail, key) in [(false, BlobKey::file(blob)), (true, BlobKey::thumbnail(blob))] {
        for (held, end) in [(true, "commit"), (false, "rollback")] {
            let effects = Effects::default();
            let mut doubles = TestPorts::default();
            doubles.db = doubles.db.unit(finding(&effects, &[key], 1)).unit(removing_rows(&effects, 1, held));
            let ports = FakeBlobs::noting(&effects).among(doubles);
            let done = purge(&ports, &PurgeBlob { blob, thumbnail, others: Vec::new() }).await;
            assert_eq!(done.unwrap(), if held { Done::Completed } else { Done::Lost });
            let delete = format!("delete {}", key.bucket.as_str());
            assert_eq!(effects.seen(), ["find", "rollback", &delete, "remove row", "complete", end]);
        }
    }
}

/// Another one was purged before.
#[tokio::test]
async fn blobs_of_one_unit_are_purged_together() {
    let [file, thumbnail, gone] = [1, 2, 3].map(|number| BlobId::new(CountingIds::nth(number)));
    let others =
        vec![OtherBlob { blob: file, thumbnail: false }, OtherBlob { blob: thumbnail, thumbnail: true }];
    let job = PurgeBlob { blob: gone, thumbnail: false, others };
    let keys = [BlobKey::file(gone), BlobKey::file(file), BlobKey::thumbnail(thumbnail)];
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(finding(&effects, &keys, 2)).unit(removing_rows(&effects, 2, true));
    let ports = FakeBlobs::noting(&effects).among(doubles);
    assert_eq!(purge(&ports, &job).await.unwrap(), Done::Completed);
    let deletions = ["delete files", "delete thumbnails", "remove row", "remove row"];
    assert_eq!(effects.seen()[2..6], deletions);
    assert_eq!(effects.seen()[6..], ["complete", "commit"]);
}

#[tokio::test]
async fn a_blob_that_is_no_tombstone_is_never_deleted() {
    let effects = Effects::default();
    let blob = BlobId::new(CountingIds::nth(1));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(finding(&effects, &[BlobKey::file(blob)], 0));
    let ports = FakeBlobs::noting(&effects).among(doubles);
    let done = purge(&ports, &PurgeBlob { blob, thumbnail: false, others: Vec::new() }).await;
    assert!(matches!(done, Ok(Done::Moot)));
    assert_eq!(effects.seen(), ["find", "rollback"]);
}
