//! BLOB: dropped writes, damaged blobs, odd bodies and ranges, and stores that other nodes use or that go away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fm_domain::blobs::{BlobHead, Bucket, ByteRange, GetBlob, PutBlob};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::error::{PortError, PortResult};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::blob::{assert_absent, assert_holds, hint, key, put};
use crate::fixture::body::{noise, stream_of};
use crate::fixture::{assert_refused, assert_unavailable, at_last, offered, soon};
use crate::harness::BlobStoreHarness;

/// Sets its flag when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

pub(crate) async fn blob_16_a_dropped_put_takes_no_more_of_its_body<H: BlobStoreHarness>(harness: &H) {
    let large = harness.part_size() * 2 + 10;
    for (length, declared) in [(1_000, None), (large, None), (1_000, Some(1_010)), (large, Some(large + 10))]
    {
        let (key, blobs, hint) = (key(), harness.blobs(), hint(declared));
        let (open, gate) = tokio::sync::oneshot::channel::<()>();
        let (dropped, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (guard, counter) = (Dropped(Arc::clone(&dropped)), Arc::clone(&taken));
        // Once the gate is open, the body ends well: a put that the store goes on with would succeed.
        let rest = stream::once(async move {
            gate.await.ok();
            Ok(noise(10, 99))
        });
        let body: ByteStream = stream_of(&noise(length, 16), 50_000)
            .chain(rest)
            .inspect_ok(move |chunk| {
                let _held_by_the_body = &guard;
                counter.fetch_add(chunk.len(), Ordering::SeqCst);
            })
            .boxed();
        tokio::select! {
            ended = blobs.put(&key, body, &hint) => panic!("it was stored before its end: {ended:?}"),
            () = async {
                while taken.load(Ordering::SeqCst) < length {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            } => {}
        }
        let what = format!("a put that was dropped after {length} bytes of {declared:?}");
        soon(&format!("giving up the body of {what}"), async {
            while !dropped.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
        open.send(()).ok();
        assert_eq!(taken.load(Ordering::SeqCst), length, "the body of {what} was read on");
        assert_absent(harness, &key, &what).await;
        blobs.delete(&key).await.unwrap();
        assert_absent(harness, &key, &what).await;
    }
}

pub(crate) async fn blob_17_a_read_that_breaks_midway_ends_with_an_error<H: BlobStoreHarness>(harness: &H) {
    let blobs = harness.blobs();
    // Enough to be cut while most of it is still in the store.
    let size = harness.part_size() + 24 * 1024 * 1024;
    let body = noise(size, 17);
    let ranges =
        [None, Some(ByteRange::From { first: 10 }), Some(ByteRange::Last { length: size as u64 - 10 })];
    for range in ranges {
        let key = put(harness, &body).await;
        let mut reader = blobs.get(&key, range).await.unwrap();
        let mut came = reader.bytes.try_next().await.unwrap().unwrap().len();
        if offered("a blob that is damaged", harness.truncate(&key).await).is_none() {
            return;
        }
        let expected =
            usize::try_from(reader.range.map_or(size as u64, fm_domain::blobs::ResolvedRange::length))
                .unwrap();
        let ended = loop {
            match reader.bytes.try_next().await {
                Ok(Some(chunk)) => came += chunk.len(),
                Ok(None) => break true,
                Err(_broken) => break false,
            }
        };
        assert!(
            !ended || came == expected,
            "{came} of {expected} bytes of {range:?} ended as if they were all"
        );

        // A later read gives as many bytes as it said, or fails.
        if let Ok(mut reader) = blobs.get(&key, range).await {
            let said = reader.range.map_or(reader.size.bytes(), fm_domain::blobs::ResolvedRange::length);
            let mut came = 0;
            let ended = loop {
                match reader.bytes.try_next().await {
                    Ok(Some(chunk)) => came += chunk.len() as u64,
                    Ok(None) => break true,
                    Err(_broken) => break false,
                }
            };
            assert!(
                !ended || came == said,
                "{came} of {said} bytes of a damaged blob ended as if they were all"
            );
        }
        blobs.delete(&key).await.unwrap();
    }
}

pub(crate) async fn blob_23_what_one_node_changes_every_node_sees_at_once<H: BlobStoreHarness>(harness: &H) {
    let Some(there) = offered("a second node", harness.another_node().await) else { return };
    let (here, body) = (harness.blobs(), noise(harness.part_size() + 5, 23));
    let key = key();
    // Both nodes have asked for it, and could remember that there is none.
    for node in [&here, &there] {
        assert_eq!(node.head(&key).await.unwrap(), None);
        assert!(matches!(node.get(&key, None).await, Err(GetBlob::NotFound)));
    }
    there.put(&key, stream_of(&body, 50_000), &hint(None)).await.unwrap();
    assert_holds(harness, &key, &body, "a blob that another node put").await;
    assert_eq!(there.head(&key).await.unwrap(), Some(BlobHead { size: ByteSize::new(body.len() as u64) }));
    there.delete(&key).await.unwrap();
    assert_absent(harness, &key, "a blob that another node deleted").await;
}

/// The size of the blob that was read.
fn read_size(answer: Result<fm_domain::blobs::BlobReader, GetBlob>) -> PortResult<u64> {
    match answer {
        Ok(reader) => Ok(reader.size.bytes()),
        Err(GetBlob::Store(error)) => Err(error),
        Err(GetBlob::NotFound) => Ok(0),
        Err(GetBlob::Range(outside)) => Ok(outside.size.bytes()),
    }
}

/// The size of the blob that was put.
fn put_size(answer: Result<fm_domain::blobs::StoredBlob, PutBlob>) -> PortResult<u64> {
    match answer {
        Ok(stored) => Ok(stored.size.bytes()),
        Err(PutBlob::Store(error)) => Err(error),
        Err(error @ (PutBlob::Body(_) | PutBlob::TooLarge)) => panic!("the body had no fault: {error:?}"),
    }
}

async fn listed<H: BlobStoreHarness>(harness: &H) -> PortResult<usize> {
    let Some(list) = harness.lister() else { return Err(PortError::Unavailable("it has no list".into())) };
    let mut blobs = list.list(Bucket::Files).await?;
    let mut count = 0;
    while blobs.try_next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

pub(crate) async fn blob_24_a_store_that_is_out_of_reach_is_unavailable_and_nothing_is_absent<
    H: BlobStoreHarness,
>(
    harness: &H,
) {
    let blobs = harness.blobs();
    let body = noise(1_000, 24);
    let kept = put(harness, &body).await;
    if offered("a store that goes away", harness.break_it().await).is_none() {
        return;
    }
    let long = noise(harness.part_size() + 1, 24);
    at_last("a store of blobs", async {
        assert_unavailable("a ping", blobs.ping().await);
        for (what, key) in [("a blob", kept), ("an unknown blob", key())] {
            assert_unavailable(&format!("head of {what}"), blobs.head(&key).await);
            assert_unavailable(&format!("get of {what}"), read_size(blobs.get(&key, None).await));
            for range in [ByteRange::From { first: 5 }, ByteRange::Last { length: 5 }] {
                assert_unavailable(
                    &format!("{range:?} of {what}"),
                    read_size(blobs.get(&key, Some(range)).await),
                );
            }
            assert_unavailable(&format!("delete of {what}"), blobs.delete(&key).await);
        }
        assert_unavailable("a list", listed(harness).await);
        for body in [&body, &long] {
            let put = blobs.put(&key(), stream_of(body, 50_000), &hint(None)).await;
            assert_unavailable("put", put_size(put));
        }
    })
    .await;
}

pub(crate) async fn blob_25_refused_credentials_are_not_taken_for_a_store_out_of_reach<
    H: BlobStoreHarness,
>(
    harness: &H,
) {
    let Some(stranger) = offered("wrong credentials", harness.with_wrong_credentials()) else { return };
    let body = noise(1_000, 25);
    let key = put(harness, &body).await;
    at_last("a store of blobs", async {
        assert_refused("a ping", stranger.ping().await);
        assert_refused("head", stranger.head(&key).await);
        assert_refused("get", read_size(stranger.get(&key, None).await));
        assert_refused("delete", stranger.delete(&key).await);
        let put = stranger.put(&super::blob::key(), stream_of(&body, 500), &hint(None)).await;
        assert_refused("put", put_size(put));
    })
    .await;
    assert_holds(harness, &key, &body, "a blob that a stranger tried to delete").await;
}

pub(crate) async fn blob_26_chunks_of_every_size_are_kept_and_empty_ones_are_no_end<H: BlobStoreHarness>(
    harness: &H,
) {
    let (part, blobs) = (harness.part_size(), harness.blobs());
    let empty = || stream::iter([Ok(Bytes::new())]);
    // One chunk of several parts; one byte a chunk; nothing at the beginning, in the middle and at the end.
    let (large, small, cut) = (noise(part * 2 + 77, 26), noise(3_000, 27), noise(part + 10, 28));
    let with_empty_ones = empty()
        .chain(stream_of(&cut.slice(..part), 50_000))
        .chain(empty())
        .chain(empty())
        .chain(stream_of(&cut.slice(part..), 3))
        .chain(empty())
        .boxed();
    let none_but_empty = empty().chain(empty()).boxed();
    let cases: [(&str, ByteStream, &Bytes); 4] = [
        ("a body in one chunk", stream_of(&large, large.len()), &large),
        ("a body of single bytes", stream_of(&small, 1), &small),
        ("a body with empty chunks", with_empty_ones, &cut),
        ("a body of empty chunks alone", none_but_empty, &Bytes::new()),
    ];
    for (number, (what, body, expected)) in cases.into_iter().enumerate() {
        let key = key();
        let told = number.is_multiple_of(2).then_some(expected.len());
        let stored = soon(what, blobs.put(&key, body, &hint(told))).await.unwrap();
        assert_eq!(stored.size, ByteSize::new(expected.len() as u64), "the size of {what}");
        assert_holds(harness, &key, expected, what).await;
    }
}

pub(crate) async fn blob_27_ranges_beyond_four_gibibytes_do_not_wrap_around<H: BlobStoreHarness>(
    harness: &H,
) {
    let body = noise(1_000, 27);
    let key = put(harness, &body).await;
    for first in [1 << 31, 1 << 32, (1 << 32) + 5, 1 << 33, 1 << 53, 1 << 63, u64::MAX - 5, u64::MAX] {
        for asked in [
            ByteRange::From { first },
            ByteRange::Between { first, last: u64::MAX },
            ByteRange::Between { first, last: first },
        ] {
            let refused = harness.blobs().get(&key, Some(asked)).await;
            let Err(GetBlob::Range(outside)) = refused else {
                panic!("{asked:?} of 1000 bytes: {refused:?}")
            };
            assert_eq!(outside.size, ByteSize::new(1_000), "{asked:?}");
        }
        let all = harness.blobs().get(&key, Some(ByteRange::Last { length: first })).await.unwrap();
        assert_eq!(all.range.map(|range| (range.first, range.last)), Some((0, 999)), "the last {first}");
        let open = ByteRange::Between { first: 990, last: first };
        let rest = harness.blobs().get(&key, Some(open)).await.unwrap();
        assert_eq!(rest.range.map(|range| (range.first, range.last)), Some((990, 999)), "{open:?}");
        let bytes: Vec<Bytes> = rest.bytes.try_collect().await.unwrap();
        assert_eq!(bytes.concat(), body.slice(990..), "{open:?}");
    }
}
