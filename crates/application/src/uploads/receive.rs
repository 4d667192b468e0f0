//! The body of one request on its way to the store: read, hashed, appended and saved, chunk by chunk.
//!
//! A chunk is appended, and hashed on another thread, while the next one is read, where the store gains by that. After
//! each checkpoint the database knows how far the upload is, with the state of the hash and that of the store.

use fm_domain::blobs::BlobKey;
use fm_domain::body::{BodyError, ByteSize, ByteStream, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::uploads::{AppendError, ChecksumHasher, Chunk, ResumableStore, Upload, WriteState};
use fm_streaming::ReadOutcome;
use fm_streaming::hashing::{Digests, OffloadedHasher};
use futures_util::future::{BoxFuture, try_join};

use super::append::AppendRequest;
use super::checkpoint::Checkpoints;
use super::chunks::{ChunkBounds, ChunkSource, ReadChunk};
use super::complete::{StoredUpload, commit_upload, defect, store_fresh_blob};
use super::context::Context;
use super::{ResumableError, content_type, look_at_head};
use crate::engine::quota::quota_left;
use crate::tree::Placed;

/// An append that is not waited for yet. Dropped, its bytes may still reach the store, as those of a process that was
/// killed may: the fence, or the next state, shuts them out.
type Append<'a> = BoxFuture<'a, Result<WriteState, ResumableError>>;

/// Receives one request's body.
pub(super) struct Receiver<'a> {
    context: &'a Context,
    store: &'a dyn ResumableStore,
    /// The upload in memory; the checkpoints know what the database has of it.
    upload: Upload,
    body_length: Option<ByteSize>,
    hasher: OffloadedHasher,
    /// Whether the body has a checksum that was not compared yet: until then none of its bytes count.
    is_unchecked: bool,
    /// Whether an append may still be on its way to the store.
    is_appending: bool,
    checkpoints: Checkpoints<'a>,
}

impl<'a> Receiver<'a> {
    pub(super) fn new(
        context: &'a Context,
        store: &'a dyn ResumableStore,
        upload: Upload,
        request: &AppendRequest,
    ) -> Self {
        let digests = Digests {
            whole: upload.hash.clone(),
            checksum: request.checksum.as_ref().map(ChecksumHasher::expecting),
            charset: upload.whole_charset_check().cloned(),
        };
        Self {
            context,
            store,
            body_length: request.body_length,
            is_unchecked: digests.checksum.is_some(),
            is_appending: false,
            hasher: OffloadedHasher::new(&context.hash_threads, digests),
            checkpoints: Checkpoints::new(context, store, upload.clone()),
            upload,
        }
    }

    /// The upload after the body.
    pub(super) fn into_upload(self) -> Upload {
        self.upload
    }

    /// After an error: bytes that were not saved are lost, and the next request finds the upload free, unless it has it
    /// already.
    pub(super) async fn release(&mut self, error: &ResumableError) -> Result<(), ResumableError> {
        self.checkpoints.release(&self.upload, error, !self.is_appending).await
    }

    /// Receives the body to its end. The file, where the whole upload fitted into one chunk.
    pub(super) async fn receive(&mut self, body: ByteStream) -> Result<Option<Placed>, ResumableError> {
        let Self { context, store, .. } = *self;
        let mut source =
            ChunkSource::new(body, self.body_length, store.append_hints(), &context.budget, &context.pool);
        let mut append: Option<Append<'a>> = None;
        loop {
            let bounds = self.bounds().await?;
            let read = async { Ok::<_, ResumableError>(source.next(&self.upload, bounds).await?) };
            let (appended, chunk) = try_join(finish(append.take()), read).await?;
            self.appended(appended);
            let ReadChunk { bytes, outcome, permit } = chunk;
            self.refuse_broken(&outcome)?;
            let is_end = outcome != ReadOutcome::Full;
            let offset = self.upload.offset;
            self.count(&bytes);
            self.hasher.update(&bytes).await?;
            if is_end && self.is_unchecked {
                self.check().await?;
            }
            if self.upload.is_whole() && self.upload.state.is_none() {
                return self.store_at_once(bytes).await.map(Some);
            }
            if !bytes.is_empty() {
                append = Some(self.append(bytes, offset).await?);
            }
            // Whatever is saved below tells of this chunk too.
            let saves = is_end || self.checkpoints.is_due() || self.checkpoints.has_new_state(&self.upload);
            if saves || !store.append_hints().pipelined {
                self.appended(finish(append.take()).await?);
            }
            drop(permit);
            self.save_if_due(is_end).await?;
            if source.should_yield() {
                self.appended(finish(append.take()).await?);
                self.hasher.digests().await?;
                source.yield_memory();
            }
            match outcome {
                ReadOutcome::Full => {}
                ReadOutcome::Ended => return Ok(None),
                ReadOutcome::Broken(error) => return Err(error.into()),
            }
        }
    }

    async fn bounds(&self) -> Result<ChunkBounds, ResumableError> {
        let limit = match self.upload.length {
            Some(length) => length,
            None => self.limit().await?,
        };
        let read_back =
            self.upload.state.as_ref().map_or(ByteSize::ZERO, |state| self.store.read_back(state));
        Ok(ChunkBounds {
            limit,
            cap: self.context.max,
            read_back: read_back.bytes(),
            unsaved: self.checkpoints.unsaved(),
        })
    }

    /// How long an upload may become whose length is not known: by its cap, and by the quota.
    async fn limit(&self) -> Result<ByteSize, ResumableError> {
        let Context { db, quota, max, .. } = self.context;
        // Most users have no quota then; where one has, the next checkpoint reserves what was received, and decides.
        if quota.is_none() {
            return Ok(*max);
        }
        let own = self.upload.reserved.bytes();
        match quota_left(db.as_ref(), *quota, self.upload.owner, own).await? {
            None => Ok(*max),
            Some(left) if left <= self.upload.offset => Err(ResumableError::QuotaExceeded),
            Some(left) => Ok(left.min(*max)),
        }
    }

    /// A body that broke off can't be checked any more, and of one that is too long nothing counts.
    fn refuse_broken(&self, outcome: &ReadOutcome) -> Result<(), ResumableError> {
        match outcome {
            ReadOutcome::Broken(error) if self.is_unchecked => Err(error.clone().into()),
            ReadOutcome::Broken(error @ (BodyError::TooLarge { .. } | BodyError::QuotaExceeded)) => {
                Err(error.clone().into())
            }
            ReadOutcome::Full | ReadOutcome::Ended | ReadOutcome::Broken(_) => Ok(()),
        }
    }

    fn count(&mut self, bytes: &PartBytes) {
        for piece in bytes.pieces() {
            look_at_head(&mut self.upload, piece);
            self.upload.offset = ByteSize::new(self.upload.offset.bytes() + piece.len() as u64);
        }
        self.checkpoints.count(bytes.len() as u64);
    }

    /// Compares the checksum: all bytes are there.
    async fn check(&mut self) -> Result<(), ResumableError> {
        let checksum = self.hasher.digests().await?.checksum.take();
        self.is_unchecked = false;
        if checksum.is_none_or(ChecksumHasher::matches) {
            Ok(())
        } else {
            Err(ResumableError::ChecksumMismatch)
        }
    }

    /// All bytes are in memory, and the store has none yet: they become a blob at once.
    async fn store_at_once(&mut self, bytes: PartBytes) -> Result<Placed, ResumableError> {
        let Self { context, store, .. } = *self;
        self.take_digests().await?;
        let content_type = content_type(&self.upload);
        let sha256 = Some(self.upload.hash.finish());
        let safe = content_type.safe();
        let put = async |key| Ok(store.put_bytes(&key, bytes, &safe).await?);
        let (intent, stored) = store_fresh_blob(context, self.upload.owner, self.upload.offset, put).await?;
        let whole = StoredUpload { blob: intent.key.id, stored, content_type, sha256 };
        match commit_upload(context, &self.upload, &whole).await {
            Ok(placed) => Ok(placed),
            Err(error) => {
                context.intents.cancel(&intent).await;
                Err(error)
            }
        }
    }

    /// Brings what is known of the bytes into the upload.
    async fn take_digests(&mut self) -> PortResult<()> {
        let digests = self.hasher.digests().await?;
        self.upload.hash = digests.whole.clone();
        self.upload.charset_check.clone_from(&digests.charset);
        Ok(())
    }

    /// Begins to append a chunk that starts at `offset`.
    async fn append(&mut self, bytes: PartBytes, offset: ByteSize) -> Result<Append<'a>, ResumableError> {
        self.begin().await?;
        let store = self.store;
        let key = BlobKey::file(self.upload.blob);
        let Some(mut position) = self.upload.position() else {
            return Err(defect("an upload that was begun has no state").into());
        };
        position.offset = offset;
        let chunk = Chunk { bytes, is_last: self.upload.is_whole() };
        self.is_appending = true;
        Ok(Box::pin(async move { Ok(store.append(&key, &position, chunk).await?) }))
    }

    /// Begins the blob before its first append, and saves that it was.
    async fn begin(&mut self) -> Result<(), ResumableError> {
        if self.upload.state.is_none() {
            let key = BlobKey::file(self.upload.blob);
            let state = self.store.begin(&key, &content_type(&self.upload).safe()).await?;
            self.upload.state = Some(state.clone());
            self.checkpoints.save_begun(state).await?;
        }
        Ok(())
    }

    fn appended(&mut self, state: Option<WriteState>) {
        if state.is_some() {
            self.upload.state = state;
            self.is_appending = false;
        }
    }

    async fn save_if_due(&mut self, is_end: bool) -> Result<(), ResumableError> {
        if self.is_unchecked {
            return self.checkpoints.save_uncounted(&self.upload).await;
        }
        if is_end || self.checkpoints.is_due() || self.checkpoints.has_new_state(&self.upload) {
            if self.upload.state.is_some() {
                self.store.sync(&BlobKey::file(self.upload.blob)).await?;
            }
            self.take_digests().await?;
            self.checkpoints.save(&mut self.upload, is_end).await?;
        }
        Ok(())
    }
}

/// Waits for an append, if there is one; the state after it.
async fn finish(append: Option<Append<'_>>) -> Result<Option<WriteState>, ResumableError> {
    match append {
        Some(append) => append.await.map(Some),
        None => Ok(None),
    }
}

impl From<AppendError> for ResumableError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Gone => Self::TAKEN_OVER,
            AppendError::TooLarge => Self::TooLargeForStore,
            AppendError::Store(error) => Self::Store(error),
        }
    }
}

#[cfg(test)]
mod tests;
