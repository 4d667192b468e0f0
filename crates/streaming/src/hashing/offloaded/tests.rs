#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::time::timeout;

use super::*;

fn hasher() -> OffloadedHasher {
    OffloadedHasher::new(&HashThreads::start(1), Digests::default())
}

fn parts(count: u8) -> Vec<PartBytes> {
    (0..count).map(|fill| PartBytes::from(Bytes::from(vec![fill; 3 * MIN_OFFLOADED_BYTES]))).collect()
}

/// The hash of all of them in one go.
fn whole(parts: &[PartBytes]) -> HashState {
    let mut whole = HashState::new();
    parts.iter().flat_map(PartBytes::pieces).for_each(|bytes| whole.update(bytes));
    whole
}

/// One whose thread, which is not there, was given the first two of these.
async fn given_two(parts: &[PartBytes]) -> OffloadedHasher {
    let mut hasher = hasher();
    *hasher.queue.lock() = Some(VecDeque::new());
    for part in &parts[..2] {
        hasher.update(part).await.unwrap();
    }
    hasher
}

#[tokio::test]
async fn parts_hash_to_what_the_whole_hashes_to() {
    let (mut hasher, parts) = (hasher(), parts(20));
    for part in &parts {
        hasher.update(part).await.unwrap();
    }
    assert_eq!(hasher.digests().await.unwrap().whole.finish(), whole(&parts).finish());
}

#[tokio::test]
async fn while_all_threads_have_work_it_hashes_in_place_to_the_same_digest() {
    let (threads, parts) = (HashThreads::start(1), parts(3));
    let mut hasher = OffloadedHasher::new(&threads, Digests::default());
    let busy = threads.try_acquire().unwrap();
    for part in &parts {
        hasher.update(part).await.unwrap();
        assert!(matches!(hasher.state, State::Idle(_)), "no thread was asked");
    }
    drop(busy);
    hasher.update(&parts[0]).await.unwrap();
    assert!(matches!(hasher.state, State::Busy(_)), "the thread is free again");
    let all = [&parts[..], &parts[..1]].concat();
    assert_eq!(hasher.digests().await.unwrap().whole.finish(), whole(&all).finish());
}

#[tokio::test]
async fn the_charset_is_found_on_a_thread_as_in_place() {
    let text = PartBytes::from(Bytes::from("Grüße ".repeat(MIN_OFFLOADED_BYTES)));
    for count in [0, 1] {
        let threads = HashThreads::start(count);
        let mut hasher = OffloadedHasher::new(
            &threads,
            Digests { charset: Some(CharsetCheck::default()), ..Digests::default() },
        );
        hasher.update(&text).await.unwrap();
        hasher.update(&PartBytes::from(Bytes::from_static(b"end"))).await.unwrap();
        let check = hasher.digests().await.unwrap().charset.clone().unwrap();
        assert_eq!(check.seen(), text.len() as u64 + 3);
        assert_eq!(check.finish().unwrap().as_str(), "utf-8");
    }
}

#[tokio::test]
async fn without_threads_it_hashes_in_place() {
    let (mut hasher, parts) = (OffloadedHasher::new(&HashThreads::start(0), Digests::default()), parts(2));
    for part in &parts {
        hasher.update(part).await.unwrap();
        assert!(matches!(hasher.state, State::Idle(_)));
    }
    assert_eq!(hasher.digests().await.unwrap().whole.finish(), whole(&parts).finish());
}

#[tokio::test]
async fn a_thread_goes_on_with_parts_that_were_added_meanwhile_in_their_order() {
    let parts = parts(2);
    let hasher = given_two(&parts).await;
    let digests =
        hasher.queue.serve(Box::new(Digests { whole: HashState::new(), checksum: None, charset: None }));
    assert_eq!(digests.whole.finish(), whole(&parts).finish());
    assert!(hasher.queue.lock().is_none(), "no thread serves it any more");
}

#[tokio::test]
async fn a_third_part_waits_until_one_of_two_is_hashed() {
    let parts = parts(3);
    let mut hasher = given_two(&parts).await;
    assert!(hasher.update(&parts[2]).now_or_never().is_none(), "there is no room");
    drop(hasher.queue.next());
    assert!(hasher.update(&parts[2]).now_or_never().is_some());
}

#[tokio::test]
async fn a_thread_that_panics_is_an_error_and_no_caller_waits_for_ever() {
    let parts = parts(3);
    let mut hasher = given_two(&parts).await;
    let (queue, (done, result)) = (Arc::clone(&hasher.queue), oneshot::channel());
    hasher.state = State::Busy(result);
    let thread = std::thread::spawn(move || {
        let _done: oneshot::Sender<Box<Digests>> = done;
        let _close = CloseOnDrop(&queue);
        panic!("as it should");
    });
    assert!(thread.join().is_err());
    let taken = timeout(Duration::from_mins(2), hasher.update(&parts[2])).await;
    assert!(taken.expect("no caller waits").is_err());
    assert_eq!(hasher.room.available_permits(), CONCURRENT_PARTS);
}
