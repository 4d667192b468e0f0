//! A store that asks for small chunks, on any other.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{BlobKey, PutBlob, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};

/// How large a chunk is in scenarios: an upload of a few thousand bytes takes several.
pub(super) const CHUNK: ByteSize = ByteSize::new(1000);

/// Changes nothing but the preferred size. A store that asks for more than `CHUNK` at least is given what it asks for: it
/// reads back as much as that, and a caller makes room for it by smaller chunks. What it is given in scenarios are then
/// single chunks that are too small for it.
pub(super) struct SmallChunks(pub(super) Arc<dyn ResumableStore>);

#[async_trait]
impl ResumableStore for SmallChunks {
    fn append_hints(&self) -> AppendHints {
        let hints = self.0.append_hints();
        AppendHints { preferred: CHUNK.max(hints.least), ..hints }
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> {
        self.0.begin(key, content_type).await
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
        self.0.append(key, position, chunk).await
    }

    async fn sync(&self, key: &BlobKey) -> PortResult<()> {
        self.0.sync(key).await
    }

    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        self.0.rewind(counted, reached)
    }

    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        self.0.prune(key, before, after).await
    }

    async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()> {
        self.0.abort(key, begun).await
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        self.0.complete(key, position).await
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob> {
        self.0.put_bytes(key, bytes, content_type).await
    }
}
