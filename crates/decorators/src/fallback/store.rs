//! The store of bytes.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, GetBlob, PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::ByteStream;
use fm_domain::error::PortResult;
use futures_util::future::{join, try_join};

/// Writes to the current store alone, reads from the current one and then the previous one, deletes from both.
///
/// A blob that neither has may have been moved between the two questions, so the current store is asked once more.
pub struct FallbackStore {
    current: Arc<dyn BlobStore>,
    previous: Arc<dyn BlobStore>,
}

impl FallbackStore {
    /// Both stores as one.
    #[must_use]
    pub fn new(current: Arc<dyn BlobStore>, previous: Arc<dyn BlobStore>) -> Self {
        Self { current, previous }
    }

    fn in_turn(&self) -> [&dyn BlobStore; 3] {
        [self.current.as_ref(), self.previous.as_ref(), self.current.as_ref()]
    }
}

#[async_trait]
impl BlobStore for FallbackStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.current.put(key, body, hint).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        for store in self.in_turn() {
            match store.get(key, range).await {
                Err(GetBlob::NotFound) => {}
                answer => return answer,
            }
        }
        Err(GetBlob::NotFound)
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        for store in self.in_turn() {
            if let Some(head) = store.head(key).await? {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    /// One store that is out of reach keeps nothing in the other.
    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        let (current, previous) = join(self.current.delete(key), self.previous.delete(key)).await;
        current.and(previous)
    }

    fn limits(&self) -> BlobLimits {
        self.current.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        try_join(self.current.ping(), self.previous.ping()).await.map(drop)
    }
}
