//! BLOB: stores of bytes, what is kept and what is read.

use bytes::Bytes;
use fm_domain::blobs::{BlobHead, BlobKey, Bucket, ByteRange, GetBlob, PutHint, ResolvedRange};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::ids::BlobId;
use futures_util::TryStreamExt as _;

use crate::fixture::body::{collect, noise, stream_of};
use crate::fixture::{fill, soon, uuid};
use crate::harness::BlobStoreHarness;

/// A fresh address in the bucket of files.
pub(super) fn key() -> BlobKey {
    BlobKey::file(BlobId::new(uuid()))
}

/// A hint of this length.
pub(super) fn hint(length: Option<usize>) -> PutHint {
    let length = length.map(|length| ByteSize::new(length as u64));
    PutHint { owner: None, length, content_type: fill::media_type("application/octet-stream") }
}

/// Keeps the bytes under a fresh key.
pub(super) async fn put<H: BlobStoreHarness>(harness: &H, body: &Bytes) -> BlobKey {
    let key = key();
    put_at(harness, &key, stream_of(body, 64 * 1024), Some(body.len()), body.len()).await;
    key
}

async fn put_at<H: BlobStoreHarness>(
    harness: &H,
    key: &BlobKey,
    body: ByteStream,
    told: Option<usize>,
    length: usize,
) {
    let stored = harness.blobs().put(key, body, &hint(told)).await.unwrap();
    assert_eq!(stored.size, ByteSize::new(length as u64), "the size that was stored");
}

/// Compares without printing megabytes.
fn assert_same(read: &Bytes, expected: &Bytes, what: &str) {
    assert_eq!(read.len(), expected.len(), "the length of {what}");
    let differs = read.iter().zip(expected).position(|(left, right)| left != right);
    assert_eq!(differs, None, "the first byte of {what} that differs");
}

/// Reads the whole blob and compares it.
pub(super) async fn assert_holds<H: BlobStoreHarness>(
    harness: &H,
    key: &BlobKey,
    expected: &Bytes,
    what: &str,
) {
    let size = ByteSize::new(expected.len() as u64);
    let reader = harness.blobs().get(key, None).await.unwrap();
    assert_eq!((reader.size, reader.range), (size, None), "what is said of {what}");
    assert_same(&collect(reader.bytes).await.unwrap(), expected, what);
    assert_eq!(harness.blobs().head(key).await.unwrap(), Some(BlobHead { size }), "the head of {what}");
}

/// Nothing of the blob can be seen by any means.
pub(super) async fn assert_absent<H: BlobStoreHarness>(harness: &H, key: &BlobKey, what: &str) {
    let blobs = harness.blobs();
    assert_eq!(blobs.head(key).await.unwrap(), None, "the head of {what}");
    let read = blobs.get(key, None).await;
    assert!(matches!(read, Err(GetBlob::NotFound)), "{what}: {read:?}");
    let range = blobs.get(key, Some(ByteRange::From { first: 0 })).await;
    assert!(matches!(range, Err(GetBlob::NotFound)), "a range of {what}: {range:?}");
    if let Some(lister) = harness.lister() {
        let listed: Vec<_> = lister.list(key.bucket).await.unwrap().try_collect().await.unwrap();
        assert!(listed.iter().all(|blob| blob.key != *key), "{what} is listed");
    }
}

pub(crate) async fn blob_01_blobs_of_every_edge_size_are_read_back_whole<H: BlobStoreHarness>(harness: &H) {
    let part = harness.part_size();
    for length in [0, 1, part - 1, part, part + 1] {
        let body = noise(length, 1);
        let key = key();
        put_at(harness, &key, stream_of(&body, 60_000), Some(length), length).await;
        assert_holds(harness, &key, &body, &format!("a blob of {length} bytes")).await;
    }
}

pub(crate) async fn blob_02_a_body_of_unknown_length_is_read_back_whole<H: BlobStoreHarness>(harness: &H) {
    let part = harness.part_size();
    for (length, chunk) in [(0, 1), (1, 1), (part, part), (part * 2 + part / 2, part / 3 + 7)] {
        let body = noise(length, 2);
        let key = key();
        put_at(harness, &key, stream_of(&body, chunk), None, length).await;
        assert_holds(harness, &key, &body, &format!("a blob of {length} bytes in chunks of {chunk}")).await;
    }
}

pub(crate) async fn blob_03_every_form_of_range_gives_exactly_its_bytes<H: BlobStoreHarness>(harness: &H) {
    let part = harness.part_size() as u64;
    let size = part + 1000;
    let body = noise(usize::try_from(size).unwrap(), 3);
    let key = put(harness, &body).await;
    let last = size - 1;
    for (asked, first, end) in [
        (ByteRange::Between { first: 0, last: 0 }, 0, 0),
        (ByteRange::Between { first: 0, last }, 0, last),
        (ByteRange::Between { first: 17, last: 170 }, 17, 170),
        (ByteRange::Between { first: part - 1, last: part }, part - 1, part),
        (ByteRange::Between { first: last, last }, last, last),
        (ByteRange::Between { first: last - 1, last: last + 100 }, last - 1, last),
        (ByteRange::Between { first: 5, last: u64::MAX }, 5, last),
        (ByteRange::From { first: 0 }, 0, last),
        (ByteRange::From { first: last }, last, last),
        (ByteRange::Last { length: 1 }, last, last),
        (ByteRange::Last { length: 1001 }, part - 1, last),
        (ByteRange::Last { length: size + 5 }, 0, last),
    ] {
        let reader = harness.blobs().get(&key, Some(asked)).await.unwrap();
        assert_eq!(reader.size, ByteSize::new(size), "the size beside {asked:?}");
        assert_eq!(reader.range, Some(ResolvedRange { first, last: end }), "what {asked:?} means");
        let expected = body.slice(usize::try_from(first).unwrap()..=usize::try_from(end).unwrap());
        assert_same(&collect(reader.bytes).await.unwrap(), &expected, &format!("{asked:?}"));
    }
}

pub(crate) async fn blob_06_a_range_outside_the_blob_is_refused_with_its_size<H: BlobStoreHarness>(
    harness: &H,
) {
    let (some, none) = (put(harness, &noise(1000, 6)).await, put(harness, &Bytes::new()).await);
    for (key, size, asked) in [
        (some, 1000, ByteRange::From { first: 1000 }),
        (some, 1000, ByteRange::Between { first: 1000, last: 2000 }),
        (some, 1000, ByteRange::Last { length: 0 }),
        (none, 0, ByteRange::From { first: 0 }),
        (none, 0, ByteRange::Last { length: 5 }),
    ] {
        let refused = harness.blobs().get(&key, Some(asked)).await;
        let Err(GetBlob::Range(outside)) = refused else { panic!("{asked:?} of {size} bytes: {refused:?}") };
        assert_eq!(outside.size, ByteSize::new(size), "{asked:?}");
    }
    assert_absent(harness, &key(), "an unknown blob").await;
}

pub(crate) async fn blob_07_deleting_again_and_again_is_no_error<H: BlobStoreHarness>(harness: &H) {
    let blobs = harness.blobs();
    blobs.delete(&key()).await.unwrap();
    let (kept, body) = (put(harness, &noise(10, 8)).await, noise(harness.part_size() + 1, 7));
    let key = put(harness, &body).await;
    for time in ["the first time", "the second time", "the third time"] {
        blobs.delete(&key).await.unwrap();
        assert_absent(harness, &key, time).await;
    }
    assert_holds(harness, &kept, &noise(10, 8), "another blob").await;
    blobs.delete(&kept).await.unwrap();
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
}

pub(crate) async fn blob_11_the_buckets_are_apart<H: BlobStoreHarness>(harness: &H) {
    let blobs = harness.blobs();
    let id = BlobId::new(uuid());
    let (file, thumbnail) = (noise(100, 1), noise(200, 2));
    for (key, body) in [(BlobKey::file(id), &file), (BlobKey::thumbnail(id), &thumbnail)] {
        put_at(harness, &key, stream_of(body, 64), Some(body.len()), body.len()).await;
    }
    assert_holds(harness, &BlobKey::file(id), &file, "the file").await;
    assert_holds(harness, &BlobKey::thumbnail(id), &thumbnail, "the thumbnail of the same id").await;
    blobs.delete(&BlobKey::file(id)).await.unwrap();
    assert_absent(harness, &BlobKey::file(id), "the deleted file").await;
    assert_holds(harness, &BlobKey::thumbnail(id), &thumbnail, "the thumbnail of the same id").await;
}

pub(crate) async fn blob_13_a_list_holds_every_blob_of_its_bucket_once<H: BlobStoreHarness>(harness: &H) {
    // Listing is an optional capability: a store without it owes nothing here.
    let Some(list) = harness.lister() else { return };
    let mut expected = Vec::new();
    for length in 0..20 {
        let key = put(harness, &noise(length, 1)).await;
        expected.push((key, ByteSize::new(length as u64)));
    }
    let thumbnail = BlobKey::thumbnail(BlobId::new(uuid()));
    put_at(harness, &thumbnail, stream_of(&noise(7, 1), 7), Some(7), 7).await;
    harness.blobs().delete(&expected.remove(5).0).await.unwrap();

    let listed: Vec<_> = list.list(Bucket::Files).await.unwrap().try_collect().await.unwrap();
    let mut found: Vec<_> = listed.iter().map(|blob| (blob.key, blob.size)).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let thumbnails: Vec<_> = list.list(Bucket::Thumbnails).await.unwrap().try_collect().await.unwrap();
    assert_eq!(thumbnails.iter().map(|blob| blob.key).collect::<Vec<_>>(), [thumbnail]);
}

pub(crate) async fn blob_14_a_store_that_serves_answers_a_ping_and_names_its_limits<H: BlobStoreHarness>(
    harness: &H,
) {
    let blobs = harness.blobs();
    soon("a ping", blobs.ping()).await.unwrap();
    let needed = ByteSize::new(harness.part_size() as u64 * 3);
    assert!(blobs.limits().max_blob >= needed, "it takes blobs of {} alone", blobs.limits().max_blob);
}

pub(crate) async fn blob_15_a_blob_is_read_by_many_at_once<H: BlobStoreHarness>(harness: &H) {
    let body = noise(harness.part_size() + 1, 15);
    let key = put(harness, &body).await;
    let readers = (0..8).map(|_| assert_holds(harness, &key, &body, "a blob with eight readers"));
    soon("eight readers", futures_util::future::join_all(readers)).await;
}
