//! Blobs that are written over many requests: an upload of the server's, and what is too little for a part of it.

use async_trait::async_trait;
use fm_domain::blobs::{BlobKey, CompleteParts, PutBlob, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::{PortResult, chain};
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};

use futures_util::future::{join, join_all};

use crate::failure::Failure;
use crate::multipart::named;
use crate::parts::{MOST_PARTS, PART};
use crate::store::{S3BlobStore, Shared};
use crate::write_state::{Pending, Progress, SentPart};

const HINTS: AppendHints = AppendHints {
    least: ByteSize::new(PART as u64),
    preferred: ByteSize::new(PART as u64),
    // Two chunks in memory would halve the number of uploads that the budget has room for.
    pipelined: false,
};

/// So many incomplete parts become one before another is added, which bounds the requests that read them back.
const MOST_PENDING: usize = 32;

#[async_trait]
impl ResumableStore for S3BlobStore {
    fn append_hints(&self) -> AppendHints {
        HINTS
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> {
        Progress::begun(self.shared.create_upload(key, content_type).await?).to_state()
    }

    /// Less than a part.
    fn read_back(&self, state: &WriteState) -> ByteSize {
        // A state that can't be read fails the call that comes next.
        ByteSize::new(Progress::parse(state).map_or(0, |progress| progress.pending_bytes()))
    }

    /// Ignores fences: the state of a writer that was shut out is not saved, and names objects that no other state
    /// names.
    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        let progress = Progress::parse(&position.state)?;
        Ok(self.shared.append(key, progress, chunk).await?.to_state()?)
    }

    /// What was answered is durable.
    async fn sync(&self, _key: &BlobKey) -> PortResult<()> {
        Ok(())
    }

    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        let rewound = Progress::parse(counted)
            .and_then(|counted| counted.rewound(&Progress::parse(reached)?).to_state());
        // A state that can't be read fails the call that comes next.
        rewound.unwrap_or_else(|_corrupt| WriteState::default())
    }

    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        let (before, after) = (Progress::parse(before)?, Progress::parse(after)?);
        self.shared.prune_incomplete(key, &before, &after).await
    }

    async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()> {
        self.shared.abort(key, &Progress::parse(begun)?.upload).await
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        let progress = Progress::parse(&position.state)?;
        let size = position.offset;
        if progress.bytes() != size.bytes() {
            return Err(CompleteError::Incomplete);
        }
        let failure = self.shared.finish(key, &progress).await.err();
        let is_repeated = failure.is_some();
        self.shared.outcome(key, size.bytes(), failure).await.map_err(refused)?;
        // What is not removed now stays as long as the blob: only the deletion of the blob looks for it again.
        let others = self.shared.abort_all(key).await?;
        if is_repeated || others > 0 || progress.had_pending() {
            self.shared.remove_all_incomplete(key).await?;
        }
        Ok(StoredBlob { size })
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob> {
        self.shared.put_bytes(key, bytes, content_type).await
    }
}

impl Shared {
    /// Sends what makes a part, together with the incomplete parts before it, and keeps the rest as another of those.
    async fn append(
        &self,
        key: &BlobKey,
        mut progress: Progress,
        chunk: Chunk,
    ) -> Result<Progress, AppendError> {
        self.clear_uncounted(key, &mut progress).await;
        let length = chunk.bytes.len() as u64;
        let pending = progress.pending_bytes() + length;
        let is_part = chunk.is_last || pending >= PART as u64;
        if is_part {
            let bytes = self.behind_pending(key, &progress, chunk.bytes).await.map_err(gone)?;
            let sent = self.send_part(key, &progress, bytes).await.map_err(gone)?;
            progress.add(sent);
            return Ok(progress);
        }
        if progress.pending.len() < MOST_PENDING {
            self.put_incomplete(key, &progress, chunk.bytes).await?;
            progress.pending.push(Pending(progress.next_pending, length));
        } else {
            let bytes = self.behind_pending(key, &progress, chunk.bytes).await.map_err(gone)?;
            self.put_incomplete(key, &progress, bytes).await?;
            progress.pending = vec![Pending(progress.next_pending, pending)];
        }
        progress.next_pending = progress.next_pending.saturating_add(1);
        Ok(progress)
    }

    /// The pending bytes, and behind them these.
    async fn behind_pending(
        &self,
        key: &BlobKey,
        progress: &Progress,
        bytes: PartBytes,
    ) -> Result<PartBytes, Failure> {
        let mut all = self.read_incomplete(key, progress).await?;
        all.append(bytes);
        Ok(all)
    }

    /// Frees what appends that do not count have left and no later one takes the place of, all at once. What fails is tried again with the
    /// next append, and is gone with the upload.
    async fn clear_uncounted(&self, key: &BlobKey, progress: &mut Progress) {
        let (clearable, removable) = (progress.clearable(), progress.removable());
        let state = &*progress;
        let empty =
            clearable.iter().map(|number| self.upload_part(key, &state.upload, *number, PartBytes::new()));
        let remove = removable.iter().map(|number| self.remove_incomplete(key, state, *number));
        let (emptied, removed) = join(join_all(empty), join_all(remove)).await;
        for (number, outcome) in clearable.into_iter().zip(emptied) {
            match outcome {
                Ok(_tag) => progress.emptied(number),
                // It takes no empty part (Garage): what it has goes with the upload.
                Err(failure) if failure.is_mismatch() => progress.emptied(number),
                Err(failure) => tracing::info!(blob.id = %key, error = %failure, "a part is not emptied yet"),
            }
        }
        for (number, outcome) in removable.into_iter().zip(removed) {
            match outcome {
                Ok(()) => progress.removed(number),
                Err(error) => {
                    tracing::info!(blob.id = %key, error = chain(&error), "an incomplete part is not removed yet");
                }
            }
        }
    }

    /// Sends the next part of the upload.
    async fn send_part(
        &self,
        key: &BlobKey,
        progress: &Progress,
        bytes: PartBytes,
    ) -> Result<SentPart, Failure> {
        const STEP: &str = "UploadPart";
        let (number, size) = (progress.next_part(), bytes.len() as u64);
        if number > MOST_PARTS {
            return Err(Failure::odd(STEP, "all 10,000 parts that an upload can have are used up"));
        }
        match self.upload_part(key, &progress.upload, number, bytes).await {
            Ok(tag) => Ok(SentPart(number, size, tag)),
            // A server that refuses a part before all of it came may close the connection, and its answer is lost.
            Err(failure)
                if failure.is_unanswered()
                    && matches!(self.is_unfinished(key, &progress.upload).await, Ok(false)) =>
            {
                Err(Failure::missing(STEP))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Puts the parts together. What is pending is the last of them. The server wants one at least, an empty one of an
    /// empty blob; where it takes none such (Garage), an empty object takes the place of the upload.
    async fn finish(&self, key: &BlobKey, progress: &Progress) -> Result<(), Failure> {
        let mut parts = progress.parts.clone();
        if parts.is_empty() || !progress.pending.is_empty() {
            let bytes = self.read_incomplete(key, progress).await?;
            match self.send_part(key, progress, bytes).await {
                Ok(part) => parts.push(part),
                Err(failure) if failure.is_mismatch() && progress.bytes() == 0 => {
                    return self.put_empty(key, progress, failure).await;
                }
                Err(failure) => return Err(failure),
            }
        }
        let parts = parts.into_iter().map(|SentPart(number, _, tag)| named(number, tag)).collect();
        self.put_together(key, &progress.upload, parts).await
    }

    /// Puts an empty object, unless the upload is there no more: a blob that was completed or deleted stays as it is. The upload is
    /// given up when the blob is complete. Its type is not kept; links name it.
    async fn put_empty(&self, key: &BlobKey, progress: &Progress, refused: Failure) -> Result<(), Failure> {
        match self.is_unfinished(key, &progress.upload).await {
            Ok(true) => {
                let name = key.to_string();
                self.put_object(key.bucket, &name, PartBytes::new(), &MediaType::octet_stream()).await
            }
            Ok(false) => Err(Failure::missing("UploadPart")),
            Err(_unknown) => Err(refused),
        }
    }
}

/// An upload or an incomplete part that is not there: it was completed or deleted, or another writer goes on.
fn gone(failure: Failure) -> AppendError {
    if failure.is_missing() { AppendError::Gone } else { not_appended(failure) }
}

/// Why bytes were not taken.
pub(crate) fn not_appended(failure: Failure) -> AppendError {
    if failure.is_too_large() {
        failure.tell_limit();
        AppendError::TooLarge
    } else {
        failure.into_store().into()
    }
}

fn refused(error: CompleteParts) -> CompleteError {
    match error {
        CompleteParts::Mismatch => CompleteError::Incomplete,
        CompleteParts::TooLarge => CompleteError::TooLarge,
        CompleteParts::Gone => CompleteError::Gone,
        CompleteParts::Store(error) => error.into(),
    }
}
