#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::access::Right;
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, a_file};
use fm_domain::tree::{Delta, EnterDrive, Marked, Measure, Removed, TrashedItem, Version};

use super::*;
use crate::fixture::{FakeBlobs, access, claimed, entered, once, reads_of_job_file, sha256, unavailable};
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
    doubles.db = doubles.db.reads(reads_of_job_file(effects, found));
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    let blobs = match bytes {
        Some(bytes) => FakeBlobs::holding(effects, bytes),
        None => FakeBlobs::noting(effects),
    };
    let file = unverified();
    let job = VerifyBlob { owner: file.owner, file: file.id, blob: file.blob, promised, is_copy: false };
    job.run(&JobContext::new(&blobs.among(doubles), &crate::testing::settings()), &claimed(&job, 1)).await
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
    unit.drives.expect_enter().times(1).returning(|drive, _, _| {
        assert_eq!(drive, a_file().drive());
        Ok(entered())
    });
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
    lost.drives.expect_enter().returning(|_, _, _| Ok(entered()));
    once!(effects, lost.files.expect_set_sha256(), "set hash", |_, _, _, _| Err(unavailable()));
    let outcome = verify(&effects, (Some(unverified()), vec![lost]), Some(b"hello"), None).await;
    assert!(matches!(outcome, Err(JobError::Store(PortError::Unavailable(_)))));
}

/// The unit that finds the file again before it takes it back.
fn withdrawing(effects: &Effects, now: Option<File>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.drives.expect_enter(), "enter", |_, _, _| Ok(entered()));
    once!(effects, unit.files.expect_find_for_update(), "lock", |asked, _| {
        assert_eq!(*asked, access(Right::Delete));
        Ok(now.clone())
    });
    unit.nodes.expect_find_trashed().returning(|_, _| Ok(None));
    unit
}

/// The same, and takes it out.
fn removing(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = withdrawing(effects, Some(unverified()));
    let measure = Measure { nodes: 1, files: 1, bytes: a_file().size, version_bytes: ByteSize::ZERO };
    once!(effects, unit.nodes.expect_trash(), "trash", |_, _, _| Ok(Some(measure)));
    unit.nodes.expect_mark_below().return_once(|_, _| Ok(Marked::default()));
    once!(effects, unit.nodes.expect_remove(), "remove", |_, _| {
        Ok(Removed { measure, blobs: vec![unverified().blob] })
    });
    unit.drives.expect_charge().times(2).returning(|_, _, _| Ok(()));
    once!(effects, unit.blobs.expect_drop_references(), "drop", |blobs, _| {
        assert_eq!(blobs, [unverified().blob]);
        Ok(vec![BlobKey::file(unverified().blob)])
    });
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |_| Ok(Enqueued::Added));
    unit
}

#[tokio::test]
async fn a_file_whose_bytes_are_not_those_that_were_promised_goes() {
    for (held, done, end) in [(true, Done::Completed, "commit"), (false, Done::Lost, "rollback")] {
        let effects = Effects::default();
        let case = (Some(unverified()), vec![completed(&effects, removing(&effects), held)]);
        let outcome = verify(&effects, case, Some(b"hello"), Some(sha256(b"other"))).await;
        assert_eq!(outcome.unwrap(), done);
        assert_eq!(
            effects.seen()[1..],
            ["get", "enter", "lock", "trash", "remove", "drop", "enqueue", "complete", end]
        );
    }
}

#[tokio::test]
async fn wrong_bytes_whose_owner_is_gone_are_left_to_the_removal_of_the_account() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.drives.expect_enter(), "enter", |_, _, _| Err(EnterDrive::NoDrive));
    let done = completed(&effects, FakeUnitOfWork::noting(&effects), true);
    let case = (Some(unverified()), vec![unit, done]);
    let outcome = verify(&effects, case, Some(b"hello"), Some(sha256(b"other"))).await;
    assert_eq!(outcome.unwrap(), Done::Completed);
    assert_eq!(effects.seen()[2..], ["enter", "rollback", "complete", "commit"]);
}

#[tokio::test]
async fn a_file_that_changes_while_its_wrong_bytes_are_read_stays() {
    let replaced = File { blob: BlobId::new(CountingIds::nth(9)), ..unverified() };
    for now in [None, Some(replaced), Some(a_file())] {
        let effects = Effects::default();
        let case = (Some(unverified()), vec![withdrawing(&effects, now), letting_go(&effects)]);
        let done = verify(&effects, case, Some(b"hello"), Some(sha256(b"other"))).await.unwrap();
        assert_eq!(done, Done::Completed);
        assert_eq!(effects.seen()[2..], ["enter", "lock", "rollback", "free", "complete", "commit"]);
    }
}

#[tokio::test]
async fn a_copy_gets_its_hash_and_leaves_the_key_of_the_upload_alone() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    let unit = completed(&effects, hashing(&effects, true), true);
    doubles.db = doubles.db.reads(reads_of_job_file(&effects, Some(unverified()))).unit(unit);
    let file = unverified();
    let job = VerifyBlob { owner: file.owner, file: file.id, blob: file.blob, promised: None, is_copy: true };
    let ports = FakeBlobs::holding(&effects, b"hello").among(doubles);
    let done = job.run(&JobContext::new(&ports, &crate::testing::settings()), &claimed(&job, 1)).await;
    assert_eq!(done.unwrap(), Done::Completed);
    assert_eq!(effects.seen(), ["find", "get", "set hash", "complete", "commit"]);
}

#[tokio::test]
async fn wrong_bytes_in_the_trash_go_as_well() {
    let effects = Effects::default();
    let trashed = || TrashedItem {
        item: unverified().into(),
        top: unverified().id.into(),
        trashed_at: FixedClock::NEW_YEAR.now(),
        has_parent: true,
        original_path: "/hello.txt".to_owned(),
        size: unverified().size,
    };
    let mut reads = FakeReads::default();
    reads.files.expect_find_with_trash().return_once(|_, _| Ok(Some(unverified())));
    let mut unit = FakeUnitOfWork::noting(&effects);
    unit.drives.expect_enter().return_once(|_, _, _| Ok(entered()));
    unit.files.expect_find_for_update().return_once(|_, _| Ok(None));
    unit.nodes.expect_find_trashed().return_once(move |_, _| Ok(Some(trashed())));
    unit.nodes.expect_mark_below().return_once(|_, _| Ok(Marked::default()));
    let measure = Measure { nodes: 1, files: 1, bytes: a_file().size, version_bytes: ByteSize::ZERO };
    once!(effects, unit.nodes.expect_remove(), "remove", |_, _| {
        Ok(Removed { measure, blobs: vec![unverified().blob] })
    });
    unit.drives.expect_charge().return_once(|_, _, _| Ok(()));
    once!(effects, unit.blobs.expect_drop_references(), "drop", |_, _| Ok(Vec::new()));
    let unit = completed(&effects, unit, true);
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads).unit(unit);
    let file = unverified();
    let promised = Some(sha256(b"other"));
    let job = VerifyBlob { owner: file.owner, file: file.id, blob: file.blob, promised, is_copy: false };
    let ports = FakeBlobs::holding(&effects, b"hello").among(doubles);
    let done = job.run(&JobContext::new(&ports, &crate::testing::settings()), &claimed(&job, 1)).await;
    assert_eq!(done.unwrap(), Done::Completed);
    assert_eq!(effects.seen(), ["get", "remove", "drop", "complete", "commit"]);
}

#[tokio::test]
async fn wrong_bytes_that_replaced_others_give_the_file_its_newest_old_version_back() {
    let effects = Effects::default();
    let good = File { blob: BlobId::new(CountingIds::nth(9)), size: ByteSize::new(3), ..a_file() };
    let bad = File { version: VersionNumber::new(2), ..unverified() };
    let unit = withdrawing(&effects, Some(bad.clone()));
    let mut unit = completed(&effects, unit, true);
    let newest = Version::of(&good, FixedClock::NEW_YEAR.now());
    let older = Version { number: VersionNumber::new(0), ..newest.clone() };
    unit.versions.expect_all().return_once(move |_| Ok(vec![older, newest]));
    unit.keys.expect_free_file().times(1).returning(|_| Ok(()));
    once!(effects, unit.keys.expect_free(), "free", |attempt| {
        assert_eq!(attempt, unverified().blob);
        Ok(())
    });
    unit.uploads.expect_remove_of_file().times(1).returning(|_| Ok(()));
    once!(effects, unit.versions.expect_remove(), "remove version", |_, numbers| {
        assert_eq!(numbers, [VersionNumber::FIRST]);
        Ok(Vec::new())
    });
    once!(effects, unit.files.expect_update(), "update", |file, seen| {
        assert_eq!((file.blob, file.size, file.sha256), (good.blob, good.size, good.sha256));
        assert_eq!(
            (file.version, file.revision, seen),
            (VersionNumber::new(3), seen.next(), a_file().revision)
        );
        Ok(())
    });
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, Delta { used: -5, versions: -3, ..Delta::default() });
        Ok(())
    });
    once!(effects, unit.blobs.expect_drop_references(), "drop", |blobs, _| {
        assert_eq!(blobs, [unverified().blob]);
        Ok(Vec::new())
    });
    let mut doubles = TestPorts::default();
    doubles.thumbnailer.expect_accepts().return_const(false);
    doubles.db = doubles.db.reads(reads_of_job_file(&effects, Some(bad.clone()))).unit(unit);
    let promised = Some(sha256(b"other"));
    let job = VerifyBlob { owner: bad.owner, file: bad.id, blob: bad.blob, promised, is_copy: false };
    let ports = FakeBlobs::holding(&effects, b"hello").among(doubles);
    let done = job.run(&JobContext::new(&ports, &crate::testing::settings()), &claimed(&job, 1)).await;
    assert_eq!(done.unwrap(), Done::Completed);
    let changes = ["free", "remove version", "update", "charge", "drop"];
    assert_eq!(effects.seen()[2..], [&["enter", "lock"][..], &changes, &["complete", "commit"]].concat());
}

#[tokio::test]
async fn wrong_bytes_in_the_trash_stay_where_they_replaced_others() {
    let effects = Effects::default();
    let bad = File { version: VersionNumber::new(2), ..unverified() };
    let trashed = TrashedItem {
        item: bad.clone().into(),
        top: bad.id.into(),
        trashed_at: FixedClock::NEW_YEAR.now(),
        has_parent: true,
        original_path: "/hello.txt".to_owned(),
        size: bad.size,
    };
    let found = bad.clone();
    let mut reads = FakeReads::default();
    reads.files.expect_find_with_trash().return_once(move |_, _| Ok(Some(found)));
    let mut unit = FakeUnitOfWork::noting(&effects);
    unit.drives.expect_enter().return_once(|_, _, _| Ok(entered()));
    unit.files.expect_find_for_update().return_once(|_, _| Ok(None));
    unit.nodes.expect_find_trashed().return_once(move |_, _| Ok(Some(trashed)));
    let kept = Version::of(&a_file(), FixedClock::NEW_YEAR.now());
    unit.versions.expect_all().return_once(move |_| Ok(vec![kept]));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads).unit(unit).unit(completed(&effects, remembering(&effects), true));
    let promised = Some(sha256(b"other"));
    let job = VerifyBlob { owner: bad.owner, file: bad.id, blob: bad.blob, promised, is_copy: false };
    let ports = FakeBlobs::holding(&effects, b"hello").among(doubles);
    let done = job.run(&JobContext::new(&ports, &crate::testing::settings()), &claimed(&job, 1)).await;
    assert_eq!(done.unwrap(), Done::Completed);
    assert_eq!(effects.seen(), ["get", "rollback", "set hash", "finish", "complete", "commit"]);
}
