#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pictures;
mod retries;

use super::{UploadCommand, UploadFile, Uploaded};
use crate::files::{UploadBody, UploadError};
use crate::fixture::{
    FakeBlobs, actor, body, by_ada, enqueued, entered, lost_race, noted, once, reads_of_file, reads_of_quota,
    sha256, unavailable,
};
use crate::jobs::{Job as _, MakeThumbnail};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use fm_domain::accounts::ReserveBytes;
use fm_domain::audit::AuditAction;
use fm_domain::blobs::{BlobKey, MarkStored, PutBlob, Tombstone};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::clock::Clock as _;
use fm_domain::error::{PortError, Retry};
use fm_domain::files::ThumbnailState;
use fm_domain::idempotency::Claimed;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, FixedClock, a_file, an_account};
use fm_domain::tree::{Delta, EnterDrive, OnConflict, Placing};
use futures_util::FutureExt as _;

fn with_quota(bytes: u64) -> Settings {
    Settings { quota: Some(ByteSize::new(bytes)), ..settings() }
}

/// Unit 1 without a key.
fn recording_intent(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_record_intent(), format!("record intent"), |_| Ok(()));
    unit
}

/// Unit 2 but for its entry of the drive.
fn keeping(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    once!(effects, unit.nodes.expect_insert(), "insert", |_| Ok(()));
    unit
}

fn charging(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = keeping(effects);
    once!(effects, unit.drives.expect_enter(), "enter", |_, _, _| Ok(entered()));
    unit
}

/// The unit that cancels the intent of a failed upload.
fn cancelling_intent(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_cancel_intent(), "cancel intent", |_, _| Ok(true));
    unit
}

fn doubles(units: impl IntoIterator<Item = FakeUnitOfWork>, pictured: bool) -> TestPorts {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_quota(an_account()));
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    doubles.thumbnailer.expect_accepts().return_const(pictured);
    doubles
}

async fn upload(
    doubles: TestPorts,
    blobs: FakeBlobs,
    settings: &Settings,
    key: Option<&str>,
    body: UploadBody,
) -> Result<Uploaded, UploadError> {
    let ports = blobs.among(doubles);
    let key = key.map(|key| key.parse().unwrap());
    UploadFile::new(&ports, settings).run(&actor(), UploadCommand::new(key, body)).await
}

#[tokio::test]
async fn a_text_has_the_charset_of_its_client_or_the_one_that_its_bytes_show() {
    for (claimed, content, expected) in [
        ("text/plain", "Gr\u{fc}\u{df}e", "text/plain; charset=utf-8"),
        ("text/csv; charset=windows-1252", "a,b", "text/csv; charset=windows-1252"),
        ("application/json", "{}", "application/json"),
        ("text/html", "<p>", "text/html"),
    ] {
        let effects = Effects::default();
        let units = [recording_intent(&effects), charging(&effects)];
        let body = UploadBody { claimed_type: Some(claimed.parse().unwrap()), ..body(&[content]) };
        let uploaded = upload(doubles(units, false), FakeBlobs::noting(&effects), &settings(), None, body)
            .await
            .unwrap();
        assert_eq!(uploaded.view.file.content_type.to_string(), expected);
    }
}

#[tokio::test]
async fn everything_happens_in_order_and_the_drive_is_entered_when_the_blob_is_stored() {
    let effects = Effects::default();
    let mut first = recording_intent(&effects);
    once!(effects, first.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Held));
    once!(effects, first.users.expect_reserve(), "reserve", |_, bytes, quota| {
        assert_eq!((bytes, quota), (ByteSize::new(5), Some(ByteSize::new(100))));
        Ok(())
    });
    let mut second = keeping(&effects);
    once!(effects, second.keys.expect_finish(), "finish", |_, upload, _| {
        assert_eq!(upload.sha256, sha256(b"hello"));
        Ok(true)
    });
    once!(effects, second.jobs.expect_enqueue(), "enqueue", |job| {
        assert_eq!(job.unique, Some(enqueued::<MakeThumbnail>(job).unique_name()));
        Ok(Enqueued::Added)
    });
    let delta = Delta::new_file(ByteSize::new(5)).unreserving(ByteSize::new(5));
    once!(effects, second.drives.expect_enter(), "enter", |of, seen, quota| {
        assert_eq!((of, *seen, quota), (a_file().drive(), delta, Some(ByteSize::new(100))));
        Ok(entered())
    });
    let trail = second.audit.clone();
    let doubles = doubles([first, second], true);
    let body =
        UploadBody { length: Some(ByteSize::new(5)), sha256: Some(sha256(b"hello")), ..body(&["he", "llo"]) };
    let kept = upload(doubles, FakeBlobs::noting(&effects), &with_quota(100), Some("k"), body).await.unwrap();
    assert_eq!(noted(&trail), [by_ada(AuditAction::FILE_UPLOADED, Some(kept.view.file.id.uuid()))]);

    assert!(kept.fresh);
    let file = kept.view.file;
    assert_eq!(
        (file.name.as_str(), file.size, file.sha256),
        ("hello.txt", ByteSize::new(5), Some(sha256(b"hello")))
    );
    assert_eq!(file.thumbnail, ThumbnailState::Pending);
    assert_eq!(
        effects.seen(),
        [
            "claim",
            "record intent",
            "reserve",
            "commit",
            "put files",
            "mark stored",
            "enter",
            "enqueue",
            "insert",
            "finish",
            "commit"
        ]
    );
}

#[tokio::test]
async fn what_is_no_picture_gets_no_job() {
    let effects = Effects::default();
    let doubles = doubles([recording_intent(&effects), charging(&effects)], false);
    let kept = upload(doubles, FakeBlobs::noting(&effects), &settings(), None, body(&[])).await.unwrap();
    assert_eq!((kept.view.file.size, kept.view.file.thumbnail), (ByteSize::ZERO, ThumbnailState::None));
    assert_eq!(
        effects.seen(),
        ["record intent", "commit", "put files", "mark stored", "enter", "insert", "commit"]
    );
}

#[tokio::test]
async fn nothing_is_committed_when_enqueue_fails() {
    let effects = Effects::default();
    let mut second = FakeUnitOfWork::noting(&effects);
    once!(effects, second.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    once!(effects, second.drives.expect_enter(), "enter", |_, _, _| Ok(entered()));
    once!(effects, second.jobs.expect_enqueue(), "enqueue", |_| Err(PortError::Unexpected("no".into())));
    let doubles = doubles([recording_intent(&effects), second, cancelling_intent(&effects)], true);
    let error =
        upload(doubles, FakeBlobs::noting(&effects), &settings(), None, body(&["a"])).await.unwrap_err();
    assert!(matches!(error, UploadError::Store(PortError::Unexpected(_))));
    assert_eq!(
        effects.seen()[3..],
        ["mark stored", "enter", "enqueue", "drop", "cancel intent", "commit", "delete files"]
    );
}

#[tokio::test]
async fn the_intent_of_a_failed_put_is_cancelled_before_its_bytes_are_deleted() {
    let effects = Effects::default();
    let mut first = recording_intent(&effects);
    once!(effects, first.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Held));
    once!(effects, first.users.expect_reserve(), "reserve", |_, _, _| Ok(()));
    let mut last = cancelling_intent(&effects);
    once!(effects, last.keys.expect_free(), "free", |_| Ok(()));
    once!(effects, last.users.expect_unreserve(), "unreserve", |_, bytes| {
        assert_eq!(bytes, ByteSize::new(1));
        Ok(())
    });
    let doubles = doubles([first, last], false);
    let body = UploadBody { length: Some(ByteSize::new(1)), ..body(&["a"]) };
    let blobs = FakeBlobs::refusing(&effects, unavailable());
    let error = upload(doubles, blobs, &with_quota(9), Some("k"), body).await.unwrap_err();
    assert!(matches!(error, UploadError::Store(PortError::Unavailable(_))));
    assert_eq!(
        effects.seen()[4..],
        ["put files", "cancel intent", "free", "unreserve", "commit", "delete files"]
    );
}

#[tokio::test]
async fn a_file_that_is_too_large_for_the_store_is_refused_as_that_and_keeps_nothing() {
    let effects = Effects::default();
    let doubles = doubles([recording_intent(&effects), cancelling_intent(&effects)], false);
    let blobs = FakeBlobs::refusing(&effects, PutBlob::TooLarge);
    let error = upload(doubles, blobs, &settings(), None, body(&["a"])).await.unwrap_err();
    assert!(matches!(error, UploadError::TooLargeForStore));
    assert_eq!(effects.seen()[2..], ["put files", "cancel intent", "commit", "delete files"]);
}

/// The sweep cancelled the intent and deleted its bytes while more of them were still under way to the store.
#[tokio::test]
async fn bytes_of_a_cancelled_intent_are_deleted_again() {
    for (is_tombstone, after) in [(true, vec!["delete files"]), (false, vec![])] {
        let effects = Effects::default();
        let mut second = FakeUnitOfWork::noting(&effects);
        once!(effects, second.blobs.expect_mark_stored(), "mark stored", |_, _| Err(MarkStored::NoIntent));
        let mut last = FakeUnitOfWork::noting(&effects);
        once!(effects, last.blobs.expect_cancel_intent(), "cancel intent", |_, _| Ok(false));
        once!(effects, last.blobs.expect_find_tombstones(), "find tombstone", |keys| {
            let deleted_at = FixedClock::NEW_YEAR.now();
            let tombstone = |key: &BlobKey| Tombstone { key: *key, deleted_at, was_stored: false };
            Ok(keys.iter().filter(|_| is_tombstone).map(tombstone).collect())
        });
        let doubles = doubles([recording_intent(&effects), second, last], false);
        let error =
            upload(doubles, FakeBlobs::noting(&effects), &settings(), None, body(&["a"])).await.unwrap_err();
        assert!(matches!(error, UploadError::Store(error) if error.retry() == Retry::Later));
        let expected =
            [vec!["mark stored", "drop", "cancel intent", "find tombstone", "rollback"], after].concat();
        assert_eq!(effects.seen()[3..], expected);
    }
}

#[tokio::test]
async fn an_account_that_went_meanwhile_is_told_so() {
    let effects = Effects::default();
    let mut second = FakeUnitOfWork::noting(&effects);
    once!(effects, second.blobs.expect_mark_stored(), "mark stored", |_, _| Err(MarkStored::NoIntent));
    let mut reads = FakeReads::default();
    once!(effects, reads.users.expect_find(), "find user", |_| Ok(None));
    let mut doubles = doubles([recording_intent(&effects), second, cancelling_intent(&effects)], false);
    doubles.db = doubles.db.reads(reads);
    let error =
        upload(doubles, FakeBlobs::noting(&effects), &settings(), None, body(&["a"])).await.unwrap_err();
    assert!(matches!(error, UploadError::Unauthenticated));
}

#[tokio::test]
async fn a_lost_answer_to_the_commit_is_read_back() {
    let effects = Effects::default();
    let units = [recording_intent(&effects), charging(&effects)];
    let blobs = FakeBlobs::noting(&effects);
    let stored = upload(doubles(units, false), blobs, &settings(), None, body(&["a"])).await.unwrap();
    for (found, kept) in [(Some(stored.view.file), true), (Some(a_file()), false), (None, false)] {
        let effects = Effects::default();
        let second = charging(&effects).committing_with(unavailable());
        let mut units = vec![recording_intent(&effects), second];
        if !kept {
            units.push(cancelling_intent(&effects));
        }
        let mut doubles = doubles(units, false);
        doubles.db = doubles.db.reads(reads_of_file(&effects, found));
        let outcome = upload(doubles, FakeBlobs::noting(&effects), &settings(), None, body(&["a"])).await;
        assert_eq!(outcome.is_ok(), kept);
        let after: &[&str] =
            if kept { &["find"] } else { &["find", "cancel intent", "commit", "delete files"] };
        assert_eq!(effects.seen()[7..], *after);
    }
}

#[tokio::test]
async fn a_unit_that_lost_a_race_is_tried_again_with_the_same_file() {
    let effects = Effects::default();
    let lost = charging(&effects).committing_with(lost_race());
    let doubles = doubles([recording_intent(&effects), lost, charging(&effects)], false);
    let kept = upload(doubles, FakeBlobs::noting(&effects), &settings(), None, body(&["a"])).await;
    assert!(kept.is_ok());
    assert_eq!(effects.seen().iter().filter(|effect| *effect == "put files").count(), 1);
}

#[tokio::test]
async fn a_key_that_was_lost_meanwhile_keeps_nothing() {
    let effects = Effects::default();
    let mut first = recording_intent(&effects);
    once!(effects, first.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Held));
    let mut second = charging(&effects);
    once!(effects, second.keys.expect_finish(), "finish", |_, _, _| Ok(false));
    let mut last = cancelling_intent(&effects);
    once!(effects, last.keys.expect_free(), "free", |_| Ok(()));
    let doubles = doubles([first, second, last], false);
    let outcome = upload(doubles, FakeBlobs::noting(&effects), &settings(), Some("k"), body(&["a"])).await;
    assert!(matches!(outcome, Err(UploadError::Store(PortError::Unavailable(_)))));
    let seen = effects.seen();
    assert_eq!(seen[4..8], ["mark stored", "enter", "insert", "finish"]);
    assert_eq!(seen[8..], ["drop", "cancel intent", "free", "commit", "delete files"]);
}

#[tokio::test]
async fn a_key_in_use_is_busy_until_its_lease_ends() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.keys.expect_claim(), "claim", |claim, now| {
        assert_eq!(claim.lease_until.since(now).as_secs(), 60);
        Ok(Claimed::Running { lease_until: now.plus(std::time::Duration::from_secs(42)) })
    });
    let outcome =
        upload(doubles([unit], false), FakeBlobs::noting(&effects), &settings(), Some("k"), body(&[])).await;
    assert!(matches!(outcome, Err(UploadError::KeyBusy { retry_after }) if retry_after.as_secs() == 42));
    assert_eq!(effects.seen(), ["claim", "rollback"]);
}

/// An upload of `a` whose request names no file.
fn nameless() -> UploadBody {
    UploadBody { end: async { Ok(None) }.boxed(), ..body(&["a"]) }
}

fn is_a_missing_name(outcome: &Result<Uploaded, UploadError>) -> bool {
    matches!(outcome, Err(UploadError::Body(BodyError::Invalid { field: Some("name"), .. })))
}

#[tokio::test]
async fn a_new_file_without_a_name_is_refused_and_keeps_nothing() {
    let effects = Effects::default();
    let doubles = doubles([recording_intent(&effects), cancelling_intent(&effects)], false);
    let outcome = upload(doubles, FakeBlobs::noting(&effects), &settings(), None, nameless()).await;
    assert!(is_a_missing_name(&outcome), "{outcome:?}");
    assert_eq!(effects.seen()[2..], ["put files", "cancel intent", "commit", "delete files"]);
}

#[tokio::test]
async fn a_declared_length_over_the_cap_is_refused_before_anything_happens() {
    let small = Settings { max_upload: ByteSize::new(4), ..settings() };
    let effects = Effects::default();
    let body = UploadBody { length: Some(ByteSize::new(5)), ..body(&["12345"]) };
    let outcome = upload(TestPorts::default(), FakeBlobs::noting(&effects), &small, None, body).await;
    assert!(
        matches!(outcome, Err(UploadError::Body(BodyError::TooLarge { limit })) if limit == ByteSize::new(4))
    );
    assert!(effects.seen().is_empty());
}

#[tokio::test]
async fn a_reservation_that_the_quota_refuses_records_no_intent() {
    for (refusal, unauthenticated) in [(ReserveBytes::QuotaExceeded, false), (ReserveBytes::NoUser, true)] {
        let effects = Effects::default();
        let mut first = recording_intent(&effects);
        let refusal = std::sync::Mutex::new(Some(refusal));
        once!(effects, first.users.expect_reserve(), "reserve", |_, _, _| Err(refusal
            .lock()
            .unwrap()
            .take()
            .unwrap()));
        let body = UploadBody { length: Some(ByteSize::new(5)), ..body(&["12345"]) };
        let outcome =
            upload(doubles([first], false), FakeBlobs::noting(&effects), &with_quota(4), None, body).await;
        assert_eq!(matches!(outcome, Err(UploadError::Unauthenticated)), unauthenticated);
        assert_eq!(matches!(outcome, Err(UploadError::QuotaExceeded)), !unauthenticated);
        assert_eq!(effects.seen(), ["record intent", "reserve", "rollback"]);
    }
}

#[tokio::test]
async fn a_charge_that_the_quota_refuses_keeps_nothing() {
    let effects = Effects::default();
    let mut second = FakeUnitOfWork::noting(&effects);
    once!(effects, second.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    once!(effects, second.drives.expect_enter(), "enter", |_, _, _| {
        Err(EnterDrive::QuotaExceeded { trash: ByteSize::ZERO, versions: ByteSize::ZERO })
    });
    let doubles = doubles([recording_intent(&effects), second, cancelling_intent(&effects)], false);
    let outcome = upload(doubles, FakeBlobs::noting(&effects), &with_quota(9), None, body(&["a"])).await;
    assert!(matches!(outcome, Err(UploadError::QuotaExceeded)));
    assert_eq!(effects.seen()[4..], ["enter", "rollback", "cancel intent", "commit", "delete files"]);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_before_its_bytes_where_it_is_known() {
    let effects = Effects::default();
    let mut doubles = doubles([recording_intent(&effects), cancelling_intent(&effects)], false);
    let mut reads = FakeReads::default();
    reads.tree.expect_resolve().return_once(|_, _, _| Ok(Some(a_file().into())));
    doubles.db = doubles.db.reads(reads);
    let ports = FakeBlobs::noting(&effects).among(doubles);
    let placing = Placing { on_conflict: OnConflict::Fail, ..Placing::default() };
    let name = Some(a_file().name);
    let command = UploadCommand { name, placing, ..UploadCommand::new(None, body(&["hello"])) };
    let refused = UploadFile::new(&ports, &settings()).run(&actor(), command).await;
    assert!(matches!(refused, Err(UploadError::Misplaced(TreeError::NameTaken { .. }))), "{refused:?}");
    assert_eq!(effects.seen()[..3], ["record intent", "commit", "cancel intent"], "nothing was sent");
}
