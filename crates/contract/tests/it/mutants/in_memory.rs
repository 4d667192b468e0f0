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
    let hint = PutHint { owner: None, length: None, content_type: "text/plain".parse().unwrap() };
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

/// Makes a broken writer of blobs a store of whole ones: those of its field `blobs`. What it does first when a blob is deleted
/// is the method `delete_writes`.
macro_rules! whole_blobs {
    ($store:ty) => {
        #[async_trait::async_trait]
        impl fm_domain::blobs::BlobStore for $store {
            async fn put(
                &self,
                key: &fm_domain::blobs::BlobKey,
                body: fm_domain::body::ByteStream,
                hint: &fm_domain::blobs::PutHint,
            ) -> Result<fm_domain::blobs::StoredBlob, fm_domain::blobs::PutBlob> {
                self.blobs.put(key, body, hint).await
            }

            async fn get(
                &self,
                key: &fm_domain::blobs::BlobKey,
                range: Option<fm_domain::blobs::ByteRange>,
            ) -> Result<fm_domain::blobs::BlobReader, fm_domain::blobs::GetBlob> {
                let reader = self.blobs.get(key, range).await?;
                let is_short = self.is(Fault::RangesAreOneByteShort);
                Ok(if is_short { crate::mutants::in_memory::one_byte_short(reader).await } else { reader })
            }

            async fn head(
                &self,
                key: &fm_domain::blobs::BlobKey,
            ) -> fm_domain::error::PortResult<Option<fm_domain::blobs::BlobHead>> {
                self.blobs.head(key).await
            }

            async fn delete(&self, key: &fm_domain::blobs::BlobKey) -> fm_domain::error::PortResult<()> {
                self.delete_writes(key);
                self.blobs.delete(key).await
            }

            fn limits(&self) -> fm_domain::blobs::BlobLimits {
                self.blobs.limits()
            }

            async fn ping(&self) -> fm_domain::error::PortResult<()> {
                self.blobs.ping().await
            }
        }
    };
}
pub(crate) use whole_blobs;
