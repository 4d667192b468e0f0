//! Writing: buffers that are filled from the stream while the one before is written.

use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use fm_domain::blobs::{BlobKey, PutBlob, PutHint, StoredBlob};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::error::PortError;
use fm_streaming::BufferBudget;
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;

use crate::draft::Draft;
use crate::error::{DiskError, blocking, joined};
use crate::layout::Layout;

/// How much is written at one time. An upload holds two such buffers at most, a small one just its own length.
pub const BUFFER_BYTES: usize = 256 * 1024;

/// The smallest buffer: one for a body without a single byte has to be a buffer too.
const LEAST_BYTES: usize = 1024;

/// A buffer that a blocking thread is writing.
type Writing = JoinHandle<Result<(Draft, Vec<u8>), DiskError>>;

/// Writes the body to a file of its own. Nothing holds a thread while the sender is slow: each full buffer is one
/// task for the blocking threads, and the end of the body is the last.
pub(crate) async fn put(
    layout: &Arc<Layout>,
    budget: &BufferBudget,
    key: BlobKey,
    body: ByteStream,
    hint: &PutHint,
) -> Result<StoredBlob, PutBlob> {
    let length = hint.length.and_then(|length| usize::try_from(length.bytes()).ok()).unwrap_or(usize::MAX);
    let capacity = length.clamp(LEAST_BYTES, BUFFER_BYTES);
    let held = if length <= capacity { capacity } else { 2 * capacity };
    let _held = budget.acquire(ByteSize::new(held as u64)).await;

    let mut body = Chunks { body, rest: Bytes::new() };
    let mut buffer = Vec::with_capacity(capacity);
    let mut writing: Option<Writing> = None;
    loop {
        let filled = body.fill(&mut buffer, capacity).await;
        let before = match writing.take() {
            Some(task) => Some(joined(task.await)?),
            None => None,
        };
        let filled = match filled {
            Ok(filled) => filled,
            Err(error) => {
                // Removing the file blocks.
                blocking(move || {
                    drop(before);
                    Ok(())
                })
                .await?;
                return Err(error.into());
            }
        };
        let (draft, spare) = before.unzip();
        let layout = Arc::clone(layout);
        let draft = move |layout: &Layout| draft.map_or_else(|| Draft::create(layout, &key), Ok);
        if filled == ReadOutcome::ToTheEnd {
            return Ok(last(layout, key, draft, buffer).await?);
        }
        let full = std::mem::replace(&mut buffer, spare.unwrap_or_else(|| Vec::with_capacity(capacity)));
        writing = Some(tokio::task::spawn_blocking(move || {
            let mut draft = draft(&layout)?;
            draft.write(&full)?;
            let mut spare = full;
            spare.clear();
            Ok((draft, spare))
        }));
    }
}

/// Writes what is left, and makes the blob durable and visible.
async fn last(
    layout: Arc<Layout>,
    key: BlobKey,
    draft: impl FnOnce(&Layout) -> Result<Draft, DiskError> + Send + 'static,
    buffer: Vec<u8>,
) -> Result<StoredBlob, PortError> {
    let draft = blocking(move || {
        let mut draft = draft(&layout)?;
        draft.write(&buffer)?;
        draft.finish(&layout, &key)?;
        Ok(draft)
    })
    .await?;
    Ok(StoredBlob { size: ByteSize::new(draft.keep()) })
}

/// How far a buffer was filled.
#[derive(PartialEq, Eq)]
enum ReadOutcome {
    /// There may be more.
    ToTheBrim,
    /// The body has ended.
    ToTheEnd,
}

/// The body, and what of its last chunk did not fit.
struct Chunks {
    body: ByteStream,
    rest: Bytes,
}

impl Chunks {
    /// Copies from the body until the buffer holds `capacity` bytes or the body ends. Copying keeps the count of
    /// held bytes honest: a chunk may be a small part of a large buffer.
    async fn fill(&mut self, buffer: &mut Vec<u8>, capacity: usize) -> Result<ReadOutcome, BodyError> {
        loop {
            let room = capacity.saturating_sub(buffer.len()).min(self.rest.len());
            buffer.extend_from_slice(&self.rest[..room]);
            self.rest.advance(room);
            if buffer.len() >= capacity {
                return Ok(ReadOutcome::ToTheBrim);
            }
            match self.body.next().await {
                Some(chunk) => self.rest = chunk?,
                None => return Ok(ReadOutcome::ToTheEnd),
            }
        }
    }
}
