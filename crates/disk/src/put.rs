//! Writing a whole blob: a chunk is read from the stream while the one before is written.

use std::sync::Arc;

use fm_domain::blobs::{BlobKey, PutBlob, PutHint, StoredBlob};
use fm_domain::body::{ByteSize, ByteStream, PartBytes};
use fm_domain::error::{PortError, PortResult};
use fm_streaming::{BufferBudget, BufferPool, ChunkReader, ReadOutcome};
use tokio::task::JoinHandle;

use crate::draft::Draft;
use crate::error::{DiskError, blocking, joined};
use crate::layout::Layout;

/// How much is written at one time. An upload holds two such chunks at most, a small one just its own length.
pub const BUFFER_BYTES: usize = 256 * 1024;

/// The smallest chunk: a body without a single byte is read by one too.
const LEAST_BYTES: usize = 1024;

/// A chunk that a blocking thread is writing.
type WriteTask = JoinHandle<Result<Draft, DiskError>>;

/// Writes the body to a file of its own. Nothing holds a thread while the sender is slow: each full chunk is one
/// task for the blocking threads, and the end of the body is the last.
pub(crate) async fn put(
    layout: &Arc<Layout>,
    (budget, pool): (&BufferBudget, &BufferPool),
    key: BlobKey,
    body: ByteStream,
    hint: &PutHint,
) -> Result<StoredBlob, PutBlob> {
    let length = hint.length.and_then(|length| usize::try_from(length.bytes()).ok()).unwrap_or(usize::MAX);
    let capacity = length.clamp(LEAST_BYTES, BUFFER_BYTES);
    let held = if length <= capacity { capacity } else { 2 * capacity };
    let permit = Arc::new(budget.acquire(hint.owner, ByteSize::new(held as u64)).await?);

    let mut body = ChunkReader::new(body);
    let mut writing: Option<WriteTask> = None;
    loop {
        let (chunk, outcome) = body.fill(capacity, pool, &permit).await;
        let before = match writing.take() {
            Some(task) => Some(joined(task.await)?),
            None => None,
        };
        let layout = Arc::clone(layout);
        let draft = move |layout: &Layout| before.map_or_else(|| Draft::create(layout, &key), Ok);
        match outcome {
            ReadOutcome::Full => {
                writing = Some(tokio::task::spawn_blocking(move || {
                    let mut draft = draft(&layout)?;
                    draft.write(&chunk)?;
                    Ok(draft)
                }));
            }
            ReadOutcome::Ended => return Ok(last(layout, key, draft, chunk).await?),
            ReadOutcome::Broken(error) => {
                // Removing the file blocks.
                blocking(move || {
                    drop(draft);
                    Ok(())
                })
                .await?;
                return Err(error.into());
            }
        }
    }
}

/// The same for bytes that are held already.
pub(crate) async fn put_bytes(
    layout: &Arc<Layout>,
    key: BlobKey,
    bytes: PartBytes,
) -> PortResult<StoredBlob> {
    last(Arc::clone(layout), key, move |layout| Draft::create(layout, &key), bytes).await
}

/// Writes what is left, and makes the blob durable and visible.
async fn last(
    layout: Arc<Layout>,
    key: BlobKey,
    draft: impl FnOnce(&Layout) -> Result<Draft, DiskError> + Send + 'static,
    bytes: PartBytes,
) -> Result<StoredBlob, PortError> {
    let draft = blocking(move || {
        let mut draft = draft(&layout)?;
        draft.write(&bytes)?;
        draft.finish(&layout, &key)?;
        Ok(draft)
    })
    .await?;
    Ok(StoredBlob { size: ByteSize::new(draft.keep()) })
}
