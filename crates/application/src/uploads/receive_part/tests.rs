#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;

use fm_domain::blobs::{MockDirectStore, MockPartReceiver, PartLimits, WriteId};
use fm_domain::clock::Clock as _;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, FixedClock, an_upload};
use fm_domain::uploads::Transport;

use super::*;
use crate::fixture::{FakeBlobs, once, sha256, unavailable};
use crate::testing::{DirectDoubles, settings};
use crate::uploads::fixture::{broken, doubles, finding, intent_cancelled, pieces, reads_of};

const MIB: u64 = 1024 * 1024;

/// A direct upload of one part of five bytes.
fn direct() -> Upload {
    let write = Some(WriteId::new("w".to_owned()));
    Upload { transport: Transport::Direct, write, ..an_upload() }
}

fn link() -> PartLink {
    let upload = direct();
    PartLink {
        owner: upload.owner,
        upload: upload.id,
        write: upload.part_write().unwrap(),
        number: 1,
        size: ByteSize::new(5),
        issued_at: upload.created_at,
        expires_at: upload.expires_at,
    }
}

/// The parts that were remembered.
#[derive(Clone, Default)]
struct Parts(Arc<Mutex<Vec<WrittenPart>>>);

impl Parts {
    fn all(&self) -> Vec<WrittenPart> {
        self.0.lock().unwrap().clone()
    }
}

fn adding(effects: &Effects, mut unit: FakeUnitOfWork, parts: &Parts) -> FakeUnitOfWork {
    let parts = parts.clone();
    once!(effects, unit.uploads.expect_add_part(), "add", |_, part| {
        parts.0.lock().unwrap().push(part.clone());
        Ok(())
    });
    unit
}

/// The unit that remembers that the part is sent.
fn beginning(effects: &Effects, parts: &Parts) -> FakeUnitOfWork {
    adding(effects, finding(effects, Some(direct())), parts)
}

/// The unit that remembers the part, if it is still the one that was begun.
fn ending(effects: &Effects, parts: &Parts) -> FakeUnitOfWork {
    let mut unit = finding(effects, Some(direct()));
    let known = parts.clone();
    once!(effects, unit.uploads.expect_parts(), "parts", |_| Ok(known.all()));
    adding(effects, unit, parts)
}

/// Writes what it is given.
fn receiver(effects: &Effects) -> MockPartReceiver {
    let mut receiver = MockPartReceiver::new();
    let noted = effects.clone();
    receiver.expect_write().returning(move |write, offset, fence, bytes| {
        assert_eq!((write, fence), (&link().write, direct().epoch.number()));
        noted.note(format!("write {} at {}", bytes.len(), offset.bytes()));
        Ok(())
    });
    let noted = effects.clone();
    receiver.expect_sync().returning(move |_| {
        noted.note("sync");
        Ok(())
    });
    receiver
}

async fn receive(
    effects: &Effects,
    (units, reads): (Vec<FakeUnitOfWork>, Option<FakeReads>),
    receiver: MockPartReceiver,
    (link, body): (PartLink, ByteStream),
) -> Result<ReceivedPart, PartError> {
    let mut store = MockDirectStore::new();
    let (least, most) = (ByteSize::new(1), ByteSize::new(16 * MIB));
    store.expect_part_limits().return_const(PartLimits { least, most, most_parts: 10_000 });
    let mut doubles = doubles(units, reads);
    doubles.direct = Some(DirectDoubles { store, receiver: Some(receiver) });
    let ports = FakeBlobs::noting(effects).among(doubles);
    let context = Context::new(&ports, &settings());
    let use_case = ReceivePart::new(&context, ports.direct.as_ref().unwrap()).unwrap();
    use_case.run(&link, body).await
}

#[tokio::test]
async fn a_part_is_remembered_once_it_is_durable() {
    let (effects, parts) = (Effects::default(), Parts::default());
    let reads = Some(reads_of(&effects, Some(direct())));
    let units = vec![beginning(&effects, &parts), ending(&effects, &parts)];
    let body = pieces(&["he", "llo"]);
    let part = receive(&effects, (units, reads), receiver(&effects), (link(), body)).await.unwrap();
    assert_eq!(part.tag.as_str(), sha256(b"hello").to_string());
    assert_eq!(
        effects.seen(),
        ["look", "find", "add", "commit", "write 5 at 0", "sync", "find", "parts", "add", "commit"]
    );
    let parts = parts.all();
    assert!(parts.iter().all(|part| (part.number, part.size) == (1, ByteSize::new(5))));
    assert_ne!(parts[0].tag, part.tag, "no tag is right while the part is sent");
    assert_eq!(parts[1].tag, part.tag);
}

#[tokio::test]
async fn a_part_is_written_at_its_place_a_mebibyte_at_a_time() {
    let (effects, parts) = (Effects::default(), Parts::default());
    let size = ByteSize::new(8 * MIB + MIB + 3);
    let large = Upload { length: Some(size), ..direct() };
    let reads = Some(reads_of(&effects, Some(large)));
    let units = vec![beginning(&effects, &parts), ending(&effects, &parts)];
    let link = PartLink { number: 2, size: ByteSize::new(MIB + 3), ..link() };
    let bytes = vec![Ok(vec![7; usize::try_from(MIB).unwrap()].into()), Ok("abc".into())];
    let body = Box::pin(futures_util::stream::iter(bytes));
    receive(&effects, (units, reads), receiver(&effects), (link, body)).await.unwrap();
    let first = format!("write {MIB} at {}", 8 * MIB);
    let second = format!("write 3 at {}", 9 * MIB);
    assert_eq!(effects.seen()[4..7], [first.as_str(), second.as_str(), "sync"]);
}

#[tokio::test]
async fn an_expired_link_asks_the_database_nothing() {
    let effects = Effects::default();
    let link = PartLink { expires_at: FixedClock::NEW_YEAR.now(), ..link() };
    let case = (link, pieces(&["hello"]));
    let outcome = receive(&effects, (vec![], None), receiver(&effects), case).await;
    assert!(matches!(outcome, Err(PartError::Refused)));
    assert!(effects.seen().is_empty());
}

#[tokio::test]
async fn a_link_that_does_not_fit_its_upload_is_refused_before_a_byte_is_read() {
    let other_write = Upload { write: Some(WriteId::new("other".to_owned())), ..direct() };
    let over = Upload { expires_at: FixedClock::NEW_YEAR.now(), ..direct() };
    for (found, link) in [
        (None, link()),
        (Some(other_write), link()),
        (Some(over), link()),
        (Some(Upload { status: UploadStatus::Expired, ..direct() }), link()),
        (Some(Upload { is_locked: true, ..direct() }), link()),
        (Some(direct()), PartLink { size: ByteSize::new(4), ..link() }),
        (Some(direct()), PartLink { number: 2, ..link() }),
        (Some(direct()), PartLink { number: 0, ..link() }),
    ] {
        let effects = Effects::default();
        let reads = Some(reads_of(&effects, found));
        let case = (link, pieces(&["hello"]));
        let outcome = receive(&effects, (vec![], reads), receiver(&effects), case).await;
        assert!(matches!(outcome, Err(PartError::Refused)));
        assert_eq!(effects.seen(), ["look"]);
    }
}

/// Sends a part that is not remembered in the end.
async fn fail(receiver: MockPartReceiver, effects: &Effects, body: ByteStream) -> PartError {
    let parts = Parts::default();
    let reads = Some(reads_of(effects, Some(direct())));
    let units = vec![beginning(effects, &parts)];
    let outcome = receive(effects, (units, reads), receiver, (link(), body)).await;
    assert_eq!(effects.seen().iter().filter(|effect| *effect == "commit").count(), 1);
    outcome.unwrap_err()
}

#[tokio::test]
async fn a_part_of_another_length_than_was_signed_does_not_count() {
    let effects = Effects::default();
    let error = fail(receiver(&effects), &effects, pieces(&["hell"])).await;
    assert!(matches!(error, PartError::Body(BodyError::Malformed(_))));
    let effects = Effects::default();
    let error = fail(receiver(&effects), &effects, pieces(&["hello", "!"])).await;
    let limit = ByteSize::new(5);
    assert!(matches!(error, PartError::Body(error) if error == BodyError::TooLarge { limit }));
    assert!(!effects.seen().contains(&"sync".to_owned()));
}

#[tokio::test]
async fn a_part_that_breaks_off_does_not_count() {
    for piece in ["he", "hello"] {
        let effects = Effects::default();
        let error = fail(receiver(&effects), &effects, broken(piece)).await;
        assert!(matches!(error, PartError::Body(BodyError::Aborted)));
    }
}

#[tokio::test]
async fn a_store_that_fails_or_writes_no_more_ends_the_part() {
    for is_gone in [true, false] {
        let effects = Effects::default();
        let mut receiver = MockPartReceiver::new();
        once!(effects, receiver.expect_write(), "write", |_, _, _, _| if is_gone {
            Err(WritePart::Gone)
        } else {
            Err(unavailable().into())
        });
        let error = fail(receiver, &effects, pieces(&["hello"])).await;
        assert_eq!(matches!(error, PartError::Refused), is_gone);
        assert_eq!(matches!(error, PartError::Store(PortError::Unavailable(_))), !is_gone);
    }
}

#[tokio::test]
async fn with_a_part_that_is_too_large_for_the_store_the_upload_is_gone() {
    let (effects, parts) = (Effects::default(), Parts::default());
    let mut receiver = MockPartReceiver::new();
    once!(effects, receiver.expect_write(), "write", |_, _, _, _| Err(WritePart::TooLarge));
    let mut removing = intent_cancelled(&effects, finding(&effects, Some(direct())));
    once!(effects, removing.uploads.expect_remove(), "remove", |_| Ok(true));
    let units = vec![beginning(&effects, &parts), removing];
    let reads = Some(reads_of(&effects, Some(direct())));
    let outcome = receive(&effects, (units, reads), receiver, (link(), pieces(&["hello"]))).await;
    assert!(matches!(outcome, Err(PartError::TooLargeForStore)));
    assert_eq!(effects.seen()[4..], ["write", "find", "cancel intent", "enqueue", "remove", "commit"]);
}

#[tokio::test]
async fn a_part_that_can_not_be_made_durable_does_not_count() {
    let effects = Effects::default();
    let mut receiver = MockPartReceiver::new();
    receiver.expect_write().returning(|_, _, _, _| Ok(()));
    once!(effects, receiver.expect_sync(), "sync", |_| Err(unavailable()));
    let error = fail(receiver, &effects, pieces(&["hello"])).await;
    assert!(matches!(error, PartError::Store(PortError::Unavailable(_))));
}

#[tokio::test]
async fn a_part_whose_upload_is_closed_meanwhile_does_not_count() {
    let locked = Upload { is_locked: true, ..direct() };
    for closed in [None, Some(locked), Some(Upload { status: UploadStatus::Expired, ..direct() })] {
        let (effects, parts) = (Effects::default(), Parts::default());
        let reads = Some(reads_of(&effects, Some(direct())));
        let units = vec![beginning(&effects, &parts), finding(&effects, closed)];
        let case = (link(), pieces(&["hello"]));
        let outcome = receive(&effects, (units, reads), receiver(&effects), case).await;
        assert!(matches!(outcome, Err(PartError::Refused)));
        assert_eq!(effects.seen()[5..], ["sync", "find", "rollback"]);
    }
}

#[tokio::test]
async fn a_part_that_another_request_replaces_meanwhile_does_not_count() {
    let (effects, parts) = (Effects::default(), Parts::default());
    let reads = Some(reads_of(&effects, Some(direct())));
    let mut last = finding(&effects, Some(direct()));
    let other = WrittenPart { number: 1, size: ByteSize::new(5), tag: PartTag::new("other".to_owned()) };
    once!(effects, last.uploads.expect_parts(), "parts", |_| Ok(vec![other.clone()]));
    let units = vec![beginning(&effects, &parts), last];
    let case = (link(), pieces(&["hello"]));
    let outcome = receive(&effects, (units, reads), receiver(&effects), case).await;
    assert!(matches!(outcome, Err(PartError::Refused)));
    assert_eq!(effects.seen()[5..], ["sync", "find", "parts", "rollback"]);
}

#[test]
fn parts_that_are_sent_to_the_store_itself_are_not_received() {
    let mut doubles = doubles([], []);
    doubles.direct = Some(DirectDoubles::default());
    let ports = doubles.ports();
    let context = Context::new(&ports, &settings());
    assert!(ReceivePart::new(&context, ports.direct.as_ref().unwrap()).is_none());
}
