//! What broken stores of blobs are made of.

use std::sync::Arc;

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, BlobReader, BlobStore as _, PutHint};
use fm_domain::clock::Timestamp;
use fm_memory::{ManualClock, MemoryBlobStore};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// An honest store.
pub(crate) fn memory() -> MemoryBlobStore {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000));
    MemoryBlobStore::new(Arc::new(clock))
}

/// Keeps the pieces as one blob.
pub(crate) async fn keep(blobs: &MemoryBlobStore, key: &BlobKey, pieces: Vec<Bytes>) {
    let body = stream::iter(pieces.into_iter().map(Ok)).boxed();
    let hint = PutHint { length: None, content_type: "text/plain".parse().unwrap() };
    blobs.put(key, body, &hint).await.unwrap();
}

/// The reader, of a range without its last byte.
pub(crate) async fn one_byte_short(mut reader: BlobReader) -> BlobReader {
    if let Some(range) = reader.range {
        let mut bytes: Vec<u8> = reader.bytes.try_collect::<Vec<Bytes>>().await.unwrap().concat();
        bytes.truncate(usize::try_from(range.length() - 1).unwrap());
        reader.bytes = stream::iter([Ok(Bytes::from(bytes))]).boxed();
    }
    reader
}
