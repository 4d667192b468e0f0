//! BLOB: reads that are dropped, and lists that break.

use bytes::Bytes;
use fm_domain::blobs::{Bucket, ByteRange};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::blob::{assert_absent, assert_holds, hint, key, put};
use crate::fixture::body::{noise, stream_of};
use crate::fixture::{DROPPED, MANY, at_last, offered, soon};
use crate::harness::BlobStoreHarness;

pub(crate) async fn blob_28_reads_that_are_dropped_leave_room_for_others<H: BlobStoreHarness>(harness: &H) {
    let body = noise(harness.part_size() + 1024 * 1024, 28);
    let key = put(harness, &body).await;
    for number in 0..DROPPED {
        let range = number.is_multiple_of(3).then_some(ByteRange::From { first: 7 });
        let mut reader =
            soon("a read after others were dropped", harness.blobs().get(&key, range)).await.unwrap();
        if number.is_multiple_of(2) {
            soon("the first bytes of a read", reader.bytes.try_next()).await.unwrap().unwrap();
        }
    }
    let what = "a blob that was read in part many times";
    soon(what, assert_holds(harness, &key, &body, what)).await;
    harness.blobs().delete(&key).await.unwrap();
    assert_absent(harness, &key, what).await;
}

pub(crate) async fn blob_29_a_list_that_breaks_midway_ends_with_an_error<H: BlobStoreHarness>(harness: &H) {
    let Some(list) = harness.lister() else { return };
    let (blobs, hint) = (harness.blobs(), hint(Some(5)));
    let keys: Vec<_> = (0..MANY).map(|_| key()).collect();
    let small = Bytes::from_static(b"small");
    stream::iter(&keys)
        .map(|key| blobs.put(key, stream_of(&small, 5), &hint))
        .buffer_unordered(16)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let mut listing = list.list(Bucket::Files).await.unwrap();
    listing.try_next().await.unwrap().unwrap();
    if offered("a store that goes away", harness.break_it().await).is_none() {
        return;
    }
    let rest = at_last("a list", listing.try_collect::<Vec<_>>()).await;
    let whole = rest.as_ref().is_ok_and(|rest| rest.len() == MANY - 1);
    assert!(
        rest.is_err() || whole,
        "{:?} of {MANY} blobs ended as if they were all",
        rest.map(|rest| rest.len())
    );
}
