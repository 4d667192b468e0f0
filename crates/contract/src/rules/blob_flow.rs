//! BLOB: stores of bytes, how bodies flow in.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fm_domain::blobs::PutBlob;
use fm_domain::body::{BodyError, ByteSize};
use fm_streaming::BufferBudget;
use futures_util::{StreamExt as _, stream};

use super::blob::{assert_absent, assert_holds, hint, key};
use crate::fixture::body::{counted, failing, noise, stalling, stream_of};
use crate::fixture::soon;
use crate::harness::BlobStoreHarness;

/// How long a store is watched that has nothing to do, before it counts as waiting.
const WATCHED: Duration = Duration::from_millis(150);

/// Asserts that the whole budget is free soon: tasks of the store may give buffers back after the call.
async fn assert_given_back(budget: Option<&BufferBudget>, total: Option<ByteSize>, what: &str) {
    let (Some(budget), Some(total)) = (budget, total) else { return };
    soon(&format!("giving the buffers back {what}"), async {
        while budget.available() != total {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

pub(crate) async fn blob_04_a_failing_stream_leaves_nothing_that_can_be_read<H: BlobStoreHarness>(
    harness: &H,
) {
    let part = harness.part_size();
    let errors = [
        BodyError::Aborted,
        BodyError::Stalled,
        BodyError::TooLarge { limit: ByteSize::new(5) },
        BodyError::DigestMismatch,
    ];
    let lengths = [0, 10, part, part * 2 + 1];
    for (length, error) in lengths.into_iter().zip(errors) {
        for declared in [None, Some(length), Some(length + 1)] {
            let key = key();
            let body = failing(&noise(length, 4), 50_000, error.clone());
            let failed = harness.blobs().put(&key, body, &hint(declared)).await;
            let what = format!("a body that failed after {length} bytes of {declared:?}");
            match failed {
                Err(PutBlob::Body(told)) => assert_eq!(told, error, "the error of {what}"),
                other => panic!("{what}: {other:?}"),
            }
            assert_absent(harness, &key, &what).await;
            harness.blobs().delete(&key).await.unwrap();
            assert_absent(harness, &key, &what).await;
        }
    }
    // A store that is a server of its own notices a request that was cut short a little later.
    soon("removing what is left when everything is deleted", async {
        while harness.debris().await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

pub(crate) async fn blob_05_nothing_can_be_read_before_the_put_has_ended<H: BlobStoreHarness>(harness: &H) {
    let part = harness.part_size();
    let body = noise(part + part / 2, 5);
    for declared in [None, Some(body.len() + 1)] {
        let (open, gate) = tokio::sync::oneshot::channel();
        let rest = stream::once(async move {
            gate.await.unwrap();
            Ok(noise(1, 99))
        });
        let (stream, taken) = counted(stream_of(&body, 50_000).chain(rest).boxed());
        let (key, blobs, hint) = (key(), harness.blobs(), hint(declared));
        let put = blobs.put(&key, stream, &hint);
        let watch = async {
            soon("taking what there is of a body", async {
                while taken.load(Ordering::SeqCst) < body.len() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            })
            .await;
            assert_absent(harness, &key, "a blob that is being written").await;
            open.send(()).unwrap();
        };
        let (stored, ()) = tokio::join!(put, watch);
        assert_eq!(stored.unwrap().size, ByteSize::new(body.len() as u64 + 1));
        let whole = [body.clone(), noise(1, 99)].concat().into();
        assert_holds(harness, &key, &whole, "the blob that was written").await;
    }
}

pub(crate) async fn blob_08_a_dropped_put_leaves_nothing_that_can_be_read<H: BlobStoreHarness>(harness: &H) {
    let part = harness.part_size();
    let total = harness.budget().map(|budget| budget.available());
    let large = part * 2 + 10;
    for (length, declared) in [(10, None), (large, None), (10, Some(20)), (large, Some(large + 10))] {
        let key = key();
        let (stream, taken) = counted(stalling(&noise(length, 8), 50_000));
        let blobs = harness.blobs();
        let hint = hint(declared);
        let ended = tokio::select! {
            ended = blobs.put(&key, stream, &hint) => Some(ended),
            () = async {
                while taken.load(Ordering::SeqCst) < length {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            } => None,
        };
        assert!(ended.is_none(), "a body that never ends was stored: {ended:?}");
        let what = format!("a put that was dropped after {length} bytes of {declared:?}");
        assert_absent(harness, &key, &what).await;
        assert_given_back(harness.budget().as_ref(), total, &format!("of {what}")).await;
        harness.blobs().delete(&key).await.unwrap();
        assert_absent(harness, &key, &what).await;
    }
    soon("removing what dropped puts left behind", async {
        while harness.debris().await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

pub(crate) async fn blob_09_a_put_takes_no_more_than_it_may_hold<H: BlobStoreHarness>(harness: &H) {
    let part = harness.part_size();
    let body = noise(part * 2 + part / 2, 9);
    let chunk = 64 * 1024;
    let (stream, taken) = counted(stream_of(&body, chunk));
    let (key, blobs, hint) = (key(), harness.blobs(), hint(None));
    if let Some(budget) = harness.budget() {
        // All memory is held by others: the put waits, and so does the sender of its body.
        let held = budget.acquire(None, budget.available()).await.unwrap();
        let mut put = blobs.put(&key, stream, &hint);
        let early = tokio::time::timeout(WATCHED, &mut put).await;
        assert!(early.is_err(), "it was stored without any memory: {early:?}");
        let hoarded = taken.load(Ordering::SeqCst);
        assert!(hoarded <= chunk, "{hoarded} bytes were taken while no memory was left");
        drop(held);
        soon("a put that waited for memory", put).await.unwrap();
    } else {
        // Without a budget, bytes are written as they come: none is taken before it is asked for.
        let put = blobs.put(&key, stream, &hint);
        assert_eq!(taken.load(Ordering::SeqCst), 0, "a put took bytes before it was polled");
        put.await.unwrap();
    }
    assert_holds(harness, &key, &body, "the blob that was written").await;
}

pub(crate) async fn blob_10_every_buffer_is_given_back<H: BlobStoreHarness>(harness: &H) {
    let Some(budget) = harness.budget() else { return };
    let total = Some(budget.available());
    let body = noise(harness.part_size() + 10, 10);
    let blobs = harness.blobs();
    for length in [Some(body.len()), None] {
        blobs.put(&key(), stream_of(&body, 50_000), &hint(length)).await.unwrap();
        assert_given_back(Some(&budget), total, "after a put").await;
        let failed = blobs.put(&key(), failing(&body, 50_000, BodyError::Aborted), &hint(None)).await;
        assert!(failed.is_err(), "a failing body was stored");
        assert_given_back(Some(&budget), total, "after a failed put").await;
    }
}

pub(crate) async fn blob_12_many_puts_at_once_are_each_kept_whole<H: BlobStoreHarness>(harness: &H) {
    let length = harness.part_size() / 4 + 1;
    let puts = (0..12_u64).map(|seed| async move {
        let (key, body) = (key(), noise(length, seed));
        let told = seed.is_multiple_of(2).then_some(length);
        harness.blobs().put(&key, stream_of(&body, 10_000), &hint(told)).await.unwrap();
        (key, body)
    });
    for (key, body) in soon("twelve puts", futures_util::future::join_all(puts)).await {
        assert_holds(harness, &key, &body, "one of twelve blobs").await;
    }
}
