//! Stores of bytes.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, Bucket, ByteRange, GetBlob, ListBlobs, ListedBlob,
    PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::{BodyError, ByteStream};
use fm_domain::error::PortResult;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};

use super::faults::lost;
use super::streams::{Replay, stalled, through};
use super::{Faults, Operation};

/// A store of bytes with faults.
pub struct FaultyBlobStore {
    inner: Arc<dyn BlobStore>,
    faults: Faults,
}

impl FaultyBlobStore {
    /// `inner`, with whatever is planned in `faults`.
    #[must_use]
    pub fn new(inner: Arc<dyn BlobStore>, faults: &Faults) -> Self {
        Self { inner, faults: faults.clone() }
    }
}

#[async_trait]
impl BlobStore for FaultyBlobStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        let passage = self.faults.enter(Operation::BlobStorePut).await?;
        let mut body = through(&passage, body, BodyError::Aborted);
        if passage.repeats() {
            let replay = Replay::of(body).await;
            drop(self.inner.put(key, replay.body(), hint).await);
            body = replay.body();
        }
        passage.leave(self.inner.put(key, body, hint).await).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let passage = self.faults.enter(Operation::BlobStoreGet).await?;
        if passage.repeats() {
            drop(self.inner.get(key, range).await);
        }
        let answer = self.inner.get(key, range).await.map(|reader| {
            let error = BodyError::Source("a planned fault".into());
            BlobReader { bytes: through(&passage, reader.bytes, error), ..reader }
        });
        passage.leave(answer).await
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        let passage = self.faults.enter(Operation::BlobStoreHead).await?;
        if passage.repeats() {
            drop(self.inner.head(key).await);
        }
        passage.leave(self.inner.head(key).await).await
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        let passage = self.faults.enter(Operation::BlobStoreDelete).await?;
        if passage.repeats() {
            drop(self.inner.delete(key).await);
        }
        passage.leave(self.inner.delete(key).await).await
    }

    fn limits(&self) -> BlobLimits {
        self.inner.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        let passage = self.faults.enter(Operation::BlobStorePing).await?;
        if passage.repeats() {
            drop(self.inner.ping().await);
        }
        passage.leave(self.inner.ping().await).await
    }
}

/// A lister of a store of bytes with faults.
pub struct FaultyListBlobs {
    inner: Arc<dyn ListBlobs>,
    faults: Faults,
}

impl FaultyListBlobs {
    /// `inner`, with whatever is planned in `faults`.
    #[must_use]
    pub fn new(inner: Arc<dyn ListBlobs>, faults: &Faults) -> Self {
        Self { inner, faults: faults.clone() }
    }
}

#[async_trait]
impl ListBlobs for FaultyListBlobs {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        let passage = self.faults.enter(Operation::ListBlobsList).await?;
        if passage.repeats() {
            drop(self.inner.list(bucket).await);
        }
        let answer = self.inner.list(bucket).await.map(|blobs| {
            if let Some(after) = passage.cut() {
                return truncated(blobs, usize::try_from(after).unwrap_or(usize::MAX));
            }
            match passage.stall() {
                Some(stall) => stalled(blobs, stall),
                None => blobs,
            }
        });
        passage.leave(answer).await
    }
}

/// The first blobs, and then an error, if there are more.
fn truncated(
    blobs: BoxStream<'static, PortResult<ListedBlob>>,
    after: usize,
) -> BoxStream<'static, PortResult<ListedBlob>> {
    stream::unfold((blobs, Some(after)), |(mut blobs, left)| async move {
        let left = left?;
        let blob = blobs.next().await?;
        Some(match left.checked_sub(1) {
            None => (Err(lost(Operation::ListBlobsList)), (blobs, None)),
            left => (blob, (blobs, left)),
        })
    })
    .boxed()
}
