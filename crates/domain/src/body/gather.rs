//! Bytes taken off a stream and held in memory, a part at a time.

use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};

use super::{BodyError, BufferPermit, BufferPool, ByteStream, PIECE_BYTES};

/// Bytes that are held in memory, in pieces.
#[derive(Debug, Clone, Default)]
pub struct PartBytes {
    pieces: Vec<Bytes>,
    length: usize,
}

impl PartBytes {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { pieces: Vec::new(), length: 0 }
    }

    /// Adds a piece at the end.
    pub fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.length += piece.len();
            self.pieces.push(piece);
        }
    }

    /// Adds others at the end.
    pub fn append(&mut self, others: Self) {
        self.length += others.length;
        self.pieces.extend(others.pieces);
    }

    /// How many bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The pieces, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// The pieces, in order.
    #[must_use]
    pub fn into_pieces(self) -> Vec<Bytes> {
        self.pieces
    }
}

impl From<Bytes> for PartBytes {
    fn from(bytes: Bytes) -> Self {
        let mut part = Self::new();
        part.push(bytes);
        part
    }
}

/// Why no more was gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filled {
    /// There is as much as was wanted.
    Full,
    /// The stream has ended as it should.
    Ended,
    /// The stream broke off, or was given up. What had come until then is good.
    Broken(BodyError),
}

/// Gathers the bytes of a stream.
pub(crate) struct Gatherer {
    stream: ByteStream,
    /// What was read, but not wanted yet.
    rest: Bytes,
}

impl Gatherer {
    pub(crate) const fn new(stream: ByteStream) -> Self {
        Self { stream, rest: Bytes::new() }
    }

    /// The next bytes, as many as `wanted` unless the stream ends before, or brings them too slowly while others wait for
    /// the memory. They are copied into pieces of the pool, since what the server hands over may be a small part of a
    /// large buffer; with the last of them the permit goes.
    pub(crate) async fn fill(
        &mut self,
        wanted: usize,
        pool: &BufferPool,
        permit: &Arc<BufferPermit>,
    ) -> (PartBytes, Filled) {
        let mut part = PartBytes::new();
        let mut overdue = pin!(permit.overdue());
        loop {
            let left = wanted - part.len();
            if left == 0 {
                return (part, Filled::Full);
            }
            let (piece, filled) = self.piece(left.min(PIECE_BYTES), pool, overdue.as_mut()).await;
            if !piece.is_empty() {
                part.push(pool.share(piece, Arc::clone(permit)));
            }
            if filled != Filled::Full {
                return (part, filled);
            }
        }
    }

    async fn piece(
        &mut self,
        wanted: usize,
        pool: &BufferPool,
        mut overdue: Pin<&mut impl Future<Output = ()>>,
    ) -> (Vec<u8>, Filled) {
        let mut piece = Vec::new();
        while piece.len() < wanted {
            if self.rest.is_empty() {
                match select(self.stream.next(), overdue.as_mut()).await {
                    Either::Left((Some(Ok(chunk)), _)) => self.rest = chunk,
                    Either::Left((Some(Err(error)), _)) => return (piece, Filled::Broken(error)),
                    Either::Left((None, _)) => return (piece, Filled::Ended),
                    Either::Right(((), _)) => return (piece, Filled::Broken(BodyError::Stalled)),
                }
                continue;
            }
            // Nothing is allocated for what does not come.
            if piece.capacity() == 0 {
                piece = pool.take(wanted);
            }
            let room = wanted - piece.len();
            piece.extend_from_slice(&self.rest.split_to(room.min(self.rest.len())));
        }
        (piece, Filled::Full)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::{FutureExt as _, stream};

    use super::*;
    use crate::body::{BufferBudget, ByteSize};

    fn gatherer(chunks: Vec<Result<Bytes, BodyError>>) -> Gatherer {
        Gatherer::new(stream::iter(chunks).boxed())
    }

    async fn fill(gatherer: &mut Gatherer, wanted: usize) -> (Vec<u8>, Filled) {
        let budget = BufferBudget::new(ByteSize::new(1 << 20));
        let permit = Arc::new(budget.acquire(ByteSize::new(wanted as u64)).await);
        let (part, filled) = gatherer.fill(wanted, &BufferPool::default(), &permit).await;
        assert_eq!(part.len(), part.pieces().iter().map(Bytes::len).sum::<usize>());
        drop(permit);
        let bytes = part.pieces().concat();
        drop(part);
        assert_eq!(budget.available(), ByteSize::new(1 << 20), "the budget has everything back");
        (bytes, filled)
    }

    #[tokio::test]
    async fn as_much_as_is_wanted_is_gathered_however_it_comes() {
        let bytes: Vec<u8> = (0..=255).cycle().take(200_000).collect();
        let chunks = bytes.chunks(777).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let mut gatherer = gatherer(chunks);
        assert_eq!(fill(&mut gatherer, 150_000).await, (bytes[..150_000].to_vec(), Filled::Full));
        assert_eq!(fill(&mut gatherer, 50_000).await, (bytes[150_000..].to_vec(), Filled::Full));
        assert_eq!(fill(&mut gatherer, 1).await, (Vec::new(), Filled::Ended));
    }

    #[tokio::test]
    async fn what_came_before_a_break_is_kept() {
        let mut gatherer = gatherer(vec![Ok(Bytes::from_static(b"half")), Err(BodyError::Aborted)]);
        assert_eq!(fill(&mut gatherer, 10).await, (b"half".to_vec(), Filled::Broken(BodyError::Aborted)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_is_too_slow_makes_room_for_those_who_wait_and_keeps_what_came() {
        let budget = BufferBudget::new(ByteSize::new(1024));
        let permit = Arc::new(budget.acquire(ByteSize::new(1024)).await);
        let trickle = stream::repeat(Bytes::from_static(b"x")).then(|byte| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(byte)
        });
        let mut gatherer = Gatherer::new(trickle.boxed());
        let pool = BufferPool::default();
        let (part, filled) = gatherer.fill(100, &pool, &permit).await;
        assert_eq!((part.len(), filled), (100, Filled::Full), "nobody waits");
        drop(part);
        let mut waits = Box::pin(budget.acquire(ByteSize::new(1)));
        assert!(waits.as_mut().now_or_never().is_none());
        let (part, filled) = gatherer.fill(100, &pool, &permit).await;
        assert_eq!(filled, Filled::Broken(BodyError::Stalled));
        assert!((25..=30).contains(&part.len()), "{} bytes of half a minute", part.len());
        drop((part, permit));
        assert!(waits.now_or_never().is_some());
    }
}
