#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::access::Right;
use fm_domain::body::BodyError;
use fm_domain::clock::Clock as _;
use fm_domain::idempotency::Claimed;
use fm_domain::ids::{BlobId, UploadId};
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, an_upload};
use fm_domain::tree::Placing;
use fm_domain::uploads::{Upload, UploadStatus};
use futures_util::{StreamExt as _, stream};

use super::*;
use crate::fixture::{access, actor, once};
use crate::testing::settings;
use crate::uploads::fixture::{
    FakeStore, Rows, acquiring, broken, context, creating, doubles, filing_afresh, finding, pieces, reads_of,
    recording_intent, saving,
};

/// The upload that is created, of so many bytes.
fn created(length: u64) -> Upload {
    Upload {
        id: UploadId::new(CountingIds::nth(1)),
        blob: BlobId::new(CountingIds::nth(2)),
        length: Some(ByteSize::new(length)),
        charset_check: Some(fm_domain::files::CharsetCheck::default()),
        ..an_upload()
    }
}

/// Creates an upload; its key is that of the units.
async fn create(
    effects: &Effects,
    (units, reads): (Vec<FakeUnitOfWork>, Vec<FakeReads>),
    (length, key): (u64, Option<&str>),
    first: Option<ByteStream>,
) -> CreatedUpload {
    let store: Arc<dyn ResumableStore> = Arc::new(FakeStore::stepwise(effects));
    let upload = created(length);
    let command = CreateResumableCommand {
        placing: Placing::default(),
        key: key.map(|key| key.parse().unwrap()),
        name: upload.name,
        length: upload.length,
        claimed_type: upload.claimed_type,
        metadata: upload.metadata,
        first: first.map(|body| FirstBytes { body, length: None, checksum: None }),
    };
    let context = context(effects, doubles(units, reads), &settings());
    let creating = CreateResumable::new(&context, &store);
    Box::pin(creating.run(&actor(), command)).await.unwrap()
}

#[tokio::test]
async fn an_upload_without_first_bytes_waits_for_them() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let case = (vec![creating(&effects, &rows)], vec![]);
    let answer = create(&effects, case, (5, None), None).await;
    assert_eq!(rows.last(), Upload { reserved: ByteSize::new(5), ..created(5) });
    assert_eq!(answer.progress, Progress::of(&created(5)));
    assert!(answer.fresh && !answer.appended && answer.refusal.is_none());
    assert_eq!(effects.seen(), ["reserve", "record intent", "insert upload", "commit"]);
}

#[tokio::test]
async fn first_bytes_that_are_all_make_the_file_at_once() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![
        creating(&effects, &rows),
        acquiring(&effects, created(4), &rows),
        recording_intent(&effects),
        filing_afresh(&effects, &rows),
    ];
    let answer = create(&effects, (units, vec![]), (4, None), Some(pieces(&["ab", "cd"]))).await;
    assert!(answer.fresh && answer.appended && answer.refusal.is_none());
    assert_eq!(answer.progress.offset, ByteSize::new(4));
    assert_eq!(UploadStatus::Complete(answer.progress.file.unwrap()), rows.last().status);
    assert_eq!(
        effects.seen()[4..10],
        ["find", "update", "commit", "record intent", "commit", "put abcd as text/plain"]
    );
}

#[tokio::test]
async fn an_upload_of_no_bytes_is_a_file_at_once() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![
        creating(&effects, &rows),
        acquiring(&effects, created(0), &rows),
        recording_intent(&effects),
        filing_afresh(&effects, &rows),
    ];
    let reads = vec![reads_of(&effects, Some(created(0)))];
    let answer = create(&effects, (units, reads), (0, None), None).await;
    assert!(answer.fresh && !answer.appended && answer.refusal.is_none());
    assert_eq!(UploadStatus::Complete(answer.progress.file.unwrap()), rows.last().status);
    assert_eq!(effects.seen()[4..8], ["look", "find", "update", "commit"]);
}

#[tokio::test]
async fn an_upload_whose_first_bytes_are_refused_exists_all_the_same() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units =
        vec![creating(&effects, &rows), acquiring(&effects, created(5), &rows), saving(&effects, &rows)];
    let answer = create(&effects, (units, vec![]), (5, None), Some(broken(""))).await;
    assert!(matches!(answer.refusal, Some(ResumableError::Body(BodyError::Aborted))));
    assert!(answer.fresh && answer.appended);
    assert_eq!(answer.progress, Progress::of(&created(5)));
    let kept = rows.last();
    assert_eq!((kept.status, kept.is_locked), (UploadStatus::Open, false));
}

#[tokio::test]
async fn an_upload_that_went_before_its_first_bytes_is_told_of_with_the_reason() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![creating(&effects, &rows), finding(&effects, None)];
    let answer = create(&effects, (units, vec![]), (5, None), Some(pieces(&["a"]))).await;
    assert!(matches!(answer.refusal, Some(ResumableError::NotFound)));
}

#[tokio::test]
async fn bytes_that_come_with_a_repetition_are_not_read() {
    let effects = Effects::default();
    let first = Upload { offset: ByteSize::new(3), ..an_upload() };
    let mut unit = FakeUnitOfWork::noting(&effects);
    let lease_until = FixedClock::NEW_YEAR.now();
    once!(effects, unit.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Running { lease_until }));
    let found = first.clone();
    once!(effects, unit.uploads.expect_find_by_key(), "find", |asked, _| {
        assert_eq!(*asked, access(Right::Write));
        Ok(Some(found.clone()))
    });
    let never_ending = stream::pending().boxed();
    let answer = create(&effects, (vec![unit], vec![]), (5, Some("k")), Some(never_ending)).await;
    assert_eq!(answer.progress, Progress::of(&first));
    assert!(!answer.fresh && !answer.appended && answer.refusal.is_none());
    assert_eq!(effects.seen(), ["claim", "find", "rollback"]);
}
