//! A store that writes at offsets and looks at no fence.

use async_trait::async_trait;
use fm_domain::blobs::{BlobKey, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Epoch, Position, ResumableStore, WriteState,
};
use fm_memory::MemoryBlobStore;

/// A store that writes at offsets and does not look at fences.
pub(super) struct Unfenced(pub(super) MemoryBlobStore);

#[async_trait]
impl ResumableStore for Unfenced {
    fn append_hints(&self) -> AppendHints {
        self.0.append_hints()
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> {
        ResumableStore::begin(&self.0, key, content_type).await
    }

    fn read_back(&self, state: &WriteState) -> ByteSize {
        self.0.read_back(state)
    }

    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        let position = Position { fence: Epoch::FIRST, ..position.clone() };
        self.0.append(key, &position, chunk).await
    }

    async fn sync(&self, key: &BlobKey) -> PortResult<()> {
        ResumableStore::sync(&self.0, key).await
    }

    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        self.0.rewind(counted, reached)
    }

    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        self.0.prune(key, before, after).await
    }

    async fn abort(&self, _key: &BlobKey, _begun: &WriteState) -> PortResult<()> {
        Ok(())
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        ResumableStore::complete(&self.0, key, position).await
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> PortResult<StoredBlob> {
        self.0.put_bytes(key, bytes, content_type).await
    }
}
