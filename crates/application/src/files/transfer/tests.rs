#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};

use super::{Intent, IntentOutcome, IntentRequest, Transfer, Written};
use crate::files::{UploadBody, UploadError};
use crate::fixture::{FakeBlobs, body, body_of, once, reads_of_quota, sha256, unavailable};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use fm_domain::accounts::{Account, StorageUse};
use fm_domain::blobs::BlobKey;
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::error::PortError;
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, a_user, an_account};

fn intent(keyed: bool) -> Intent {
    Intent {
        key: BlobKey::file(BlobId::new(CountingIds::nth(9))),
        owner: a_user().id,
        reserved: ByteSize::ZERO,
        keyed,
    }
}

fn transfer(effects: &Effects, doubles: TestPorts, settings: &Settings) -> Transfer {
    Transfer::new(&FakeBlobs::noting(effects).among(doubles), settings)
}

/// Writes a body where at most four bytes are taken.
async fn write(body: UploadBody) -> Result<Written, UploadError> {
    let small = Settings { max_upload: ByteSize::new(4), ..settings() };
    transfer(&Effects::default(), TestPorts::default(), &small).write(&intent(false), None, body).await
}

#[tokio::test]
async fn what_was_written_is_described_by_its_bytes() {
    let written =
        write(UploadBody { claimed_type: "text/csv".parse().ok(), ..body(&["a", "bcd"]) }).await.unwrap();
    assert_eq!((written.stored.size, written.sha256), (ByteSize::new(4), sha256(b"abcd")));
    assert_eq!((written.content_type.as_str(), written.name.unwrap().as_str()), ("text/csv", "hello.txt"));
}

#[tokio::test]
async fn the_first_byte_too_many_is_too_large() {
    let outcome = write(body(&["abcd", "e"])).await;
    assert!(
        matches!(outcome, Err(UploadError::Body(BodyError::TooLarge { limit })) if limit == ByteSize::new(4))
    );
}

#[tokio::test]
async fn a_body_of_another_length_or_digest_is_refused() {
    let shorter = UploadBody { length: Some(ByteSize::new(3)), ..body(&["ab"]) };
    assert!(matches!(write(shorter).await, Err(UploadError::Body(BodyError::Aborted))));
    let longer = UploadBody { length: Some(ByteSize::new(3)), ..body(&["ab", "cd"]) };
    assert!(matches!(write(longer).await, Err(UploadError::Body(BodyError::Malformed(_)))));
    let other = UploadBody { sha256: Some(sha256(b"b")), ..body(&["a"]) };
    assert!(matches!(write(other).await, Err(UploadError::Body(BodyError::DigestMismatch))));
}

#[tokio::test]
async fn what_is_wrong_after_the_bytes_is_wrong_with_the_upload() {
    let end = async { Err(BodyError::Malformed("a second file")) }.boxed();
    let outcome = write(UploadBody { end, ..body(&["a"]) }).await;
    assert_eq!(outcome.unwrap_err().to_string(), BodyError::Malformed("a second file").to_string());
}

#[tokio::test]
async fn storage_is_told_a_safe_type_and_the_length() {
    let blobs = std::sync::Arc::new(FakeBlobs::noting(&Effects::default()));
    let ports = crate::ports::Ports { blobs: blobs.clone(), ..TestPorts::default().ports() };
    let body = UploadBody {
        claimed_type: "image/svg+xml".parse().ok(),
        length: Some(ByteSize::new(6)),
        ..body(&["<svg/>"])
    };
    let written = Transfer::new(&ports, &settings()).write(&intent(false), None, body).await.unwrap();
    assert_eq!(written.content_type.as_str(), "image/svg+xml");
    let hints = blobs.hints.lock().unwrap();
    assert_eq!(
        (hints[0].content_type.as_str(), hints[0].length),
        ("application/octet-stream", Some(ByteSize::new(6)))
    );
}

#[tokio::test]
async fn a_store_that_read_only_a_part_is_not_believed() {
    let mut doubles = TestPorts::default();
    doubles
        .blobs
        .expect_put()
        .returning(|_, _, _| Ok(fm_domain::blobs::StoredBlob { size: ByteSize::new(1) }));
    let outcome =
        Transfer::new(&doubles.ports(), &settings()).write(&intent(false), None, body(&["a"])).await;
    assert!(matches!(outcome, Err(UploadError::Store(PortError::Unexpected(_)))));
}

#[tokio::test]
async fn no_more_bytes_are_taken_than_the_quota_leaves() {
    for (chunk, fits) in [("abcd", true), ("abcde", false)] {
        let outcome = transfer(&Effects::default(), TestPorts::default(), &settings())
            .write(&intent(false), Some(ByteSize::new(4)), body(&[chunk]))
            .await;
        assert_eq!(outcome.is_ok(), fits);
        assert!(fits || matches!(outcome, Err(UploadError::QuotaExceeded)));
    }
}

/// A request of so many bytes, or of an unknown number, in the place of two.
fn request(length: Option<u64>) -> IntentRequest<'static> {
    IntentRequest {
        owner: a_user().id,
        length: length.map(ByteSize::new),
        replaces: ByteSize::new(2),
        key: None,
    }
}

/// Records an intent of a user with this quota of their own, who uses five bytes and has reserved three. What was reserved, and
/// how many bytes may be sent.
async fn recorded(own: Option<u64>, default: Option<u64>, length: Option<u64>) -> (u64, Option<u64>) {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.blobs.expect_record_intent(), "record intent", |_| Ok(()));
    let expected = default.map(ByteSize::new);
    unit.users.expect_reserve().returning(move |_, _, quota| {
        assert_eq!(quota, expected, "the statement itself knows the user's own");
        Ok(())
    });
    let storage = StorageUse {
        used: ByteSize::new(5),
        reserved: ByteSize::new(3),
        file_count: 1,
        ..StorageUse::default()
    };
    let account = Account { storage, quota: own.map(ByteSize::new), ..an_account() };
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_quota(account)).unit(unit);
    let settings = Settings { quota: default.map(ByteSize::new), ..settings() };
    let outcome = transfer(&effects, doubles, &settings).record_intent(&request(length)).await;
    let Ok(IntentOutcome::Ready { intent, quota }) = outcome else { panic!("the intent is recorded") };
    (intent.reserved.bytes(), quota.map(ByteSize::bytes))
}

#[tokio::test]
async fn the_bytes_by_which_the_use_grows_are_reserved_where_the_user_has_a_quota() {
    for (own, default) in [(Some(10), None), (Some(10), Some(99)), (None, Some(10))] {
        assert_eq!(recorded(own, default, Some(6)).await, (4, None));
        // Ten, less five used, three reserved and two that come free again.
        assert_eq!(recorded(own, default, None).await, (0, Some(4)));
        assert_eq!(recorded(own, default, Some(1)).await, (0, Some(4)), "it becomes less");
    }
    for length in [Some(6), None] {
        assert_eq!(recorded(None, None, length).await, (0, None), "without a quota nothing is reserved");
    }
}

#[tokio::test]
async fn a_reservation_within_the_quota_of_the_configuration_needs_no_look_at_the_account() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.blobs.expect_record_intent(), "record intent", |_| Ok(()));
    once!(effects, unit.users.expect_reserve(), "reserve", |_, bytes, _| {
        assert_eq!(bytes, ByteSize::new(4));
        Ok(())
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    let settings = Settings { quota: Some(ByteSize::new(10)), ..settings() };
    let outcome = transfer(&effects, doubles, &settings).record_intent(&request(Some(6))).await;
    assert!(matches!(outcome, Ok(IntentOutcome::Ready { quota: None, .. })));
    assert_eq!(effects.seen(), ["record intent", "reserve", "commit"]);
}

/// A body whose single byte comes after `pause`.
fn slow(pause: Duration) -> ByteStream {
    stream::once(async move {
        tokio::time::sleep(pause).await;
        Ok(Bytes::from_static(b"a"))
    })
    .boxed()
}

fn renewing(effects: &Effects, blob: bool, key: Option<bool>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_renew(), "renew", |_, _| Ok(blob));
    if let Some(key) = key {
        once!(effects, unit.keys.expect_renew(), "renew key", |_, _| Ok(key));
    }
    unit
}

#[tokio::test(start_paused = true)]
async fn the_intent_and_its_key_are_renewed_while_bytes_come_slowly() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    for _ in 0..3 {
        doubles.db = doubles.db.unit(renewing(&effects, true, Some(true)));
    }
    let whole =
        stream::iter([Ok(Bytes::from(vec![b'x'; 8192]))]).chain(slow(Duration::from_secs(30))).boxed();
    let outcome = transfer(&effects, doubles, &settings()).write(&intent(true), None, body_of(whole)).await;
    assert!(outcome.is_ok());
    assert_eq!(effects.seen()[..4], ["put files", "renew", "renew key", "commit"]);
    assert_eq!(effects.seen().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn the_intent_is_renewed_while_the_first_bytes_come_slowly() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    for _ in 0..3 {
        doubles.db = doubles.db.unit(renewing(&effects, true, None));
    }
    let outcome = transfer(&effects, doubles, &settings())
        .write(&intent(false), None, body_of(slow(Duration::from_secs(30))))
        .await;
    assert!(outcome.is_ok());
    assert_eq!(effects.seen().iter().filter(|effect| *effect == "renew").count(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_intent_is_renewed_while_the_rest_of_the_request_comes_slowly() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(renewing(&effects, true, None));
    let end = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        "hello.txt".parse().map(Some).map_err(|_invalid| BodyError::Aborted)
    };
    let body = UploadBody { end: end.boxed(), ..body(&["a"]) };
    assert!(transfer(&effects, doubles, &settings()).write(&intent(false), None, body).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_intent_or_key_is_lost_ends() {
    for (blob, key) in [(false, None), (true, Some(false))] {
        let effects = Effects::default();
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.unit(renewing(&effects, blob, key));
        let whole =
            stream::iter([Ok(Bytes::from(vec![b'x'; 8192]))]).chain(slow(Duration::from_secs(999))).boxed();
        let started = tokio::time::Instant::now();
        let outcome = transfer(&effects, doubles, &settings())
            .write(&intent(key.is_some()), None, body_of(whole))
            .await;
        assert!(matches!(outcome, Err(UploadError::Store(PortError::Unavailable(_)))));
        assert_eq!(started.elapsed().as_secs(), 8);
        assert_eq!(effects.seen().last().unwrap(), "rollback");
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_for_a_moment_ends_no_upload() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    let mut away = FakeUnitOfWork::noting(&effects);
    once!(effects, away.blobs.expect_renew(), "away", |_, _| Err(unavailable()));
    doubles.db = doubles.db.unit(away).unit(renewing(&effects, true, None));
    let whole =
        stream::iter([Ok(Bytes::from(vec![b'x'; 8192]))]).chain(slow(Duration::from_secs(12))).boxed();
    assert!(
        transfer(&effects, doubles, &settings()).write(&intent(false), None, body_of(whole)).await.is_ok()
    );
    assert_eq!(effects.seen(), ["put files", "away", "drop", "renew", "commit"]);
}
