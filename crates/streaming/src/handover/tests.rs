#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::{FutureExt as _, StreamExt as _, stream};
use sha2::Digest as _;
use tokio::time::advance;
use uuid::Uuid;

use super::copy::MAX_PICTURE;
use super::*;
use crate::meter::Metered;
use fm_domain::body::BodyError;

const KIB: u64 = 1024;

fn kib(count: u64) -> ByteSize {
    ByteSize::new(count * KIB)
}

fn user() -> UserId {
    UserId::new(Uuid::from_u128(1))
}

fn other_user() -> UserId {
    UserId::new(Uuid::from_u128(2))
}

fn blob(number: u128) -> BlobId {
    BlobId::new(Uuid::from_u128(number))
}

fn picture_of(length: u64) -> Bytes {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect::<Vec<u8>>().into()
}

fn metered(bytes: &[u8]) -> Metered {
    let sha256 = Sha256::new(sha2::Sha256::digest(bytes).into());
    Metered { size: ByteSize::new(bytes.len() as u64), sha256, charset: None }
}

/// Lets a picture of this owner pass in chunks of 10,000 bytes.
async fn copied_for(
    owner: UserId,
    handover: &PictureHandover,
    bytes: &Bytes,
    length: Option<ByteSize>,
) -> Option<Picture> {
    let chunks: Vec<_> = bytes.chunks(10_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let (copy, mut body) = handover.copy(owner, length, stream::iter(chunks).boxed());
    let mut passed = Vec::new();
    while let Some(chunk) = body.next().await {
        passed.extend_from_slice(&chunk.unwrap());
    }
    assert_eq!(passed, *bytes, "the body is the same");
    copy?.finish(&metered(bytes))
}

async fn copied(handover: &PictureHandover, bytes: &Bytes, length: Option<ByteSize>) -> Option<Picture> {
    copied_for(user(), handover, bytes, length).await
}

/// Copies a picture of this owner, and offers it as this blob's.
async fn offered_for(owner: UserId, handover: &PictureHandover, number: u128, bytes: &Bytes) {
    let length = Some(ByteSize::new(bytes.len() as u64));
    let picture = copied_for(owner, handover, bytes, length).await.unwrap();
    handover.offer(blob(number), picture).confirm();
}

async fn offered(handover: &PictureHandover, number: u128, bytes: &Bytes) {
    offered_for(user(), handover, number, bytes).await;
}

fn taken(handover: &PictureHandover, number: u128, bytes: &Bytes) -> Option<Bytes> {
    let Metered { size, sha256, .. } = metered(bytes);
    handover.take(blob(number), size, Some(sha256))
}

#[tokio::test]
async fn a_picture_is_handed_over_once_and_its_memory_with_it() {
    let budget = BufferBudget::new(kib(8192));
    let handover = PictureHandover::new(&budget, kib(2048));
    for (number, length) in [(1, None), (2, Some(kib(700)))] {
        let bytes = picture_of(700 * KIB);
        let picture = copied(&handover, &bytes, length).await.unwrap();
        handover.offer(blob(number), picture).confirm();
        assert!(budget.in_use().held >= kib(700), "{:?}", budget.in_use());
        assert_eq!(taken(&handover, number, &bytes), Some(bytes.clone()));
        assert_eq!(budget.in_use().held, ByteSize::ZERO);
        assert_eq!(taken(&handover, number, &bytes), None);
    }
    assert_eq!(handover.in_use(), HandoverUse { hits: 2, misses: 2 });
}

#[tokio::test]
async fn a_picture_of_another_blob_size_or_hash_is_none() {
    let handover = PictureHandover::new(&BufferBudget::new(kib(8192)), kib(2048));
    let bytes = picture_of(5000);
    let Metered { size, sha256, .. } = metered(&bytes);
    let other = Sha256::new([7; 32]);
    for (number, size, sha256) in [
        (9, size, Some(sha256)),
        (1, ByteSize::new(4999), Some(sha256)),
        (1, size, Some(other)),
        (1, size, None),
    ] {
        offered(&handover, 1, &bytes).await;
        assert_eq!(handover.take(blob(number), size, sha256), None);
        // Whether it was the right one or not, it was there for one look.
        assert_eq!(taken(&handover, 1, &bytes).is_some(), number == 9);
    }
}

#[tokio::test]
async fn what_is_not_committed_is_withdrawn() {
    let budget = BufferBudget::new(kib(8192));
    let handover = PictureHandover::new(&budget, kib(2048));
    let bytes = picture_of(5000);
    let picture = copied(&handover, &bytes, None).await.unwrap();
    drop(handover.offer(blob(1), picture));
    assert_eq!(taken(&handover, 1, &bytes), None);
    assert_eq!(budget.in_use().held, ByteSize::ZERO);
}

#[tokio::test]
async fn a_body_that_breaks_ends_early_or_is_too_long_leaves_no_copy() {
    let budget = BufferBudget::new(kib(64 * 1024));
    let handover = PictureHandover::new(&budget, kib(16 * 1024));
    let first = Bytes::from_static(b"first");
    let broken: ByteStream =
        stream::iter([Ok(first.clone()), Err(BodyError::Aborted), Ok(first.clone())]).boxed();
    let (copy, body) = handover.copy(user(), None, broken);
    assert_eq!(body.count().await, 3);
    assert!(copy.unwrap().finish(&metered(b"firstfirst")).is_none());

    let (copy, mut body) = handover.copy(user(), None, stream::iter([Ok(first.clone()), Ok(first)]).boxed());
    assert!(body.next().await.is_some());
    drop(body);
    assert!(copy.unwrap().finish(&metered(b"firstfirst")).is_none());

    let most = picture_of(MAX_PICTURE);
    assert!(copied(&handover, &most, None).await.is_some());
    let too_long = picture_of(MAX_PICTURE + 1);
    assert!(copied(&handover, &too_long, None).await.is_none());
    assert!(copied(&handover, &too_long, Some(ByteSize::new(MAX_PICTURE + 1))).await.is_none());
    assert_eq!(budget.in_use().held, ByteSize::ZERO);
}

#[tokio::test]
async fn the_oldest_pictures_go_where_a_new_one_has_no_room() {
    let budget = BufferBudget::new(kib(8192));
    let handover = PictureHandover::new(&budget, kib(1000));
    let bytes = picture_of(400 * KIB);
    for number in 1..=3 {
        offered(&handover, number, &bytes).await;
    }
    assert!(budget.in_use().held <= kib(1000), "{:?}", budget.in_use());
    assert_eq!(taken(&handover, 1, &bytes), None);
    assert_eq!(taken(&handover, 3, &bytes), Some(bytes.clone()));
    assert_eq!(taken(&handover, 2, &bytes), Some(bytes));
}

#[tokio::test]
async fn an_owner_who_needs_room_loses_their_own_pictures_first() {
    let handover = PictureHandover::new(&BufferBudget::new(kib(8192)), kib(1000));
    let bytes = picture_of(400 * KIB);
    for (number, owner) in [(1, user()), (2, other_user()), (3, other_user())] {
        offered_for(owner, &handover, number, &bytes).await;
    }
    for (number, is_there) in [(1, true), (2, false), (3, true)] {
        assert_eq!(taken(&handover, number, &bytes).is_some(), is_there, "{number}");
    }
}

#[tokio::test]
async fn copies_that_are_being_made_are_counted_by_what_has_come() {
    let budget = BufferBudget::new(kib(8192));
    let handover = PictureHandover::new(&budget, kib(1000));
    let begin = |length| {
        let body = stream::iter([Ok(picture_of(300 * KIB))]).boxed();
        handover.copy(user(), length, body)
    };
    for length in [None, Some(kib(1000))] {
        let (first, mut body) = begin(length);
        assert!(first.is_some());
        assert_eq!(budget.in_use().held, kib(256));
        assert!(body.next().await.is_some());
        assert_eq!(budget.in_use().held, kib(512));
        let (second, third) = (begin(length).0, begin(length).0);
        assert!(second.is_some() && third.is_none());
        drop((first, body, second));
        assert_eq!(budget.in_use().held, ByteSize::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_takes_too_long_is_given_up() {
    let budget = BufferBudget::new(kib(8192));
    let handover = PictureHandover::new(&budget, kib(2048));
    let (first, rest) = (Bytes::from_static(b"first"), Bytes::from_static(b"rest"));
    let body = stream::iter([Ok(first), Ok(rest)]).boxed();
    let (copy, mut body) = handover.copy(user(), Some(kib(400)), body);
    assert!(body.next().await.is_some());
    for held in [kib(256), ByteSize::ZERO] {
        advance(MAX_WAIT / 2).await;
        assert_eq!(handover.in_use(), HandoverUse::default());
        assert_eq!(budget.in_use().held, held);
    }
    assert!(body.next().await.unwrap().is_ok(), "the body goes on");
    assert!(copy.unwrap().finish(&metered(b"firstrest")).is_none());
}

#[tokio::test]
async fn a_picture_is_not_offered_while_an_upload_waits() {
    let budget = BufferBudget::new(kib(1024));
    let handover = PictureHandover::new(&budget, kib(4096));
    let bytes = picture_of(100 * KIB);
    let picture = copied(&handover, &bytes, None).await.unwrap();
    let held = budget.try_acquire(None, kib(700)).unwrap();
    let mut upload = budget.acquire(None, kib(324)).boxed();
    assert!(upload.as_mut().now_or_never().is_none());
    handover.offer(blob(1), picture).confirm();
    assert!(upload.now_or_never().unwrap().is_ok());
    assert_eq!(taken(&handover, 1, &bytes), None);
    drop(held);
}

#[tokio::test]
async fn pictures_take_nothing_but_spare_memory_and_give_way_to_uploads() {
    let budget = BufferBudget::new(kib(1024));
    let handover = PictureHandover::new(&budget, kib(4096));
    let bytes = picture_of(300 * KIB);
    let held = budget.try_acquire(None, kib(300)).unwrap();
    assert!(copied(&handover, &bytes, Some(kib(300))).await.is_none(), "half would not be free");
    drop(held);
    for waits in [true, false] {
        offered(&handover, 1, &bytes).await;
        assert_eq!(budget.available(), kib(724));
        // What is free is taken from what is free.
        drop(budget.try_acquire(None, kib(700)).unwrap());
        assert_eq!(budget.available(), kib(724));
        let upload = if waits {
            budget.acquire(None, kib(1000)).now_or_never().unwrap().unwrap()
        } else {
            budget.try_acquire(None, kib(1000)).unwrap()
        };
        assert_eq!(taken(&handover, 1, &bytes), None);
        drop(upload);
    }
}

#[tokio::test]
async fn a_user_who_has_their_share_takes_no_picture_but_their_own() {
    let budget = BufferBudget::new(kib(1024));
    let handover = PictureHandover::new(&budget, kib(4096));
    let bytes = picture_of(100 * KIB);
    offered(&handover, 1, &bytes).await;
    let others = budget.try_acquire(Some(other_user()), kib(400)).unwrap();
    // Three quarters are the most of one user, and so much is free.
    assert!(budget.available() >= kib(400));
    assert!(budget.try_acquire(Some(other_user()), kib(400)).is_none());
    assert!(budget.acquire(Some(other_user()), kib(400)).now_or_never().is_none());
    assert_eq!(taken(&handover, 1, &bytes), Some(bytes.clone()));
    drop(others);

    offered(&handover, 2, &bytes).await;
    let held = budget.try_acquire(Some(user()), kib(500)).unwrap();
    let more = budget.try_acquire(Some(user()), kib(200)).unwrap();
    assert_eq!(taken(&handover, 2, &bytes), None);
    drop((held, more));
}

/// However slowly it is sent.
#[tokio::test]
async fn a_copy_that_is_being_made_gives_way_too() {
    let budget = BufferBudget::new(kib(1024));
    let handover = PictureHandover::new(&budget, kib(4096));
    let (first, rest) = (Bytes::from_static(b"first"), Bytes::from_static(b"rest"));
    let body = stream::iter([Ok(first), Ok(rest)]).boxed();
    let (copy, mut body) = handover.copy(user(), Some(kib(400)), body);
    assert!(body.next().await.is_some());
    assert_eq!(budget.available(), kib(768));
    let upload = budget.acquire(None, kib(1024)).now_or_never().unwrap().unwrap();
    assert!(body.next().await.unwrap().is_ok(), "the body goes on");
    assert!(copy.unwrap().finish(&metered(b"firstrest")).is_none());
    drop(upload);
    assert_eq!(budget.available(), kib(1024));
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_no_job_wants_is_dropped_in_time() {
    let budget = BufferBudget::new(kib(8192));
    let handover = PictureHandover::new(&budget, kib(2048));
    let bytes = picture_of(5000);
    for (passed, is_there) in [(MAX_WAIT / 2, true), (MAX_WAIT, false)] {
        offered(&handover, 1, &bytes).await;
        advance(passed).await;
        assert_eq!(taken(&handover, 1, &bytes).is_some(), is_there, "after {passed:?}");
    }
    offered(&handover, 1, &bytes).await;
    advance(MAX_WAIT).await;
    offered(&handover, 2, &bytes).await;
    assert_eq!(budget.in_use().held, kib(5), "the next one finds none before it");
    advance(MAX_WAIT).await;
    assert_eq!(handover.in_use(), HandoverUse { hits: 1, misses: 1 });
    assert_eq!(budget.in_use().held, ByteSize::ZERO, "nor does who looks");
}

#[tokio::test]
async fn without_memory_nothing_is_handed_over() {
    let budget = BufferBudget::new(kib(8192));
    for off in [PictureHandover::default(), PictureHandover::new(&budget, ByteSize::ZERO)] {
        assert!(!off.is_on());
        let bytes = picture_of(5000);
        assert!(copied(&off, &bytes, None).await.is_none());
        assert_eq!(taken(&off, 1, &bytes), None);
        assert_eq!(off.in_use(), HandoverUse::default());
    }
}

#[tokio::test]
async fn nothing_shows_the_bytes() {
    let handover = PictureHandover::new(&BufferBudget::new(kib(8192)), kib(2048));
    let bytes = Bytes::from_static(b"a face");
    offered(&handover, 1, &bytes).await;
    let shown = format!("{handover:?}");
    assert!(shown.contains("Picture { bytes: 6") && !shown.contains("face"), "{shown}");
}
