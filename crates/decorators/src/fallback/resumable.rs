//! Blobs that are written over many requests.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{BlobKey, PutBlob, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};

/// Begins blobs in the current store, and goes on in the previous one with those that were begun there.
///
/// States don't say whose they are. The current store is asked first; where it has no such write, or can't read its state, the
/// previous one is. A store leaves nothing of a chunk for a write that it does not have (RESUME-07).
pub struct FallbackResumable {
    current: Arc<dyn ResumableStore>,
    previous: Arc<dyn ResumableStore>,
}

impl FallbackResumable {
    /// Both stores as one.
    #[must_use]
    pub fn new(current: Arc<dyn ResumableStore>, previous: Arc<dyn ResumableStore>) -> Self {
        Self { current, previous }
    }
}

/// Whether a store failed because a state is none of its own.
fn is_foreign(error: &PortError) -> bool {
    matches!(error, PortError::Corrupt { .. })
}

/// What the previous store answers where the current one can't read a state.
async fn own_or<F: Future<Output = PortResult<()>>>(
    current: PortResult<()>,
    previous: impl FnOnce() -> F,
) -> PortResult<()> {
    match current {
        Err(error) if is_foreign(&error) => previous().await,
        answer => answer,
    }
}

#[async_trait]
impl ResumableStore for FallbackResumable {
    fn append_hints(&self) -> AppendHints {
        self.current.append_hints()
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> {
        self.current.begin(key, content_type).await
    }

    /// Whichever store goes on.
    fn read_back(&self, state: &WriteState) -> ByteSize {
        self.current.read_back(state).max(self.previous.read_back(state))
    }

    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        match self.current.append(key, position, chunk.clone()).await {
            Err(AppendError::Gone) => {}
            Err(AppendError::Store(error)) if is_foreign(&error) => {}
            answer => return answer,
        }
        match self.previous.append(key, position, chunk).await {
            // The current store did not have it either.
            Err(AppendError::Store(error)) if is_foreign(&error) => Err(AppendError::Gone),
            answer => answer,
        }
    }

    async fn sync(&self, key: &BlobKey) -> PortResult<()> {
        self.current.sync(key).await?;
        self.previous.sync(key).await
    }

    /// A store that can't read a state gives back an empty one or the state itself: any other answer is by the one that can.
    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        let answers = [self.current.rewind(counted, reached), self.previous.rewind(counted, reached)];
        let is_own = |state: &WriteState| *state != WriteState::default() && state != counted;
        answers.into_iter().find(is_own).unwrap_or_else(|| counted.clone())
    }

    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        let pruned = self.current.prune(key, before, after).await;
        own_or(pruned, || self.previous.prune(key, before, after)).await
    }

    /// A write is aborted by the process that began it, in the current store.
    async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()> {
        self.current.abort(key, begun).await
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        match self.current.complete(key, position).await {
            Err(CompleteError::Gone) => {}
            Err(CompleteError::Store(error)) if is_foreign(&error) => {}
            answer => return answer,
        }
        match self.previous.complete(key, position).await {
            Err(CompleteError::Store(error)) if is_foreign(&error) => Err(CompleteError::Gone),
            answer => answer,
        }
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob> {
        self.current.put_bytes(key, bytes, content_type).await
    }
}
