//! A stream of any length, cut into parts that fit the memory budget.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::blobs::{PutBlob, PutHint};
use fm_domain::body::{BodyError, ByteSize, ByteStream, PartBytes};
use fm_domain::ids::UserId;
use fm_streaming::{BufferPermit, BufferPool, ChunkReader, PIECE_BYTES, Pace, ReadOutcome};
use tokio::time::Instant;

/// What an upload of parts needs to go on: the smallest part that every server takes, so that as many uploads as possible
/// share the memory.
pub(crate) const PART: usize = 5 * 1024 * 1024;

/// The most parts of one upload.
pub(crate) const MOST_PARTS: u32 = 10_000;

/// The largest blob.
pub(crate) const LARGEST: u64 = PART as u64 * MOST_PARTS as u64;

/// A part, and whether it is the last.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its bytes. The budget has them back when the last reference to any of them is dropped, wherever that is.
    pub(crate) bytes: PartBytes,
    pub(crate) last: bool,
}

/// Cuts a body into parts of [`PART`] bytes; the last may be shorter.
pub(crate) struct Parts {
    body: ChunkReader,
    pool: BufferPool,
    owner: Option<UserId>,
    declared: Option<u64>,
    taken: u64,
    took: Duration,
}

impl Parts {
    pub(crate) fn new(body: ByteStream, hint: &PutHint, pool: BufferPool) -> Self {
        let declared = hint.length.map(ByteSize::bytes);
        let body = ChunkReader::new(body);
        Self { body, pool, owner: hint.owner, declared, taken: 0, took: Duration::ZERO }
    }

    /// Bytes in the parts so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Bytes of the whole body, where they were declared.
    pub(crate) fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// How long the bytes of the last part took to come, once there was memory for them.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// Bytes of the next part at most.
    fn wanted(&self, most: usize) -> usize {
        match self.declared {
            Some(length) => usize::try_from(length.saturating_sub(self.taken)).unwrap_or(most).min(most),
            None => most,
        }
    }

    /// How much memory the next part takes, and whose it is. It may be waited for only where no part is held: one upload could wait for
    /// another for ever.
    pub(crate) fn memory(&self) -> (Option<UserId>, ByteSize) {
        (self.owner, ByteSize::new(self.wanted(PART) as u64))
    }

    /// The next part, in this memory; never called after the last.
    pub(crate) async fn next(&mut self, permit: BufferPermit) -> Result<Part, PutBlob> {
        self.fill(PART, &Arc::new(permit), &mut Pace::default()).await
    }

    /// The same, of one piece. The pace is that of all pieces of this window.
    pub(crate) async fn next_piece(
        &mut self,
        window: &Arc<BufferPermit>,
        pace: &mut Pace,
    ) -> Result<Part, PutBlob> {
        self.fill(PIECE_BYTES, window, pace).await
    }

    async fn fill(
        &mut self,
        most: usize,
        permit: &Arc<BufferPermit>,
        pace: &mut Pace,
    ) -> Result<Part, PutBlob> {
        let (begun, wanted) = (Instant::now(), self.wanted(most));
        let (bytes, outcome) = self.body.fill_at_pace(wanted, &self.pool, permit, pace).await;
        self.taken += bytes.len() as u64;
        self.took = begun.elapsed();
        let last = match outcome {
            // The end is asked for even where all bytes are there: what is wrong with the whole is said only then.
            ReadOutcome::Full if self.declared.is_none_or(|length| self.taken >= length) => {
                self.body.is_at_end(permit).await?
            }
            ReadOutcome::Full => false,
            ReadOutcome::Ended => true,
            ReadOutcome::Broken(error) => return Err(error.into()),
        };
        self.check(last)?;
        Ok(Part { bytes, last })
    }

    fn check(&self, last: bool) -> Result<(), BodyError> {
        match self.declared {
            Some(length) if last && self.taken < length => Err(BodyError::Aborted),
            Some(length) if !last && self.taken >= length => {
                Err(BodyError::Malformed("longer than declared"))
            }
            _ if self.taken > LARGEST || (self.taken == LARGEST && !last) => {
                Err(BodyError::TooLarge { limit: ByteSize::new(LARGEST) })
            }
            _ => Ok(()),
        }
    }
}
