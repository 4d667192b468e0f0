//! A store that writes at offsets, and whose nodes do not tell each other of fences, or look at none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fm_domain::blobs::{BlobKey, PutBlob, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Epoch, Position, ResumableStore, WriteState,
};
use fm_memory::MemoryBlobStore;

/// One node.
#[derive(Clone)]
pub(super) struct Fenced {
    pub(super) blobs: MemoryBlobStore,
    /// The highest fence of each blob; `None` admits every one.
    highest: Option<Arc<Mutex<HashMap<BlobKey, Epoch>>>>,
}

impl Fenced {
    pub(super) fn on(blobs: MemoryBlobStore) -> Self {
        Self { blobs, highest: Some(Arc::default()) }
    }

    pub(super) fn without_fences(blobs: MemoryBlobStore) -> Self {
        Self { blobs, highest: None }
    }

    /// The position without its fence, if this node saw no higher one.
    fn admitted(&self, key: &BlobKey, position: &Position) -> Option<Position> {
        if let Some(highest) = &self.highest {
            let mut highest = highest.lock().unwrap();
            let highest = highest.entry(*key).or_insert(Epoch::FIRST);
            if position.fence < *highest {
                return None;
            }
            *highest = position.fence;
        }
        Some(Position { fence: Epoch::FIRST, ..position.clone() })
    }
}

#[async_trait]
impl ResumableStore for Fenced {
    fn append_hints(&self) -> AppendHints {
        self.blobs.append_hints()
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> {
        ResumableStore::begin(&self.blobs, key, content_type).await
    }

    fn read_back(&self, state: &WriteState) -> ByteSize {
        self.blobs.read_back(state)
    }

    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        let position = self.admitted(key, position).ok_or(AppendError::Gone)?;
        self.blobs.append(key, &position, chunk).await
    }

    async fn sync(&self, key: &BlobKey) -> PortResult<()> {
        ResumableStore::sync(&self.blobs, key).await
    }

    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        self.blobs.rewind(counted, reached)
    }

    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        self.blobs.prune(key, before, after).await
    }

    async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()> {
        self.blobs.abort(key, begun).await
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        let position = self.admitted(key, position).ok_or(CompleteError::Gone)?;
        ResumableStore::complete(&self.blobs, key, &position).await
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob> {
        self.blobs.put_bytes(key, bytes, content_type).await
    }
}
