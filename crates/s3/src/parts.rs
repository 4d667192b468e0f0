//! A stream of any length, cut into parts that fit the memory budget.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};

use fm_domain::body::{BodyError, ByteSize, ByteStream, PartBytes};
use fm_streaming::{BufferBudget, BufferPool, PIECE_BYTES};

/// What is held of an upload at once: the smallest part that every server takes, so that as many uploads as possible
/// share the memory.
pub(crate) const PART: usize = 5 * 1024 * 1024;

/// The most parts of one upload.
pub(crate) const MOST_PARTS: u32 = 10_000;

/// The largest blob.
pub(crate) const LARGEST: u64 = PART as u64 * MOST_PARTS as u64;

/// A part, and whether it is the last.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its bytes. The budget has them back when the last reference to any of them is gone, in whoever's hands that is.
    pub(crate) bytes: PartBytes,
    pub(crate) last: bool,
}

/// Cuts a body into parts of [`PART`] bytes; the last may be shorter.
pub(crate) struct Parts {
    body: ByteStream,
    pool: BufferPool,
    announced: Option<u64>,
    taken: u64,
    /// What was read, but belongs to the next part.
    rest: Bytes,
}

impl Parts {
    pub(crate) fn new(body: ByteStream, announced: Option<ByteSize>, pool: BufferPool) -> Self {
        Self { body, pool, announced: announced.map(ByteSize::bytes), taken: 0, rest: Bytes::new() }
    }

    /// Bytes in the parts so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// The next part; never called after the last. The memory is taken from the budget before the first byte is.
    pub(crate) async fn next(&mut self, budget: &BufferBudget) -> Result<Part, BodyError> {
        let wanted = match self.announced {
            Some(length) => usize::try_from(length.saturating_sub(self.taken)).unwrap_or(PART).min(PART),
            None => PART,
        };
        let permit = Arc::new(budget.acquire(ByteSize::new(wanted as u64)).await);
        let mut overdue = pin!(permit.overdue());
        let (mut part, mut last) = (PartBytes::new(), false);
        while part.len() < wanted && !last {
            let fill = self.fill(PIECE_BYTES.min(wanted - part.len()));
            let (bytes, ended) = match select(pin!(fill), overdue.as_mut()).await {
                Either::Left((filled, _)) => filled?,
                Either::Right(((), _)) => return Err(BodyError::Stalled),
            };
            last = ended;
            if !bytes.is_empty() {
                part.push(self.pool.share(bytes, Arc::clone(&permit)));
            }
        }
        self.taken += part.len() as u64;
        // The end is asked for even where all bytes are there: what is wrong with the whole is said only then.
        if !last && self.announced.is_none_or(|length| self.taken >= length) {
            last = match select(pin!(self.refill()), overdue).await {
                Either::Left((more, _)) => !more?,
                Either::Right(((), _)) => return Err(BodyError::Stalled),
            };
        }
        self.check(last)?;
        Ok(Part { bytes: part, last })
    }

    /// The next bytes, exactly so many unless the body ends, and whether it does.
    async fn fill(&mut self, wanted: usize) -> Result<(Vec<u8>, bool), BodyError> {
        // Nothing is allocated for what does not come.
        let mut ended = !self.refill().await?;
        let mut bytes = if ended { Vec::new() } else { self.pool.take(wanted) };
        while bytes.len() < wanted && !ended {
            let room = wanted - bytes.len();
            bytes.extend_from_slice(&self.rest.split_to(room.min(self.rest.len())));
            if bytes.len() < wanted {
                ended = !self.refill().await?;
            }
        }
        Ok((bytes, ended))
    }

    /// Makes sure that the rest is not empty; false at the end of the body.
    async fn refill(&mut self) -> Result<bool, BodyError> {
        while self.rest.is_empty() {
            match self.body.next().await {
                Some(chunk) => self.rest = chunk?,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn check(&self, last: bool) -> Result<(), BodyError> {
        match self.announced {
            Some(length) if last && self.taken < length => Err(BodyError::Aborted),
            Some(length) if !last && self.taken >= length => {
                Err(BodyError::Malformed("longer than announced"))
            }
            _ if self.taken > LARGEST || (self.taken == LARGEST && !last) => {
                Err(BodyError::TooLarge { limit: ByteSize::new(LARGEST) })
            }
            _ => Ok(()),
        }
    }
}
