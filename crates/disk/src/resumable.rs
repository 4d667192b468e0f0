//! Blobs that grow at their end, by many requests: positioned writes to one file.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{BlobKey, PutBlob, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};

use crate::error::blocking;
use crate::put;
use crate::store::DiskBlobStore;
use crate::upload::{self, Completed, Place};

const HINTS: AppendHints =
    AppendHints { least: ByteSize::new(1), preferred: ByteSize::new(1024 * 1024), pipelined: true };

/// The state is always empty: the file and its fence are found by the key, and the offset says all else.
#[async_trait]
impl ResumableStore for DiskBlobStore {
    fn append_hints(&self) -> AppendHints {
        HINTS
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteState> {
        let (layout, key) = (Arc::clone(&self.layout), *key);
        blocking(move || upload::begin(&layout, &key)).await?;
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
        let place = Place { offset: position.offset, fence: position.fence.number(), is_in_order: true };
        let (layout, key) = (Arc::clone(&self.layout), *key);
        let is_written = blocking(move || upload::write(&layout, &key, place, &chunk.bytes)).await?;
        if is_written { Ok(WriteState::default()) } else { Err(AppendError::Gone) }
    }

    async fn sync(&self, key: &BlobKey) -> PortResult<()> {
        let (layout, key) = (Arc::clone(&self.layout), *key);
        blocking(move || upload::sync_written(&layout, &key)).await
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
        let (layout, key, size) = (Arc::clone(&self.layout), *key, position.offset);
        let fence = position.fence.number();
        match blocking(move || upload::complete(&layout, &key, fence, size)).await? {
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
        Ok(put::put_bytes(&self.layout, *key, bytes).await?)
    }
}
