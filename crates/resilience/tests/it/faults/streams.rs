//! Bodies, downloads and lists that are cut or stall.

use fm_domain::blobs::{BlobKey, Bucket, ByteRange, PutBlob};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_resilience::fault::{Fault, Moment, Operation, When};
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::faults::rig::{Rig, body, got, hint, in_time, key};

/// What comes, and the error that ends it.
async fn read(mut bytes: ByteStream) -> (String, Option<BodyError>) {
    let mut text = String::new();
    loop {
        match bytes.next().await {
            Some(Ok(chunk)) => text.push_str(std::str::from_utf8(&chunk).unwrap()),
            Some(Err(error)) => return (text, Some(error)),
            None => return (text, None),
        }
    }
}

/// A store that keeps `hello world` under the key.
async fn holding(key: &BlobKey) -> Rig {
    let rig = Rig::new();
    rig.blobs.put(key, body(&["hello ", "world"]), &hint()).await.unwrap();
    rig
}

#[tokio::test]
async fn an_upload_that_is_cut_ends_as_if_its_sender_went_away() {
    for after in [0, 3, 6, 10] {
        let (rig, key) = (Rig::new(), key());
        rig.faults.plan(When::Nth(Operation::BlobStorePut, 1), Fault::Truncate { after });
        let put = rig.blobs.put(&key, body(&["hello ", "", "world"]), &hint()).await;
        assert!(matches!(put, Err(PutBlob::Body(BodyError::Aborted))), "after {after} bytes: {put:?}");
        assert_eq!(rig.blobs.head(&key).await.unwrap(), None, "after {after} bytes");
    }
}

#[tokio::test]
async fn a_stream_that_is_no_longer_than_the_cut_passes_whole() {
    for after in [11, 12, u64::MAX] {
        let key = key();
        let rig = Rig::new();
        rig.faults.plan(When::Every(Operation::BlobStorePut), Fault::Truncate { after });
        rig.faults.plan(When::Every(Operation::BlobStoreGet), Fault::Truncate { after });
        rig.blobs.put(&key, body(&["hello ", "world", ""]), &hint()).await.unwrap();
        let reader = rig.blobs.get(&key, None).await.unwrap();
        assert_eq!(read(reader.bytes).await, ("hello world".to_owned(), None), "after {after} bytes");
    }
}

#[tokio::test]
async fn a_download_that_is_cut_ends_as_if_its_source_failed() {
    let key = key();
    let rig = holding(&key).await;
    rig.faults.plan(When::Every(Operation::BlobStoreGet), Fault::Truncate { after: 4 });
    let reader = rig.blobs.get(&key, None).await.unwrap();
    assert_eq!(reader.size, ByteSize::new(11), "the head is right");
    let (text, error) = read(reader.bytes).await;
    assert_eq!(text, "hell");
    assert!(matches!(error, Some(BodyError::Source(_))), "{error:?}");

    let reader = rig.blobs.get(&key, Some(ByteRange::From { first: 6 })).await.unwrap();
    assert_eq!(read(reader.bytes).await.0, "worl", "a range is cut after as many of its own bytes");
}

#[tokio::test]
async fn a_list_that_is_cut_ends_with_an_error() {
    let rig = Rig::new();
    for _ in 0..3 {
        rig.blobs.put(&key(), body(&["hello"]), &hint()).await.unwrap();
    }
    for (after, whole) in [(0, false), (2, false), (3, true)] {
        rig.faults.reset();
        rig.faults.plan(When::Every(Operation::ListBlobsList), Fault::Truncate { after });
        let listed: Vec<_> = rig.lister.list(Bucket::Files).await.unwrap().collect().await;
        let blobs = listed.iter().filter(|blob| blob.is_ok()).count();
        assert_eq!(blobs, usize::try_from(after).unwrap());
        assert_eq!(listed.len() == blobs, whole, "{listed:?}");
    }
}

#[tokio::test]
async fn a_duplicated_put_sends_the_same_bytes_twice() {
    let (rig, key) = (Rig::new(), key());
    rig.faults.plan(When::Nth(Operation::BlobStorePut, 1), Fault::Duplicate);
    let stored = rig.blobs.put(&key, body(&["hello ", "world"]), &hint()).await.unwrap();
    assert_eq!((stored.size, rig.reached.count(Operation::BlobStorePut)), (ByteSize::new(11), 2));
    let reader = rig.blobs.get(&key, None).await.unwrap();
    assert_eq!(read(reader.bytes).await, ("hello world".to_owned(), None));
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_has_kept_the_bytes() {
    let (rig, key) = (Rig::new(), key());
    rig.faults.plan(When::Nth(Operation::BlobStorePut, 1), Fault::LoseAnswer);
    assert!(rig.blobs.put(&key, body(&["hello"]), &hint()).await.is_err());
    assert_eq!(rig.blobs.head(&key).await.unwrap().map(|head| head.size), Some(ByteSize::new(5)));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_or_dies_midway_is_never_kept() {
    for chunks in [&["hello ", "world"][..], &["hello"], &[]] {
        for fault in [Fault::Hang(Moment::Midway), Fault::Crash(Moment::Midway)] {
            let (rig, key) = (Rig::new(), key());
            rig.faults.plan(When::Nth(Operation::BlobStorePut, 1), fault);
            assert!(in_time(rig.blobs.put(&key, body(chunks), &hint())).await.is_none(), "{fault:?}");
            assert_eq!(rig.reached.count(Operation::BlobStorePut), 1, "{fault:?}");
            rig.faults.reset();
            assert_eq!(rig.blobs.head(&key).await.unwrap(), None, "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_download_that_stalls_midway_gives_its_first_chunk() {
    let key = key();
    let rig = holding(&key).await;
    rig.faults.plan(When::Nth(Operation::BlobStoreGet, 1), Fault::Hang(Moment::Midway));
    let mut bytes = rig.blobs.get(&key, None).await.unwrap().bytes;
    assert!(bytes.try_next().await.unwrap().is_some());
    assert!(in_time(bytes.try_next()).await.is_none());
    assert_eq!(got(rig.blobs.ping().await), crate::faults::rig::Got::Answer, "only this download hangs");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_stood_still_midway_goes_on_whole() {
    for chunks in [&["hello ", "world"][..], &["hello world"], &[]] {
        let (rig, key) = (Rig::new(), key());
        rig.faults.plan(When::Nth(Operation::BlobStorePut, 1), Fault::Suspend(Moment::Midway));
        rig.faults.plan(When::Nth(Operation::BlobStoreGet, 1), Fault::Suspend(Moment::Midway));
        let resume = async {
            assert_eq!(rig.faults.suspended().await, Operation::BlobStorePut);
            rig.faults.resume();
        };
        let hint = hint();
        let (put, ()) = tokio::join!(rig.blobs.put(&key, body(chunks), &hint), resume);
        put.unwrap();
        let bytes = rig.blobs.get(&key, None).await.unwrap().bytes;
        let resume = async {
            assert_eq!(rig.faults.suspended().await, Operation::BlobStoreGet);
            rig.faults.resume();
        };
        let (text, ()) = tokio::join!(read(bytes), resume);
        assert_eq!(text, (chunks.concat(), None));
    }
}
