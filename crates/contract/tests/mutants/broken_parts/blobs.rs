//! The store as one of whole blobs.

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, GetBlob, PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::ByteStream;
use fm_domain::error::PortResult;

use super::Fault;
use super::store::FakeStore;
use crate::in_memory::one_byte_short;

#[async_trait]
impl BlobStore for FakeStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.blobs.put(key, body, hint).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let reader = self.blobs.get(key, range).await?;
        Ok(if self.is(Fault::RangesAreOneByteShort) { one_byte_short(reader).await } else { reader })
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.blobs.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        if !self.is(Fault::DeletesWholeBlobsAlone) {
            self.writes().open.retain(|open, _| open.0 != *key);
        }
        self.blobs.delete(key).await
    }

    fn limits(&self) -> BlobLimits {
        self.blobs.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        self.blobs.ping().await
    }
}
