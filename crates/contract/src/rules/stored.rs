//! What the rules of unfinished blobs have in common: addresses, and what can be seen of a blob.

use bytes::Bytes;
use fm_domain::blobs::{BlobHead, BlobKey, BlobStore, ByteRange, GetBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::files::MediaType;
use fm_domain::ids::BlobId;

use crate::fixture::body::collect;
use crate::fixture::{fill, soon, uuid};

/// How often a future is polled at most before it counts as endless.
pub(super) const MOST_POLLS: usize = 300;

/// A fresh address in the bucket of files.
pub(super) fn key() -> BlobKey {
    BlobKey::file(BlobId::new(uuid()))
}

pub(super) fn binary() -> MediaType {
    fill::media_type("application/octet-stream")
}

/// The bytes in several pieces, as a caller holds them.
pub(super) fn pieces(bytes: &Bytes) -> PartBytes {
    let mut part = PartBytes::new();
    for start in (0..bytes.len()).step_by(40_000) {
        part.push(bytes.slice(start..bytes.len().min(start + 40_000)));
    }
    part
}

/// Reads the whole blob and a range in its middle, and compares them.
pub(super) async fn assert_holds(blobs: &dyn BlobStore, key: &BlobKey, expected: &Bytes, what: &str) {
    let size = ByteSize::new(expected.len() as u64);
    assert_eq!(blobs.head(key).await.unwrap(), Some(BlobHead { size }), "the head of {what}");
    let read = collect(blobs.get(key, None).await.unwrap().bytes).await.unwrap();
    assert!(read == *expected, "other bytes in {what}");
    if expected.len() > 1 {
        let (first, last) = (expected.len() / 3, expected.len() / 2);
        let range = ByteRange::Between { first: first as u64, last: last as u64 };
        let read = collect(blobs.get(key, Some(range)).await.unwrap().bytes).await.unwrap();
        assert!(read == expected.slice(first..=last), "other bytes in a range of {what}");
    }
}

/// Nothing of the blob can be seen.
pub(super) async fn assert_absent(blobs: &dyn BlobStore, key: &BlobKey, what: &str) {
    assert_eq!(blobs.head(key).await.unwrap(), None, "the head of {what}");
    let read = blobs.get(key, None).await;
    assert!(matches!(read, Err(GetBlob::NotFound)), "{what}: {read:?}");
}

/// Deletes the blobs until the store counts nothing more: work that was cut off may go on for a moment.
pub(super) async fn delete_until_empty(
    blobs: &dyn BlobStore,
    keys: &[BlobKey],
    debris: impl AsyncFn() -> usize,
) {
    soon("deleting what was cut off", async {
        loop {
            for key in keys {
                blobs.delete(key).await.unwrap();
            }
            if debris().await == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    for key in keys {
        assert_absent(blobs, key, "what was cut off and deleted").await;
    }
}
