//! Where the bytes of unfinished blobs are.
//!
//! ```text
//! unfinished/<bucket>/<id>/whole-<name>         a blob that is being put, or put together of its pieces
//! unfinished/<bucket>/<id>/<write>/begun        the write is under way
//! unfinished/<bucket>/<id>/<write>/piece-<name> a piece of it
//! ```
//!
//! All of it is in one folder that follows from the key, so that `delete` finds what was cut off. OpenDAL can't write into an
//! object at an offset: each call stores a piece of its own, under a name that no other call uses, so that calls that are
//! late or made twice never change the bytes of others. The pieces are put together when the blob is completed.

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, PutBlob};
use fm_domain::body::{BodyError, ByteSize, ByteStream, PartBytes};
use fm_domain::error::{PortError, PortResult};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use opendal::ErrorKind;
use uuid::Uuid;

use super::{OpendalBlobStore, failed, path};

/// What is stored of the blob `key` until it is whole.
pub(super) fn folder(key: &BlobKey) -> String {
    format!("unfinished/{}/", path(key))
}

/// A place for a blob that is being written, until it has all its bytes.
pub(super) fn whole(key: &BlobKey) -> String {
    format!("{}whole-{}", folder(key), fresh_name())
}

/// A name that no other call of any process gives.
#[expect(clippy::disallowed_methods, reason = "it names an object of this store, and is no id of the domain")]
pub(super) fn fresh_name() -> Uuid {
    Uuid::now_v7()
}

/// One of the writes to a key: an upload that was begun twice has two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Write<'a> {
    pub(super) key: &'a BlobKey,
    pub(super) name: Uuid,
}

impl Write<'_> {
    pub(super) fn folder(&self) -> String {
        format!("{}{}/", folder(self.key), self.name)
    }

    fn mark(&self) -> String {
        format!("{}begun", self.folder())
    }
}

/// The first `length` bytes of an object.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) path: String,
    pub(super) length: u64,
}

/// What a blob is, or why it is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Whole,
    /// It has other bytes than the caller says.
    Mismatch,
    /// It is neither whole nor under way.
    Gone,
}

impl OpendalBlobStore {
    /// Begins a write under a name of its own.
    pub(super) async fn begin_write(&self, key: &BlobKey) -> PortResult<Uuid> {
        self.reach(key.bucket).await?;
        let name = fresh_name();
        self.operator.write(&Write { key, name }.mark(), Bytes::new()).await.map_err(failed)?;
        Ok(name)
    }

    /// Whether the write was begun, and neither completed nor discarded.
    pub(super) async fn is_under_way(&self, write: Write<'_>) -> PortResult<bool> {
        let is_marked = self.size_of(&write.mark()).await?.is_some();
        if !is_marked {
            self.reach(write.key.bucket).await?;
        }
        Ok(is_marked)
    }

    /// Stores a piece of the write; false, and nothing is left of it, when the write is over.
    pub(super) async fn store_piece(
        &self,
        write: Write<'_>,
        path: &str,
        bytes: PartBytes,
    ) -> PortResult<bool> {
        if !self.is_under_way(write).await? {
            return Ok(false);
        }
        let stored = self.write(path, stream_of(bytes)).await;
        stored.map_err(|error| match error {
            PutBlob::Store(error) => error,
            error @ (PutBlob::Body(_) | PutBlob::TooLarge) => PortError::Unexpected(error.into()),
        })?;
        // It may have ended meanwhile, and what is stored after the end would stay for ever.
        if self.is_under_way(write).await? {
            return Ok(true);
        }
        self.remove_folder(&write.folder()).await?;
        Ok(false)
    }

    /// Makes the blob of these pieces, `size` bytes in all, and removes whatever else was written under its key. A blob
    /// that is whole already counts if it has this size.
    pub(super) async fn put_together(
        &self,
        write: Write<'_>,
        pieces: Option<Vec<Piece>>,
        size: ByteSize,
    ) -> PortResult<Outcome> {
        if self.size(write.key).await?.is_some() || !self.is_under_way(write).await? {
            return self.ended(write.key, size).await;
        }
        let Some(pieces) = pieces else { return Ok(Outcome::Mismatch) };
        if pieces.iter().map(|piece| piece.length).sum::<u64>() != size.bytes() {
            return Ok(Outcome::Mismatch);
        }
        let whole = whole(write.key);
        let is_copied = self.copy(pieces, &whole).await?;
        if !self.is_under_way(write).await? {
            self.operator.delete(&whole).await.map_err(failed)?;
            return self.ended(write.key, size).await;
        }
        if !is_copied {
            return Ok(Outcome::Mismatch);
        }
        match self.operator.rename(&whole, &path(write.key)).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            renamed => renamed.map_err(failed)?,
        }
        self.ended(write.key, size).await
    }

    /// What became of a blob whose write is over.
    async fn ended(&self, key: &BlobKey, size: ByteSize) -> PortResult<Outcome> {
        let Some(stored) = self.size(key).await? else { return Ok(Outcome::Gone) };
        self.remove_folder(&folder(key)).await?;
        Ok(if stored == size { Outcome::Whole } else { Outcome::Mismatch })
    }

    /// Copies the pieces one behind the other, a chunk at a time; false when one of them is not there.
    async fn copy(&self, pieces: Vec<Piece>, to: &str) -> PortResult<bool> {
        for piece in &pieces {
            if self.size_of(&piece.path).await?.is_none_or(|size| size < piece.length) {
                return Ok(false);
            }
        }
        let mut writer = self.operator.writer(to).await.map_err(failed)?;
        for piece in pieces {
            let mut bytes = self.read(&piece.path, 0..piece.length).await?;
            while let Some(chunk) = bytes.try_next().await.map_err(unread)? {
                writer.write(chunk).await.map_err(failed)?;
            }
        }
        writer.close().await.map_err(failed)?;
        Ok(true)
    }

    /// Removes a folder with all that is in it, if it is there.
    pub(super) async fn remove_folder(&self, folder: &str) -> PortResult<()> {
        match self.operator.delete_with(folder).recursive(true).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(failed),
        }
    }
}

/// A piece that can't be read.
pub(super) fn unread(error: BodyError) -> PortError {
    PortError::Unavailable(error.into())
}

/// Bytes that are held already.
pub(super) fn stream_of(bytes: PartBytes) -> ByteStream {
    stream::iter(bytes.into_pieces().into_iter().map(Ok)).boxed()
}
