#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::access::Right;
use fm_domain::blobs::{MockDirectStore, PartLimits};
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::idempotency::Claimed;
use fm_domain::ids::{BlobId, FileId};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, PlainPartLinks, an_upload};
use fm_domain::tree::Placing;

use super::*;
use crate::fixture::{FakeBlobs, access, actor, once, unavailable};
use crate::testing::{DirectDoubles, settings};
use crate::uploads::fixture::{Rows, acquiring, creating, doubles, finding, intent_cancelled};

const MIB: u64 = 1024 * 1024;

/// The direct upload that is created, of so many bytes.
fn created(size: u64) -> Upload {
    Upload {
        id: UploadId::new(CountingIds::nth(1)),
        blob: BlobId::new(CountingIds::nth(2)),
        transport: Transport::Direct,
        length: Some(ByteSize::new(size)),
        ..an_upload()
    }
}

fn begun(size: u64, write: &str) -> Upload {
    Upload { write: Some(WriteId::new(write.to_owned())), ..created(size) }
}

fn command(size: u64) -> CreateDirectCommand {
    let Upload { name, claimed_type, .. } = an_upload();
    CreateDirectCommand {
        key: None,
        name,
        placing: Placing::default(),
        size: ByteSize::new(size),
        claimed_type,
        sha256: None,
    }
}

/// A unit in which the key belongs to this upload.
fn repeating(effects: &Effects, found: Upload) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    let lease_until = FixedClock::NEW_YEAR.now();
    once!(effects, unit.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Running { lease_until }));
    once!(effects, unit.uploads.expect_find_by_key(), "find", |asked, _| {
        assert_eq!(*asked, access(Right::Write));
        Ok(Some(found.clone()))
    });
    unit
}

/// A store that begins one write, or fails to, if it is asked.
fn store(effects: &Effects, begins: Option<bool>) -> MockDirectStore {
    let mut store = MockDirectStore::new();
    let (least, most) = (ByteSize::new(5 * MIB), ByteSize::new(5 << 30));
    store.expect_part_limits().return_const(PartLimits { least, most, most_parts: 10_000 });
    if let Some(works) = begins {
        once!(effects, store.expect_begin(), "begin", |key, content_type| {
            assert_eq!(*key, BlobKey::file(created(0).blob));
            assert_eq!(content_type.as_str(), "text/plain");
            if works { Ok(WriteId::new("w".to_owned())) } else { Err(unavailable()) }
        });
    }
    store
}

async fn create(
    effects: &Effects,
    units: Vec<FakeUnitOfWork>,
    store: MockDirectStore,
    command: CreateDirectCommand,
) -> Result<DirectUpload, ResumableError> {
    let mut doubles = doubles(units, []);
    doubles.direct = Some(DirectDoubles { store, receiver: None });
    let ports = FakeBlobs::noting(effects).among(doubles);
    let context = Context::new(&ports, &settings());
    CreateDirect::new(&context, ports.direct.as_ref().unwrap()).run(&actor(), command).await
}

/// The links of the parts.
fn links(upload: &DirectUpload) -> Vec<PartLink> {
    upload.parts.iter().map(|part| PlainPartLinks::open(part.request.url.expose()).unwrap()).collect()
}

#[tokio::test]
async fn every_part_of_a_new_upload_gets_a_signed_request() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![creating(&effects, &rows), acquiring(&effects, created(20 * MIB), &rows)];
    let upload = create(&effects, units, store(&effects, Some(true)), command(20 * MIB)).await.unwrap();
    assert!(upload.fresh);
    assert_eq!((upload.id, upload.expires_at), (created(0).id, created(0).expires_at));
    let parts: Vec<_> =
        upload.parts.iter().map(|part| (part.number, part.offset.bytes(), part.size.bytes())).collect();
    assert_eq!(parts, [(1, 0, 8 * MIB), (2, 8 * MIB, 8 * MIB), (3, 16 * MIB, 4 * MIB)]);
    for (link, part) in links(&upload).iter().zip(&upload.parts) {
        assert_eq!((link.upload, link.owner), (created(0).id, created(0).owner));
        assert_eq!((link.number, link.size), (part.number, part.size));
        assert_eq!(link.write, begun(0, "w").part_write().unwrap());
        assert_eq!(link.expires_at, created(0).expires_at);
    }
    assert_eq!(rows.last(), begun(20 * MIB, "w"));
    assert_eq!(
        effects.seen(),
        ["reserve", "record intent", "insert upload", "commit", "begin", "find", "update", "commit"]
    );
}

#[tokio::test]
async fn an_upload_without_bytes_has_no_parts_and_no_other_hash_than_that_of_nothing() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let nothing = Some(HashState::new().finish());
    let command = CreateDirectCommand { sha256: nothing, ..command(0) };
    let units = vec![creating(&effects, &rows)];
    let upload = create(&effects, units, store(&effects, None), command.clone()).await.unwrap();
    assert!(upload.fresh && upload.parts.is_empty());
    assert_eq!(rows.last().promised, nothing);

    let effects = Effects::default();
    let command = CreateDirectCommand { sha256: Some(Sha256::new([1; 32])), ..command };
    let outcome = create(&effects, vec![], store(&effects, None), command).await;
    assert!(matches!(outcome, Err(ResumableError::Body(BodyError::DigestMismatch))));
    assert!(effects.seen().is_empty());
}

fn repetition(size: u64) -> CreateDirectCommand {
    CreateDirectCommand { key: "k".parse().ok(), ..command(size) }
}

#[tokio::test]
async fn a_repetition_gets_the_parts_of_the_first() {
    let effects = Effects::default();
    let units = vec![repeating(&effects, begun(5, "first"))];
    let upload = create(&effects, units, store(&effects, None), repetition(5)).await.unwrap();
    assert!(!upload.fresh);
    assert_eq!(links(&upload)[0].write, begun(5, "first").part_write().unwrap());
    assert_eq!(effects.seen(), ["claim", "find", "rollback"]);
}

#[tokio::test]
async fn a_repetition_of_an_upload_that_is_a_file_has_no_parts() {
    let effects = Effects::default();
    let status = UploadStatus::Complete(FileId::new(CountingIds::nth(7)));
    let units = vec![repeating(&effects, Upload { status, ..begun(5, "first") })];
    let upload = create(&effects, units, store(&effects, None), repetition(5)).await.unwrap();
    assert!(upload.parts.is_empty() && !upload.fresh);
}

#[tokio::test]
async fn of_two_repetitions_that_begin_at_once_both_go_on_with_the_write_that_was_kept_first() {
    let effects = Effects::default();
    let units = vec![repeating(&effects, created(5)), finding(&effects, Some(begun(5, "other")))];
    let upload = create(&effects, units, store(&effects, Some(true)), repetition(5)).await.unwrap();
    assert_eq!(links(&upload)[0].write, begun(5, "other").part_write().unwrap());
    assert_eq!(effects.seen(), ["claim", "find", "rollback", "begin", "find", "rollback"]);
}

#[tokio::test]
async fn a_repetition_of_an_upload_that_goes_meanwhile_finds_none() {
    let effects = Effects::default();
    let units = vec![repeating(&effects, created(5)), finding(&effects, None)];
    let outcome = create(&effects, units, store(&effects, Some(true)), repetition(5)).await;
    assert!(matches!(outcome, Err(ResumableError::NotFound)));
}

#[tokio::test]
async fn a_new_upload_that_can_not_be_begun_is_given_up() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut last = intent_cancelled(&effects, finding(&effects, Some(created(5))));
    once!(effects, last.uploads.expect_remove(), "remove", |_| Ok(true));
    let units = vec![creating(&effects, &rows), last];
    let outcome = create(&effects, units, store(&effects, Some(false)), command(5)).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert_eq!(effects.seen()[4..], ["begin", "find", "cancel intent", "enqueue", "remove", "commit"]);
}

#[tokio::test]
async fn a_failed_repetition_does_not_give_the_first_up() {
    let effects = Effects::default();
    let units = vec![repeating(&effects, created(5))];
    let outcome = create(&effects, units, store(&effects, Some(false)), repetition(5)).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert_eq!(effects.seen(), ["claim", "find", "rollback", "begin"]);
}
