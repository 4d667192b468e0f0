//! Blobs that grow at their end, by many requests.

use async_trait::async_trait;
use fm_domain::blobs::{BlobKey, PutBlob, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};

use crate::blob_store::MemoryBlobStore;
use crate::unfinished::Completed;

const HINTS: AppendHints =
    AppendHints { least: ByteSize::new(1), preferred: ByteSize::new(1024 * 1024), pipelined: true };

/// The state is always empty: the key and the offset say all.
#[async_trait]
impl ResumableStore for MemoryBlobStore {
    fn append_hints(&self) -> AppendHints {
        HINTS
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteState> {
        self.begin_writing(key);
        Ok(WriteState::default())
    }

    fn read_back(&self, _state: &WriteState) -> ByteSize {
        ByteSize::ZERO
    }

    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        if self.write_at(key, position.offset, position.fence.number(), &chunk.bytes)? {
            Ok(WriteState::default())
        } else {
            Err(AppendError::Gone)
        }
    }

    async fn sync(&self, _key: &BlobKey) -> PortResult<()> {
        Ok(())
    }

    /// The fence keeps an append out that is still on its way, and those that came lie behind the offset.
    fn rewind(&self, counted: &WriteState, _reached: &WriteState) -> WriteState {
        counted.clone()
    }

    async fn prune(&self, _key: &BlobKey, _before: &WriteState, _after: &WriteState) -> PortResult<()> {
        Ok(())
    }

    async fn abort(&self, _key: &BlobKey, _begun: &WriteState) -> PortResult<()> {
        Ok(())
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        let size = position.offset;
        match self.complete_writing(key, position.fence.number(), size)? {
            Completed::Whole => Ok(StoredBlob { size }),
            Completed::Mismatch => Err(CompleteError::Incomplete),
            Completed::Gone => Err(CompleteError::Gone),
        }
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        _content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob> {
        Ok(self.store_bytes(key, &bytes))
    }
}
