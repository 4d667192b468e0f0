//! The body of a request, read in chunks that suit the store, within the memory budget.

use std::sync::Arc;

use fm_domain::body::{BodyError, ByteSize, ByteStream, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::uploads::{AppendHints, Upload};
use fm_streaming::hashing::CONCURRENT_PARTS;
use fm_streaming::{BufferBudget, BufferPermit, BufferPool, ChunkReader, ReadOutcome};

/// By how much smaller chunks are where memory is short.
const SHORTAGE_DIVISOR: u64 = 8;

/// How many chunks a pipelined store needs in memory: one that is received, and those that are written and hashed.
const PIPELINE_DEPTH: u64 = CONCURRENT_PARTS as u64 + 1;

/// What was read, with the memory that it is held in.
pub(super) struct ReadChunk {
    pub(super) bytes: PartBytes,
    pub(super) outcome: ReadOutcome,
    /// Covers what the store reads back for the chunk too: keep it until the chunk is appended.
    pub(super) permit: Arc<BufferPermit>,
}

/// How large the next chunk may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChunkBounds {
    /// How large the whole may become: its length, or the cap and what the quota has room for.
    pub(super) limit: ByteSize,
    /// The largest upload of all.
    pub(super) cap: ByteSize,
    /// Bytes that the store reads back with the next append.
    pub(super) read_back: u64,
    /// Bytes since the last checkpoint.
    pub(super) unsaved: u64,
}

/// Reads chunks.
pub(super) struct ChunkSource {
    reader: ChunkReader,
    hints: AppendHints,
    budget: BufferBudget,
    pool: BufferPool,
    /// Bytes of the body still to come, where its length was declared.
    left: Option<u64>,
    /// The memory of a pipelined store's chunks.
    pipeline: Option<PipelineMemory>,
}

struct PipelineMemory {
    permit: Arc<BufferPermit>,
    /// How large each chunk may be.
    chunk: u64,
}

impl ChunkSource {
    pub(super) fn new(
        body: ByteStream,
        body_length: Option<ByteSize>,
        hints: AppendHints,
        budget: &BufferBudget,
        pool: &BufferPool,
    ) -> Self {
        Self {
            reader: ChunkReader::new(body),
            hints,
            budget: budget.clone(),
            pool: pool.clone(),
            left: body_length.map(ByteSize::bytes),
            pipeline: None,
        }
    }

    /// The next chunk. Its outcome is [`ReadOutcome::Full`] only when more bytes may follow.
    pub(super) async fn next(&mut self, upload: &Upload, bounds: ChunkBounds) -> PortResult<ReadChunk> {
        let wanted = self.next_size(upload, bounds).await?;
        let permit = if let Some(pipeline) = &self.pipeline {
            Arc::clone(&pipeline.permit)
        } else {
            let bytes = ByteSize::new(bounds.read_back + wanted);
            Arc::new(self.budget.acquire(Some(upload.owner), bytes).await?)
        };
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let (bytes, mut outcome) = self.reader.fill(wanted, &self.pool, &permit).await;
        if outcome == ReadOutcome::Full && self.is_at_end(upload, bounds, bytes.len() as u64) {
            outcome = match self.reader.fill(1, &self.pool, &permit).await.1 {
                ReadOutcome::Full => ReadOutcome::Broken(Self::excess(upload, bounds, bytes.len() as u64)),
                end => end,
            };
        }
        self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
        Ok(ReadChunk { bytes, outcome, permit })
    }

    /// Whether another upload waits for memory that this one could give back between two chunks.
    pub(super) fn should_yield(&self) -> bool {
        self.pipeline.is_some() && self.budget.is_contended()
    }

    /// Gives the memory back that no chunk needs just now.
    pub(super) fn yield_memory(&mut self) {
        self.pipeline = None;
    }

    /// How many bytes the next chunk shall have.
    async fn next_size(&mut self, upload: &Upload, bounds: ChunkBounds) -> PortResult<u64> {
        let offset = upload.offset.bytes();
        let left = self.left.unwrap_or(u64::MAX).min(bounds.limit.bytes().saturating_sub(offset));
        let preferred = self.hints.preferred.bytes().max(self.hints.least.bytes());
        Ok(if self.hints.pipelined {
            let chunk = self.reserve_pipeline(upload, left, preferred).await?;
            ramp(bounds.unsaved, left, chunk)
        } else if self.left.is_some() && left.saturating_add(bounds.read_back) < 2 * preferred {
            // Rather one chunk that is somewhat larger than one and a rest that is stored by itself.
            left
        } else {
            left.min(preferred.saturating_sub(bounds.read_back))
        })
    }

    /// Memory for all chunks of the pipeline, taken together and kept: asking for more while holding some could wait for
    /// ever. Where there is too little for large chunks they are small ones. How large each may be.
    async fn reserve_pipeline(&mut self, upload: &Upload, left: u64, preferred: u64) -> PortResult<u64> {
        if self.pipeline.is_none() {
            let (depth, owner) = (PIPELINE_DEPTH, Some(upload.owner));
            let (large, small) =
                (left.min(depth * preferred), left.min(depth * preferred / SHORTAGE_DIVISOR));
            let (permit, wanted) = match self.budget.try_acquire(owner, ByteSize::new(large)) {
                Some(permit) => (permit, large),
                None => (self.budget.acquire(owner, ByteSize::new(small)).await?, small),
            };
            // The whole budget may be less.
            let held = permit.bytes().min(wanted);
            // All bytes fit, if it is known how many there are.
            let is_all = held == left && (self.left.is_some() || upload.length.is_some());
            let chunk = if is_all { preferred } else { (held / depth).max(1) };
            self.pipeline = Some(PipelineMemory { permit: Arc::new(permit), chunk });
        }
        Ok(self.pipeline.as_ref().map_or(preferred, |pipeline| pipeline.chunk))
    }

    /// Whether these bytes are the last that may come.
    fn is_at_end(&self, upload: &Upload, bounds: ChunkBounds, more: u64) -> bool {
        self.left == Some(more)
            || upload.length.is_some_and(|length| length.bytes() == upload.offset.bytes() + more)
            || more == 0
            // There was no room for a chunk of the least size.
            || bounds.read_back + more < self.hints.least.bytes()
    }

    /// What a byte too many is refused with.
    fn excess(upload: &Upload, bounds: ChunkBounds, more: u64) -> BodyError {
        match upload.length {
            None if upload.offset.bytes() + more < bounds.cap.bytes() => BodyError::QuotaExceeded,
            length => BodyError::TooLarge { limit: length.unwrap_or(bounds.cap) },
        }
    }
}

/// The size of the next chunk of a pipelined store. Small first chunks start the work early; small last chunks shorten the
/// wait at the end.
fn ramp(unsaved: u64, left: u64, chunk: u64) -> u64 {
    let least = chunk.div_ceil(4);
    let grown = least.saturating_add(unsaved).min(chunk);
    let wanted = grown.min((left / 2).max(least));
    if left < wanted + least / 2 { left } else { wanted }
}

#[cfg(test)]
mod tests;
