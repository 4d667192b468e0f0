#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::access::Right;
use fm_domain::accounts::{Charge, ReserveBytes};
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, a_file};

use super::*;
use crate::fixture::{FakeBlobs, access, claimed, once, reads_of_file, sha256, unavailable};
use crate::testing::TestPorts;

/// A file whose hash is not known yet.
fn unverified() -> File {
    File { sha256: None, ..a_file() }
}

/// Verifies the file that is found, of which the store holds these bytes.
async fn verify(
    effects: &Effects,
    (found, units): (Option<File>, Vec<FakeUnitOfWork>),
    bytes: Option<&'static [u8]>,
    promised: Option<Sha256>,
) -> Result<Done, JobError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_file(effects, found));
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    let blobs = match bytes {
        Some(bytes) => FakeBlobs::holding(effects, bytes),
        None => FakeBlobs::noting(effects),
    };
    let file = unverified();
    let job = VerifyBlob { owner: file.owner, file: file.id, blob: file.blob, promised };
    job.run(&JobContext::new(&blobs.among(doubles)), &claimed(&job, 1)).await
}

fn completed(effects: &Effects, mut unit: FakeUnitOfWork, held: bool) -> FakeUnitOfWork {
    once!(effects, unit.jobs.expect_complete(), "complete", |_, attempt| {
        assert_eq!(attempt, 1);
        Ok(held)
    });
    unit
}

/// The unit that frees the key and completes the job.
fn letting_go(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.keys.expect_free(), "free", |attempt| {
        assert_eq!(attempt, a_file().blob);
        Ok(())
    });
    completed(effects, unit, true)
}

/// The unit that writes the hash, where the file still has these bytes.
fn hashing(effects: &Effects, is_there: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.files.expect_set_sha256(), "set hash", |id, blob, hash, charset| {
        assert_eq!((id, blob, hash), (a_file().id, a_file().blob, sha256(b"hello")));
        assert_eq!(charset, Some(Charset::utf_8()), "a text without one");
        Ok(is_there)
    });
    unit
}

/// The same, and its key remembers the file.
fn remembering(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = hashing(effects, true);
    once!(effects, unit.keys.expect_finish(), "finish", |attempt, upload, until| {
        assert_eq!((attempt, upload.file, upload.sha256), (a_file().blob, a_file().id, sha256(b"hello")));
        assert_eq!(until, FixedClock::NEW_YEAR.now().plus(KEPT_FOR));
        Ok(false)
    });
    unit
}

#[tokio::test]
async fn the_hash_is_remembered_and_the_job_done_in_one_unit() {
    for promised in [None, Some(sha256(b"hello"))] {
        let effects = Effects::default();
        let case = (Some(unverified()), vec![completed(&effects, remembering(&effects), true)]);
        let done = verify(&effects, case, Some(b"hello"), promised).await.unwrap();
        assert_eq!(done, Done::Completed);
        assert_eq!(effects.seen(), ["find", "get", "set hash", "finish", "complete", "commit"]);
    }
}

#[tokio::test]
async fn a_job_that_another_worker_has_changes_nothing() {
    let effects = Effects::default();
    let case = (Some(unverified()), vec![completed(&effects, remembering(&effects), false)]);
    assert_eq!(verify(&effects, case, Some(b"hello"), None).await.unwrap(), Done::Lost);
    assert_eq!(effects.seen().last().unwrap(), "rollback");
}

#[tokio::test]
async fn a_hash_that_is_known_is_not_made_again() {
    let effects = Effects::default();
    let done = verify(&effects, (Some(a_file()), vec![]), Some(b"hello"), None).await.unwrap();
    assert_eq!(done, Done::Moot);
    assert_eq!(effects.seen(), ["find"]);
}

#[tokio::test]
async fn bytes_that_were_replaced_or_removed_free_their_key() {
    let replaced = File { blob: BlobId::new(CountingIds::nth(9)), ..unverified() };
    for found in [None, Some(replaced)] {
        let effects = Effects::default();
        let case = (found, vec![letting_go(&effects)]);
        assert_eq!(verify(&effects, case, Some(b"hello"), None).await.unwrap(), Done::Completed);
        assert_eq!(effects.seen(), ["find", "free", "complete", "commit"]);
    }
}

#[tokio::test]
async fn bytes_that_are_replaced_while_they_are_read_free_their_key() {
    let effects = Effects::default();
    let case = (Some(unverified()), vec![hashing(&effects, false), letting_go(&effects)]);
    assert_eq!(verify(&effects, case, Some(b"hello"), None).await.unwrap(), Done::Completed);
    assert_eq!(effects.seen()[2..], ["set hash", "rollback", "free", "complete", "commit"]);
}

#[tokio::test]
async fn bytes_that_are_missing_or_out_of_reach_are_tried_again() {
    let effects = Effects::default();
    let outcome = verify(&effects, (Some(unverified()), vec![]), None, None).await;
    assert!(matches!(outcome, Err(JobError::Failed(_))));

    let mut lost = FakeUnitOfWork::noting(&effects);
    once!(effects, lost.files.expect_set_sha256(), "set hash", |_, _, _, _| Err(unavailable()));
    let outcome = verify(&effects, (Some(unverified()), vec![lost]), Some(b"hello"), None).await;
    assert!(matches!(outcome, Err(JobError::Store(PortError::Unavailable(_)))));
}

/// The unit that finds the file again before it takes it back.
fn withdrawing(effects: &Effects, now: Option<File>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.files.expect_find_for_update(), "lock", |asked, _| {
        assert_eq!(*asked, access(Right::Delete));
        Ok(now.clone())
    });
    unit
}

/// The same, and takes it out until its owner is charged.
fn removing(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = withdrawing(effects, Some(unverified()));
    once!(effects, unit.keys.expect_free_file(), "free file", |_| Ok(()));
    once!(effects, unit.keys.expect_free(), "free", |_| Ok(()));
    once!(effects, unit.uploads.expect_remove_of_file(), "remove row", |_| Ok(()));
    once!(effects, unit.files.expect_remove(), "remove", |asked, _| {
        assert_eq!(*asked, access(Right::Delete));
        Ok(Some(unverified()))
    });
    once!(effects, unit.blobs.expect_mark_deleted(), "mark deleted", |_, _| Ok(true));
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |_| Ok(Enqueued::Added));
    unit
}

#[tokio::test]
async fn a_file_whose_bytes_are_not_those_that_were_promised_goes() {
    for (held, done, end) in [(true, Done::Completed, "commit"), (false, Done::Lost, "rollback")] {
        let effects = Effects::default();
        let mut unit = removing(&effects);
        once!(effects, unit.users.expect_charge(), "charge", |_, charge, _| {
            let free = a_file().size;
            assert_eq!(*charge, Charge { free, files_removed: 1, ..Charge::default() });
            Ok(())
        });
        let case = (Some(unverified()), vec![completed(&effects, unit, held)]);
        let outcome = verify(&effects, case, Some(b"hello"), Some(sha256(b"other"))).await;
        assert_eq!(outcome.unwrap(), done);
        assert_eq!(
            effects.seen()[1..],
            [
                "get",
                "lock",
                "free file",
                "free",
                "remove row",
                "remove",
                "mark deleted",
                "enqueue",
                "charge",
                "complete",
                end
            ]
        );
    }
}

#[tokio::test]
async fn wrong_bytes_whose_owner_is_gone_are_left_to_the_removal_of_the_account() {
    let effects = Effects::default();
    let mut unit = removing(&effects);
    once!(effects, unit.users.expect_charge(), "charge", |_, _, _| Err(ReserveBytes::NoUser));
    let done = completed(&effects, FakeUnitOfWork::noting(&effects), true);
    let case = (Some(unverified()), vec![unit, done]);
    let outcome = verify(&effects, case, Some(b"hello"), Some(sha256(b"other"))).await;
    assert_eq!(outcome.unwrap(), Done::Completed);
    assert_eq!(effects.seen()[9..], ["charge", "rollback", "complete", "commit"]);
}

#[tokio::test]
async fn a_file_that_changes_while_its_wrong_bytes_are_read_stays() {
    let replaced = File { blob: BlobId::new(CountingIds::nth(9)), ..unverified() };
    for now in [None, Some(replaced), Some(a_file())] {
        let effects = Effects::default();
        let case = (Some(unverified()), vec![withdrawing(&effects, now), letting_go(&effects)]);
        let done = verify(&effects, case, Some(b"hello"), Some(sha256(b"other"))).await.unwrap();
        assert_eq!(done, Done::Completed);
        assert_eq!(effects.seen()[2..], ["lock", "rollback", "free", "complete", "commit"]);
    }
}
