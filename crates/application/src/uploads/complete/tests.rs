#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::blobs::MarkStored;
use fm_domain::clock::Clock as _;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, FixedClock, a_file, an_upload};
use fm_domain::tree::{Delta, EnterDrive, ItemKind, OnConflict, PlaceItem, Placing, Precondition};

use super::*;
use crate::fixture::{enqueued, entered, lost_race, once, reads_of_file, sha256, unavailable};
use crate::jobs::{Job as _, MakeThumbnail, VerifyBlob};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::uploads::fixture::{
    FakeStore, Fault, Rows, acquired, begun_with, cancelling_intent, context, doubles, filed, filing,
    filing_afresh, recording_intent, saving, with_quota,
};

/// All bytes are there.
fn whole_upload() -> Upload {
    begun_with(acquired(), "hello")
}

/// It, in its own blob.
fn in_own_blob(sha256: Option<Sha256>) -> StoredUpload {
    let content_type = MediaType::octet_stream();
    let stored = StoredBlob { size: ByteSize::new(5) };
    StoredUpload { blob: an_upload().blob, stored, content_type, sha256 }
}

fn doubles_with_pictures(units: impl IntoIterator<Item = FakeUnitOfWork>) -> TestPorts {
    let mut doubles = TestPorts::default();
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    doubles.thumbnailer.expect_accepts().return_const(true);
    doubles
}

async fn commit(
    effects: &Effects,
    (doubles, settings): (TestPorts, &Settings),
    upload: Upload,
    whole: StoredUpload,
) -> Result<File, ResumableError> {
    let placed = commit_upload(&context(effects, doubles, settings), &upload, &whole).await?;
    Ok(placed.file)
}

#[tokio::test]
async fn a_whole_upload_becomes_a_file() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let context = context(&effects, doubles([filing(&effects, &rows)], []), &settings());
    let store = FakeStore::stepwise(&effects);
    let file = complete_resumable(&context, &store, &whole_upload()).await.unwrap().file;
    assert_eq!(
        (file.owner, file.name.as_str(), file.blob),
        (an_upload().owner, "hello.txt", an_upload().blob)
    );
    assert_eq!((file.size, file.sha256), (ByteSize::new(5), Some(sha256(b"hello"))));
    assert_eq!((file.content_type.as_str(), file.thumbnail), ("text/plain", ThumbnailState::None));
    let row = Upload {
        status: UploadStatus::Complete(file.id),
        epoch: acquired().epoch.next(),
        is_locked: false,
        state: None,
        head: bytes::Bytes::new(),
        expires_at: FixedClock::NEW_YEAR.now().plus(KEPT_FOR),
        ..whole_upload()
    };
    assert_eq!(rows.all(), [(row, acquired().epoch)]);
    assert_eq!(effects.seen(), ["complete at 5", "update", "mark stored", "enter", "insert", "commit"]);
}

#[tokio::test]
async fn what_the_store_can_not_complete_is_no_file() {
    for (fault, expected) in [
        (Fault::Gone, "another request goes on with the upload"),
        (Fault::Incomplete, "the store failed unexpectedly"),
        (Fault::TooLarge, "the store takes no file of this size"),
        (Fault::Unavailable, "the store is out of reach"),
        (Fault::Size(4), "the store failed unexpectedly"),
    ] {
        let effects = Effects::default();
        let context = context(&effects, doubles([], []), &settings());
        let store = FakeStore::stepwise(&effects).failing("complete", fault);
        let error = complete_resumable(&context, &store, &whole_upload()).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(effects.seen(), ["complete at 5"]);
    }
}

#[tokio::test]
async fn an_upload_that_was_never_begun_is_not_completed() {
    let effects = Effects::default();
    let context = context(&effects, doubles([], []), &settings());
    let never_begun = Upload { state: None, ..whole_upload() };
    let outcome = complete_resumable(&context, &FakeStore::stepwise(&effects), &never_begun).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unexpected(_)))));
    assert!(effects.seen().is_empty());
}

#[tokio::test]
async fn a_picture_gets_a_thumbnail() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = filing(&effects, &rows);
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |job| {
        assert_eq!(enqueued::<MakeThumbnail>(job).blob, an_upload().blob);
        Ok(Enqueued::Added)
    });
    let doubles = (doubles_with_pictures([unit]), &settings());
    let file = commit(&effects, doubles, whole_upload(), in_own_blob(Some(sha256(b"hello")))).await.unwrap();
    assert_eq!(file.thumbnail, ThumbnailState::Pending);
    assert_eq!(effects.seen(), ["update", "mark stored", "enter", "enqueue", "insert", "commit"]);
}

#[tokio::test]
async fn bytes_that_were_not_read_yet_are_verified_once() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = filing(&effects, &rows);
    let upload = Upload { promised: Some(sha256(b"hello")), ..whole_upload() };
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |job| {
        let verify: VerifyBlob = enqueued(job);
        assert_eq!((verify.blob, verify.promised), (an_upload().blob, Some(sha256(b"hello"))));
        assert_eq!(job.unique, Some(verify.unique_name()));
        Ok(Enqueued::Added)
    });
    let file = commit(&effects, (doubles([unit], []), &settings()), upload, in_own_blob(None)).await.unwrap();
    assert_eq!(file.sha256, None);
    assert_eq!(effects.seen(), ["update", "mark stored", "enter", "insert", "enqueue", "commit"]);
}

#[tokio::test]
async fn the_key_of_the_upload_finds_the_file_from_now_on() {
    for hash in [Some(sha256(b"hello")), None] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let mut unit = filing(&effects, &rows);
        if hash.is_some() {
            once!(effects, unit.keys.expect_finish(), "finish", |attempt, upload, _| {
                assert_eq!((attempt, upload.sha256), (an_upload().blob, sha256(b"hello")));
                Ok(true)
            });
        } else {
            // It is finished once the bytes were read.
            unit.jobs.expect_enqueue().times(1).returning(|_| Ok(Enqueued::Added));
            once!(effects, unit.keys.expect_renew(), "renew", |attempt, _| {
                assert_eq!(attempt, an_upload().blob);
                Ok(true)
            });
        }
        let upload = Upload { key: "k".parse().ok(), ..whole_upload() };
        let doubles = (doubles([unit], []), &settings());
        commit(&effects, doubles, upload, in_own_blob(hash)).await.unwrap();
        let key = if hash.is_some() { "finish" } else { "renew" };
        assert_eq!(effects.seen(), ["update", "mark stored", "enter", "insert", key, "commit"]);
    }
}

#[tokio::test]
async fn what_was_reserved_is_charged() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = saving(&effects, &rows);
    once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    let five = ByteSize::new(5);
    let delta = Delta::new_file(five).unreserving(five);
    once!(effects, unit.drives.expect_enter(), "enter", |_, seen, quota| {
        assert_eq!((*seen, quota), (delta, Some(ByteSize::new(9))));
        Err(EnterDrive::QuotaExceeded { trash: ByteSize::ZERO, versions: ByteSize::ZERO })
    });
    let upload = Upload { reserved: five, ..whole_upload() };
    let doubles = (doubles([unit], []), &with_quota(9));
    let outcome = commit(&effects, doubles, upload, in_own_blob(Some(sha256(b"hello")))).await;
    assert!(matches!(outcome, Err(ResumableError::QuotaExceeded)));
    assert_eq!(rows.last().reserved, ByteSize::ZERO);
    assert_eq!(effects.seen(), ["update", "mark stored", "enter", "rollback"]);
}

#[tokio::test]
async fn a_name_that_was_taken_meanwhile_fails_the_precondition_of_the_upload() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = saving(&effects, &rows);
    once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    once!(effects, unit.drives.expect_enter(), "enter", |_, _, _| Ok(entered()));
    once!(effects, unit.nodes.expect_insert(), "insert", |_| {
        Err(PlaceItem::NameTaken { existing: a_file().id.into(), kind: ItemKind::File })
    });
    let precondition = Some(Precondition::Free);
    let placing = Placing { on_conflict: OnConflict::Fail, precondition, ..Placing::default() };
    let upload = Upload { placing, ..whole_upload() };
    let doubles = (doubles([unit], []), &settings());
    let outcome = commit(&effects, doubles, upload, in_own_blob(Some(sha256(b"hello")))).await;
    let refused = matches!(outcome, Err(ResumableError::Misplaced(TreeError::PreconditionFailed)));
    assert!(refused, "{outcome:?}");
    assert_eq!(effects.seen(), ["update", "mark stored", "enter", "insert", "rollback"]);
}

#[tokio::test]
async fn a_blob_that_a_sweep_gave_up_meanwhile_is_no_file() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = saving(&effects, &rows);
    once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Err(MarkStored::NoIntent));
    let doubles = (doubles([unit], []), &settings());
    let outcome = commit(&effects, doubles, whole_upload(), in_own_blob(Some(sha256(b"hello")))).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert_eq!(effects.seen(), ["update", "mark stored", "drop"]);
}

#[tokio::test]
async fn a_lost_answer_to_the_commit_is_read_back() {
    let whole = in_own_blob(Some(sha256(b"hello")));
    let ours = File { blob: whole.blob, ..a_file() };
    for (found, is_ours) in [(Some(ours), true), (Some(a_file()), false), (None, false)] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let unit = filing(&effects, &rows).committing_with(unavailable());
        let doubles = doubles([unit], [reads_of_file(&effects, found.clone())]);
        let whole = in_own_blob(Some(sha256(b"hello")));
        let outcome = commit(&effects, (doubles, &settings()), whole_upload(), whole).await;
        assert_eq!(outcome.is_ok(), is_ours);
        assert_eq!(effects.seen()[4..], ["commit", "find"]);
    }
}

#[tokio::test]
async fn a_unit_that_lost_a_race_is_tried_again_with_the_same_file() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = [filing(&effects, &rows).committing_with(lost_race()), filing(&effects, &rows)];
    let doubles = (doubles(units, []), &settings());
    commit(&effects, doubles, whole_upload(), in_own_blob(Some(sha256(b"hello")))).await.unwrap();
    let rows = rows.all();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0], rows[1]);
}

/// What stands in another blob than the upload's own, as ids count.
fn in_fresh_blob() -> StoredUpload {
    StoredUpload { blob: a_file().blob, ..in_own_blob(Some(sha256(b"hello"))) }
}

#[tokio::test]
async fn an_upload_in_a_fresh_blob_gives_its_own_up() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let doubles = (doubles([filing_afresh(&effects, &rows)], []), &settings());
    let file = commit(&effects, doubles, whole_upload(), in_fresh_blob()).await.unwrap();
    assert_eq!(file.blob, a_file().blob);
    assert_eq!(
        effects.seen(),
        ["update", "cancel intent", "enqueue", "mark stored", "enter", "insert", "commit"]
    );
}

#[tokio::test]
async fn a_blob_that_was_given_up_before_is_purged_by_its_first_job() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = saving(&effects, &rows);
    once!(effects, unit.blobs.expect_cancel_intent(), "cancel intent", |_, _| Ok(false));
    let doubles = (doubles([filed(&effects, unit)], []), &settings());
    commit(&effects, doubles, whole_upload(), in_fresh_blob()).await.unwrap();
    assert_eq!(effects.seen(), ["update", "cancel intent", "mark stored", "enter", "insert", "commit"]);
}

#[tokio::test]
async fn a_fresh_blob_that_is_not_whole_is_given_up() {
    for stored in [Ok(StoredBlob { size: ByteSize::new(4) }), Err(())] {
        let effects = Effects::default();
        let units = [recording_intent(&effects), cancelling_intent(&effects)];
        let context = context(&effects, doubles(units, Vec::<FakeReads>::new()), &settings());
        let put = async |_| {
            effects.note("put");
            stored.map_err(|()| ResumableError::Store(unavailable()))
        };
        let outcome = store_fresh_blob(&context, an_upload().owner, ByteSize::new(5), put).await;
        assert_eq!(matches!(outcome, Err(ResumableError::Store(PortError::Unexpected(_)))), stored.is_ok());
        assert!(outcome.is_err());
        assert_eq!(
            effects.seen(),
            ["record intent", "commit", "put", "cancel intent", "commit", "delete files"]
        );
    }
}

#[tokio::test]
async fn nothing_is_put_where_the_intent_is_not_recorded() {
    let effects = Effects::default();
    let units = [recording_intent(&effects).committing_with(unavailable())];
    let context = context(&effects, doubles(units, []), &settings());
    let put = async |_| {
        effects.note("put");
        Ok(StoredBlob { size: ByteSize::ZERO })
    };
    assert!(store_fresh_blob(&context, an_upload().owner, ByteSize::ZERO, put).await.is_err());
    assert_eq!(effects.seen(), ["record intent", "commit"]);
}
