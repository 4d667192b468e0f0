#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::{FallbackLinks, FallbackResumable, FallbackStore};
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobReader, BlobStore as _, Disposition, DownloadLink, GetBlob, LinkTarget,
    MockBlobStore, MockSignDownload, SignDownload as _, SignedUrl, StoredBlob,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::PortError;
use fm_domain::files::{FileName, MediaType};
use fm_domain::ids::BlobId;
use fm_domain::testing::CountingIds;
use fm_domain::uploads::{
    AppendError, Chunk, CompleteError, Epoch, MockResumableStore, Position, ResumableStore as _, WriteState,
};

const SIZE: ByteSize = ByteSize::new(5);

fn key() -> BlobKey {
    BlobKey::file(BlobId::new(CountingIds::nth(1)))
}

fn out_of_reach() -> PortError {
    PortError::Unavailable("cut off".into())
}

fn foreign() -> PortError {
    PortError::Corrupt { what: "a state", source: "none of ours".into() }
}

fn reader() -> BlobReader {
    BlobReader { size: SIZE, range: None, bytes: stream::iter([Ok(Bytes::from_static(b"hello"))]).boxed() }
}

fn both(current: MockBlobStore, previous: MockBlobStore) -> FallbackStore {
    FallbackStore::new(Arc::new(current), Arc::new(previous))
}

/// A store that has no blob.
fn empty() -> MockBlobStore {
    let mut store = MockBlobStore::new();
    store.expect_get().returning(|_, _| Err(GetBlob::NotFound));
    store.expect_head().returning(|_| Ok(None));
    store
}

#[tokio::test]
async fn the_previous_store_is_asked_for_what_the_current_one_has_not() {
    let mut previous = MockBlobStore::new();
    previous.expect_get().times(1).returning(|_, _| Ok(reader()));
    previous.expect_head().times(1).returning(|_| Ok(Some(BlobHead { size: SIZE })));
    let store = both(empty(), previous);
    assert_eq!(store.get(&key(), None).await.unwrap().size, SIZE);
    assert_eq!(store.head(&key()).await.unwrap().unwrap().size, SIZE);
}

#[tokio::test]
async fn what_the_current_store_has_is_not_asked_for_elsewhere() {
    let mut current = MockBlobStore::new();
    current.expect_get().times(1).returning(|_, _| Ok(reader()));
    current.expect_head().times(1).returning(|_| Ok(Some(BlobHead { size: SIZE })));
    // A mock without expectations panics when it is called.
    let store = both(current, MockBlobStore::new());
    assert!(store.get(&key(), None).await.is_ok());
    assert!(store.head(&key()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_blob_that_is_moved_between_two_questions_is_found() {
    let asked = AtomicUsize::new(0);
    let mut current = MockBlobStore::new();
    current.expect_get().times(2).returning(move |_, _| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Err(GetBlob::NotFound),
        _ => Ok(reader()),
    });
    assert!(both(current, empty()).get(&key(), None).await.is_ok());
}

#[tokio::test]
async fn a_store_that_is_out_of_reach_has_not_answered_that_there_is_nothing() {
    let mut gone = MockBlobStore::new();
    gone.expect_get().returning(|_, _| Err(out_of_reach().into()));
    gone.expect_head().returning(|_| Err(out_of_reach()));
    let store = both(empty(), gone);
    assert!(matches!(store.get(&key(), None).await, Err(GetBlob::Store(PortError::Unavailable(_)))));
    assert!(store.head(&key()).await.is_err());
}

#[tokio::test]
async fn a_deletion_takes_both_and_fails_where_one_fails() {
    for (current_works, previous_works) in [(true, true), (true, false), (false, true)] {
        let [current, previous] = [current_works, previous_works].map(|works| {
            let mut store = MockBlobStore::new();
            store
                .expect_delete()
                .times(1)
                .returning(move |_| if works { Ok(()) } else { Err(out_of_reach()) });
            store
        });
        let deleted = both(current, previous).delete(&key()).await;
        assert_eq!(deleted.is_ok(), current_works && previous_works);
    }
}

#[tokio::test]
async fn both_stores_have_to_serve() {
    let [mut current, mut previous] = [MockBlobStore::new(), MockBlobStore::new()];
    current.expect_ping().returning(|| Ok(()));
    previous.expect_ping().returning(|| Err(out_of_reach()));
    assert!(both(current, previous).ping().await.is_err());
}

/// A clock that a test sets.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0.load(Ordering::Relaxed))
    }
}

fn signer(url: &'static str) -> Arc<MockSignDownload> {
    let mut signer = MockSignDownload::new();
    signer.expect_sign().returning(move |_| Ok(SignedUrl::new(url)));
    Arc::new(signer)
}

fn link() -> DownloadLink {
    let target = LinkTarget {
        key: key(),
        content_type: MediaType::octet_stream(),
        disposition: Disposition::Attachment,
        filename: FileName::from_stored("a.txt").unwrap(),
        sha256: None,
    };
    let at = Timestamp::from_unix_seconds(0);
    DownloadLink { target, issued_at: at, expires_at: at }
}

#[tokio::test]
async fn a_link_leads_to_the_store_that_has_the_blob_and_lists_do_not_ask_each_time() {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut store = MockBlobStore::new();
    store.expect_head().returning({
        let asked = Arc::clone(&asked);
        // It is moved after the first question.
        move |_| Ok((asked.fetch_add(1, Ordering::Relaxed) > 0).then_some(BlobHead { size: SIZE }))
    });
    let clock = Arc::new(SetClock(AtomicI64::new(1_000)));
    let links = FallbackLinks::new(signer("current"), signer("previous"), Arc::new(store), clock.clone());
    let steps =
        [(1_000, "previous", 1), (1_059, "previous", 1), (1_060, "current", 2), (99_999, "current", 2)];
    for (now, expected, questions) in steps {
        clock.0.store(now, Ordering::Relaxed);
        assert_eq!(links.sign(&link()).await.unwrap().expose(), expected, "at {now}");
        assert_eq!(asked.load(Ordering::Relaxed), questions, "at {now}");
    }
}

fn resumable(current: MockResumableStore, previous: MockResumableStore) -> FallbackResumable {
    FallbackResumable::new(Arc::new(current), Arc::new(previous))
}

fn state(text: &'static str) -> WriteState {
    WriteState::new(Bytes::from_static(text.as_bytes()))
}

fn position() -> Position {
    Position { state: state("state"), offset: SIZE, fence: Epoch::new(1) }
}

fn chunk() -> Chunk {
    Chunk { bytes: PartBytes::from(Bytes::from_static(b"hello")), is_last: false }
}

#[tokio::test]
async fn a_write_that_the_current_store_does_not_have_goes_on_in_the_previous_one() {
    for reads_the_state in [true, false] {
        let [mut current, mut previous] = [MockResumableStore::new(), MockResumableStore::new()];
        current.expect_append().times(1).returning(move |_, _, _| {
            Err(if reads_the_state { AppendError::Gone } else { foreign().into() })
        });
        current
            .expect_complete()
            .times(1)
            .returning(move |_, _| Err(if reads_the_state { CompleteError::Gone } else { foreign().into() }));
        previous.expect_append().times(1).returning(|_, _, _| Ok(state("after")));
        previous.expect_complete().times(1).returning(|_, _| Ok(StoredBlob { size: SIZE }));
        let store = resumable(current, previous);
        assert_eq!(store.append(&key(), &position(), chunk()).await.unwrap(), state("after"));
        assert_eq!(store.complete(&key(), &position()).await.unwrap().size, SIZE);
    }
}

#[tokio::test]
async fn a_write_that_neither_has_is_gone_and_one_out_of_reach_is_not() {
    let errors: [(fn() -> PortError, bool); 2] = [(foreign, true), (out_of_reach, false)];
    for (error, is_gone) in errors {
        let [mut current, mut previous] = [MockResumableStore::new(), MockResumableStore::new()];
        current.expect_append().returning(move |_, _, _| Err(error().into()));
        current.expect_complete().returning(move |_, _| Err(error().into()));
        previous.expect_append().times(usize::from(is_gone)).returning(move |_, _, _| Err(error().into()));
        previous.expect_complete().times(usize::from(is_gone)).returning(move |_, _| Err(error().into()));
        let store = resumable(current, previous);
        let appended = store.append(&key(), &position(), chunk()).await;
        assert_eq!(matches!(appended, Err(AppendError::Gone)), is_gone, "{appended:?}");
        let completed = store.complete(&key(), &position()).await;
        assert_eq!(matches!(completed, Err(CompleteError::Gone)), is_gone, "{completed:?}");
    }
}

#[tokio::test]
async fn the_store_that_can_read_a_state_rewinds_and_prunes_it() {
    for is_of_current in [true, false] {
        let [mut own, mut other] = [MockResumableStore::new(), MockResumableStore::new()];
        own.expect_rewind().returning(|_, _| state("rewound"));
        own.expect_prune().times(1).returning(|_, _, _| Ok(()));
        other.expect_rewind().returning(|counted, _| counted.clone());
        other.expect_prune().times(usize::from(!is_of_current)).returning(|_, _, _| Err(foreign()));
        let store = if is_of_current { resumable(own, other) } else { resumable(other, own) };
        assert_eq!(store.rewind(&state("counted"), &state("reached")), state("rewound"));
        store.prune(&key(), &state("before"), &state("after")).await.unwrap();
    }
}
