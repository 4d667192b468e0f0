//! Blobs of many requests: each append is a piece of its own, and the state is the list of those that count.

use async_trait::async_trait;
use fm_domain::blobs::{BlobKey, BlobStore as _, PutBlob, PutHint, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::pieces::{Appended, LEAST, Pieces};
use super::unfinished::{Outcome, Piece, Write, fresh_name, stream_of, unread};
use super::{OpendalBlobStore, failed};

/// How large the pieces of a fast upload are.
const PREFERRED: u64 = 8 * 1024 * 1024;

fn place(write: Write<'_>, piece: Uuid) -> String {
    format!("{}piece-{piece}", write.folder())
}

impl OpendalBlobStore {
    /// The bytes of a small piece, to be stored again; `None` when they were pruned or the write is over.
    async fn read_small(&self, write: Write<'_>, piece: Appended) -> PortResult<Option<PartBytes>> {
        let path = place(write, piece.name);
        if self.size_of(&path).await? != Some(piece.length) {
            return Ok(None);
        }
        let mut bytes = PartBytes::new();
        let mut stream = self.read(&path, 0..piece.length).await?;
        while let Some(chunk) = stream.try_next().await.map_err(unread)? {
            bytes.push(chunk);
        }
        Ok(Some(bytes))
    }
}

#[async_trait]
impl ResumableStore for OpendalBlobStore {
    fn append_hints(&self) -> AppendHints {
        AppendHints { least: ByteSize::new(LEAST), preferred: ByteSize::new(PREFERRED), pipelined: false }
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteState> {
        Ok(Pieces::none_of(self.begin_write(key).await?).write())
    }

    fn read_back(&self, state: &WriteState) -> ByteSize {
        let small = Pieces::read(state).ok().and_then(|pieces| pieces.small());
        ByteSize::new(small.map_or(0, |piece| piece.length))
    }

    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        let mut pieces = Pieces::read(&position.state)?;
        let write = Write { key, name: pieces.write };
        let mut bytes = PartBytes::new();
        if let Some(small) = pieces.small() {
            // Of a writer that was shut out it may have been pruned.
            bytes = self.read_small(write, small).await?.ok_or(AppendError::Gone)?;
            pieces.appended.pop();
        }
        bytes.append(chunk.bytes);
        let piece = Appended { name: fresh_name(), length: bytes.len() as u64 };
        if !self.store_piece(write, &place(write, piece.name), bytes).await? {
            return Err(AppendError::Gone);
        }
        pieces.appended.push(piece);
        Ok(pieces.write())
    }

    async fn sync(&self, _key: &BlobKey) -> PortResult<()> {
        // OpenDAL syncs each piece when it closes it.
        Ok(())
    }

    fn rewind(&self, counted: &WriteState, _reached: &WriteState) -> WriteState {
        // No two appends share a name: what does not count is not in the list, and can't be mixed up with what is.
        counted.clone()
    }

    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        let (before, after) = (Pieces::read(before)?, Pieces::read(after)?);
        let write = Write { key, name: before.write };
        for piece in before.appended.iter().filter(|piece| !after.appended.contains(piece)) {
            self.operator.delete(&place(write, piece.name)).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()> {
        let name = Pieces::read(begun)?.write;
        self.remove_folder(&Write { key, name }.folder()).await
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        let state = Pieces::read(&position.state)?;
        let write = Write { key, name: state.write };
        let pieces = state.appended.iter();
        let pieces = pieces.map(|piece| Piece { path: place(write, piece.name), length: piece.length });
        match self.put_together(write, Some(pieces.collect()), position.offset).await? {
            Outcome::Whole => Ok(StoredBlob { size: position.offset }),
            Outcome::Mismatch => Err(CompleteError::Incomplete),
            Outcome::Gone => Err(CompleteError::Gone),
        }
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob> {
        let length = Some(ByteSize::new(bytes.len() as u64));
        let hint = PutHint { owner: None, length, content_type: content_type.clone() };
        self.put(key, stream_of(bytes), &hint).await
    }
}
