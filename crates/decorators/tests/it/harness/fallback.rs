//! Harnesses of two stores as one. With `BEFORE` everything is written to the previous store, as before the current one was
//! chosen, and read, listed, continued and deleted through both.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{BlobStoreHarness, Impossible, ResumableHarness};
use fm_decorators::{FallbackLister, FallbackResumable, FallbackStore};
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, GetBlob, ListBlobs, PutBlob, PutHint,
    StoredBlob,
};
use fm_domain::body::{ByteSize, ByteStream, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};
use fm_streaming::BufferBudget;

/// Two stores of `H` as one.
pub(crate) struct Fallback<H, const BEFORE: bool> {
    current: H,
    previous: H,
}

/// Both stores, of which the previous one takes what is put.
struct PutBefore {
    both: FallbackStore,
    previous: Arc<dyn BlobStore>,
}

#[async_trait]
impl BlobStore for PutBefore {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.previous.put(key, body, hint).await
    }
    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        self.both.get(key, range).await
    }
    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.both.head(key).await
    }
    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.both.delete(key).await
    }
    fn limits(&self) -> BlobLimits {
        self.both.limits()
    }
    async fn ping(&self) -> PortResult<()> {
        self.both.ping().await
    }
}

/// Both stores, of which the previous one begins what is written by many requests.
struct BegunBefore {
    both: FallbackResumable,
    previous: Arc<dyn ResumableStore>,
}

#[async_trait]
impl ResumableStore for BegunBefore {
    fn append_hints(&self) -> AppendHints {
        self.both.append_hints()
    }
    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> {
        self.previous.begin(key, content_type).await
    }
    fn read_back(&self, state: &WriteState) -> ByteSize {
        self.both.read_back(state)
    }
    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        self.both.append(key, position, chunk).await
    }
    async fn sync(&self, key: &BlobKey) -> PortResult<()> {
        self.both.sync(key).await
    }
    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        self.both.rewind(counted, reached)
    }
    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        self.both.prune(key, before, after).await
    }
    async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()> {
        self.previous.abort(key, begun).await
    }
    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        self.both.complete(key, position).await
    }
    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob> {
        self.previous.put_bytes(key, bytes, content_type).await
    }
}

fn both(before: bool, current: Arc<dyn BlobStore>, previous: Arc<dyn BlobStore>) -> Arc<dyn BlobStore> {
    let both = FallbackStore::new(current, Arc::clone(&previous));
    if before { Arc::new(PutBefore { both, previous }) } else { Arc::new(both) }
}

#[async_trait]
impl<H: BlobStoreHarness, const BEFORE: bool> BlobStoreHarness for Fallback<H, BEFORE> {
    async fn fresh() -> Self {
        Self { current: H::fresh().await, previous: H::fresh().await }
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        both(BEFORE, self.current.blobs(), self.previous.blobs())
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        let (current, previous) = (self.current.lister()?, self.previous.lister()?);
        Some(Arc::new(FallbackLister::new(current, previous, self.previous.blobs())))
    }

    fn budget(&self) -> Option<BufferBudget> {
        self.current.budget()
    }

    fn part_size(&self) -> usize {
        self.current.part_size()
    }

    async fn debris(&self) -> usize {
        self.current.debris().await + self.previous.debris().await
    }

    async fn stored_bytes(&self) -> Result<u64, Impossible> {
        Ok(self.current.stored_bytes().await? + self.previous.stored_bytes().await?)
    }

    fn held_at_most(&self) -> Result<usize, Impossible> {
        self.current.held_at_most()
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        if BEFORE { self.previous.truncate(key).await } else { self.current.truncate(key).await }
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Ok(both(BEFORE, self.current.another_node().await?, self.previous.another_node().await?))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.current.break_it().await?;
        self.previous.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        let (current, previous) =
            (self.current.with_wrong_credentials()?, self.previous.with_wrong_credentials()?);
        Ok(both(BEFORE, current, previous))
    }
}

#[async_trait]
impl<H: ResumableHarness, const BEFORE: bool> ResumableHarness for Fallback<H, BEFORE> {
    async fn fresh() -> Self {
        Self { current: H::fresh().await, previous: H::fresh().await }
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        both(BEFORE, self.current.blobs(), self.previous.blobs())
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        let (current, previous) = (self.current.store(), self.previous.store());
        let both = FallbackResumable::new(current, Arc::clone(&previous));
        if BEFORE { Arc::new(BegunBefore { both, previous }) } else { Arc::new(both) }
    }

    async fn debris(&self) -> usize {
        self.current.debris().await + self.previous.debris().await
    }
}
