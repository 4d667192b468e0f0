//! A longer body of known length: one request, sent while it comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fm_domain::blobs::{BlobStore as _, PutBlob};
use fm_domain::body::{BodyError, ByteStream};
use fm_s3::S3BlobStore;
use fm_s3_testing::ScriptedServer;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::server;
use crate::support::{BUDGET, SOON, body, failing, hint, key, read, settings, store, within};
use crate::wire::{assert_plain, obliging};

const PART: usize = S3BlobStore::PART_SIZE;
const WINDOW: u64 = 1024 * 1024;

/// The same body, whose first bytes keep the store waiting for so long.
fn late(by: Duration, body: ByteStream) -> ByteStream {
    let pause = stream::once(async move {
        tokio::time::pause();
        tokio::time::advance(by).await;
        tokio::time::resume();
        Ok(Bytes::new())
    });
    pause.chain(body).boxed()
}

#[tokio::test]
async fn a_body_of_known_length_is_one_plain_request() {
    for length in [PART + 1, 3 * PART + 17] {
        let server = ScriptedServer::start(obliging(0)).await.unwrap();
        let stored = store(server.endpoint()).put(&key(), body(length), &hint(Some(length))).await.unwrap();
        assert_eq!(stored.size.bytes(), length as u64);
        let seen = server.seen();
        let [request] = seen.as_slice() else { unreachable!("one request: {} came", seen.len()) };
        assert_eq!(request.method, "PUT");
        assert_plain(request);
        assert_eq!(request.header("content-type"), Some("image/png"));
        assert_eq!(request.header("content-disposition"), Some("attachment"));
        assert_eq!(request.header("cache-control"), Some("private, max-age=1800"));
        assert_eq!(request.header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
        assert_eq!(request.header("content-length"), Some(length.to_string().as_str()));
        assert!(request.body == vec![7; length], "its bytes");
    }
}

#[tokio::test]
async fn a_body_above_the_bound_goes_in_parts() {
    let bound = usize::try_from(S3BlobStore::LONGEST_STREAM).unwrap();
    for (length, first) in [(bound, "PUT"), (bound + 1, "POST")] {
        let server = ScriptedServer::start(obliging(length)).await.unwrap();
        store(server.endpoint()).put(&key(), body(length), &hint(Some(length))).await.unwrap();
        assert_eq!(server.seen()[0].method, first, "{length}");
    }
}

#[tokio::test]
async fn a_body_that_comes_slowly_goes_in_parts() {
    let length = PART + 1;
    for (seconds, first) in [(2, "PUT"), (6, "POST")] {
        let server = ScriptedServer::start(obliging(length)).await.unwrap();
        let body = late(Duration::from_secs(seconds), body(length));
        store(server.endpoint()).put(&key(), body, &hint(Some(length))).await.unwrap();
        assert_eq!(server.seen()[0].method, first, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_put_while_it_comes_holds_a_part_and_then_a_window_and_gives_them_back() {
    let length = 6 * PART;
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let settings = settings(server.endpoint());
    let store = S3BlobStore::new(&settings).unwrap();
    let budget = settings.budget.clone();
    let [least, at_the_end] = [u64::MAX, 0].map(|bytes| Arc::new(AtomicU64::new(bytes)));
    let (watched, lowest, latest) = (budget.clone(), Arc::clone(&least), Arc::clone(&at_the_end));
    let body = body(length).inspect_ok(move |_| {
        let available = watched.available().bytes();
        lowest.fetch_min(available, Ordering::Relaxed);
        latest.store(available, Ordering::Relaxed);
    });
    store.put(&key(), body.boxed(), &hint(Some(length))).await.unwrap();
    assert!(least.load(Ordering::Relaxed) >= BUDGET - PART as u64 - WINDOW);
    assert_eq!(
        at_the_end.load(Ordering::Relaxed),
        BUDGET - WINDOW,
        "what is held of the first part is given back"
    );
    assert_eq!(budget.available().bytes(), BUDGET);
}

#[tokio::test]
async fn a_real_server_keeps_it_whole_and_keeps_nothing_of_what_is_cut_short() {
    let (server, _folder) = server::server();
    let store = S3BlobStore::new(&settings(&server.endpoint())).unwrap();
    store.ensure_buckets().await.unwrap();
    let length = 3 * PART + 17;
    let whole = key();
    store.put(&whole, body(length), &hint(Some(length))).await.unwrap();
    assert!(read(store.get(&whole, None).await.unwrap()).await.unwrap() == vec![7; length]);
    store.delete(&whole).await.unwrap();
    // In the first part, in the middle, and when all bytes are there.
    for (came, error) in [
        (100, BodyError::Aborted),
        (PART + 100, BodyError::Aborted),
        (2 * PART, BodyError::Stalled),
        (length, BodyError::DigestMismatch),
    ] {
        let key = key();
        let refused = store.put(&key, failing(came, error.clone()), &hint(Some(length))).await.unwrap_err();
        assert!(matches!(&refused, PutBlob::Body(told) if *told == error), "{came}: {refused:?}");
        assert_eq!(store.head(&key).await.unwrap(), None, "{came}");
    }
    for came in [length - 1, length + 1] {
        let key = key();
        let refused = store.put(&key, body(came), &hint(Some(length))).await.unwrap_err();
        assert!(matches!(refused, PutBlob::Body(_)), "{came}: {refused:?}");
        assert_eq!(store.head(&key).await.unwrap(), None, "{came}");
    }
    store.wait_idle().await;
    // The server notices a cut connection a little later.
    within(SOON, async {
        while server.files_kept().unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    })
    .await;
    assert_eq!(server.names_kept().unwrap(), Vec::<String>::new());
}
