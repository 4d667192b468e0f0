//! Bytes taken off a stream and held in memory, a part at a time.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use tokio::time::Instant;

use fm_domain::body::{BodyError, ByteStream, PartBytes};

use crate::{BufferPermit, BufferPool, PIECE_BYTES};

/// Why reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadOutcome {
    /// There is as much as was wanted.
    Full,
    /// The stream has ended as it should.
    Ended,
    /// The stream broke off, or was given up. What had come until then is good.
    Broken(BodyError),
}

/// How fast bytes come for which the same memory is held again and again: the time of their sender alone, not that in which none
/// are asked for. It begins anew whenever as many came as the memory takes, so that no credit grows.
#[derive(Debug, Default)]
pub struct Pace {
    received: AtomicU64,
    waited: Duration,
}

impl Pace {
    fn continue_within(&mut self, memory: u64) {
        if *self.received.get_mut() >= memory {
            *self = Self::default();
        }
    }
}

/// Gathers the bytes of a stream.
pub struct ChunkReader {
    stream: ByteStream,
    /// Bytes that were read beyond the last chunk.
    rest: Bytes,
}

impl ChunkReader {
    /// Reads from `stream`.
    #[must_use]
    pub const fn new(stream: ByteStream) -> Self {
        Self { stream, rest: Bytes::new() }
    }

    /// The next bytes, as many as `wanted` unless the stream ends before, or brings them too slowly while others wait for
    /// the memory. They are copied into pieces of the pool, since what the server hands over may be a small part of a
    /// large buffer; with the last of them the permit goes.
    pub async fn fill(
        &mut self,
        wanted: usize,
        pool: &BufferPool,
        permit: &Arc<BufferPermit>,
    ) -> (PartBytes, ReadOutcome) {
        self.fill_at_pace(wanted, pool, permit, &mut Pace::default()).await
    }

    /// The same for memory that is filled many times: whether the bytes come too slowly is judged over all of these calls.
    pub async fn fill_at_pace(
        &mut self,
        wanted: usize,
        pool: &BufferPool,
        permit: &Arc<BufferPermit>,
        pace: &mut Pace,
    ) -> (PartBytes, ReadOutcome) {
        pace.continue_within(permit.bytes());
        let begun = Instant::now();
        let mut part = PartBytes::new();
        let mut overdue = pin!(permit.overdue_after(&pace.received, pace.waited));
        let outcome = loop {
            let left = wanted - part.len();
            if left == 0 {
                break ReadOutcome::Full;
            }
            let (piece, filled) =
                self.piece(left.min(PIECE_BYTES), pool, &pace.received, overdue.as_mut()).await;
            if !piece.is_empty() {
                part.push(pool.share(piece, Arc::clone(permit)));
            }
            if filled != ReadOutcome::Full {
                break filled;
            }
        };
        pace.waited += begun.elapsed();
        (part, outcome)
    }

    /// Whether the stream has ended as it should. A byte that came instead stays for the next [`fill`](Self::fill).
    ///
    /// A stream whose length is known has more to say once all of its bytes came: what is wrong with the whole.
    pub async fn is_at_end(&mut self, permit: &BufferPermit) -> Result<bool, BodyError> {
        let received = AtomicU64::new(0);
        let mut overdue = pin!(permit.overdue(&received));
        while self.rest.is_empty() {
            match select(self.stream.next(), overdue.as_mut()).await {
                Either::Left((Some(chunk), _)) => self.rest = chunk?,
                Either::Left((None, _)) => return Ok(true),
                Either::Right(((), _)) => return Err(BodyError::Stalled),
            }
        }
        Ok(false)
    }

    async fn piece(
        &mut self,
        wanted: usize,
        pool: &BufferPool,
        received: &AtomicU64,
        mut overdue: Pin<&mut impl Future<Output = ()>>,
    ) -> (Vec<u8>, ReadOutcome) {
        let mut piece = Vec::new();
        while piece.len() < wanted {
            if self.rest.is_empty() {
                match select(self.stream.next(), overdue.as_mut()).await {
                    Either::Left((Some(Ok(chunk)), _)) => {
                        received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                        self.rest = chunk;
                    }
                    Either::Left((Some(Err(error)), _)) => return (piece, ReadOutcome::Broken(error)),
                    Either::Left((None, _)) => return (piece, ReadOutcome::Ended),
                    Either::Right(((), _)) => return (piece, ReadOutcome::Broken(BodyError::Stalled)),
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
        (piece, ReadOutcome::Full)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use futures_util::{FutureExt as _, stream};

    use super::*;
    use crate::BufferBudget;
    use fm_domain::body::ByteSize;

    fn reader(chunks: Vec<Result<Bytes, BodyError>>) -> ChunkReader {
        ChunkReader::new(stream::iter(chunks).boxed())
    }

    async fn fill(reader: &mut ChunkReader, wanted: usize) -> (Vec<u8>, ReadOutcome) {
        let budget = BufferBudget::new(ByteSize::new(1 << 20));
        let permit = Arc::new(budget.acquire(None, ByteSize::new(wanted as u64)).await.unwrap());
        let (part, filled) = reader.fill(wanted, &BufferPool::default(), &permit).await;
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
        let mut reader = reader(chunks);
        assert_eq!(fill(&mut reader, 150_000).await, (bytes[..150_000].to_vec(), ReadOutcome::Full));
        assert_eq!(fill(&mut reader, 50_000).await, (bytes[150_000..].to_vec(), ReadOutcome::Full));
        assert_eq!(fill(&mut reader, 1).await, (Vec::new(), ReadOutcome::Ended));
    }

    #[tokio::test]
    async fn what_came_before_a_break_is_kept() {
        let mut reader = reader(vec![Ok(Bytes::from_static(b"half")), Err(BodyError::Aborted)]);
        assert_eq!(fill(&mut reader, 10).await, (b"half".to_vec(), ReadOutcome::Broken(BodyError::Aborted)));
    }

    #[tokio::test]
    async fn the_end_is_asked_for_without_losing_a_byte() {
        let budget = BufferBudget::new(ByteSize::new(1024));
        let permit = Arc::new(budget.acquire(None, ByteSize::new(1024)).await.unwrap());
        let chunks = [&b""[..], b"one", b"", b"two"].map(|chunk| Ok(Bytes::from_static(chunk)));
        let mut whole = reader(chunks.to_vec());
        assert_eq!(whole.is_at_end(&permit).await, Ok(false));
        assert_eq!(fill(&mut whole, 6).await, (b"onetwo".to_vec(), ReadOutcome::Full));
        assert_eq!(whole.is_at_end(&permit).await, Ok(true));
        let mut broken = reader(vec![Ok(Bytes::new()), Err(BodyError::DigestMismatch)]);
        assert_eq!(broken.is_at_end(&permit).await, Err(BodyError::DigestMismatch));
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_that_does_not_come_makes_room_for_waiting_uploads() {
        let budget = BufferBudget::new(ByteSize::new(1024));
        let permit = Arc::new(budget.acquire(None, ByteSize::new(1024)).await.unwrap());
        let mut waits = Box::pin(budget.acquire(None, ByteSize::new(1)));
        assert!(waits.as_mut().now_or_never().is_none());
        let mut silent = ChunkReader::new(stream::pending().boxed());
        assert_eq!(silent.is_at_end(&permit).await, Err(BodyError::Stalled));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_is_too_slow_makes_room_for_waiting_uploads_and_keeps_the_received_bytes() {
        let budget = BufferBudget::new(ByteSize::new(1024));
        let permit = Arc::new(budget.acquire(None, ByteSize::new(1024)).await.unwrap());
        let trickle = stream::repeat(Bytes::from_static(b"x")).then(|byte| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(byte)
        });
        let mut reader = ChunkReader::new(trickle.boxed());
        let pool = BufferPool::default();
        let (part, filled) = reader.fill(100, &pool, &permit).await;
        assert_eq!((part.len(), filled), (100, ReadOutcome::Full), "no upload waits");
        drop(part);
        let mut waits = Box::pin(budget.acquire(None, ByteSize::new(1)));
        assert!(waits.as_mut().now_or_never().is_none());
        let (part, filled) = reader.fill(100, &pool, &permit).await;
        assert_eq!(filled, ReadOutcome::Broken(BodyError::Stalled));
        assert!((8..=10).contains(&part.len()), "{} bytes of ten seconds", part.len());
        drop((part, permit));
        assert!(waits.now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_that_is_filled_again_and_again_is_kept_only_by_a_sender_that_is_fast_enough() {
        const KIB: usize = 1024;
        let memory = ByteSize::new(16 * PIECE_BYTES as u64);
        for (a_second, is_enough) in [(10 * KIB, false), (20 * KIB, true)] {
            let budget = BufferBudget::new(memory);
            let permit = Arc::new(budget.acquire(None, memory).await.unwrap());
            let mut waits = Box::pin(budget.acquire(None, ByteSize::new(1)));
            assert!(waits.as_mut().now_or_never().is_none());
            let trickle = stream::repeat(Bytes::from(vec![7; a_second])).then(|chunk| async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(chunk)
            });
            let mut reader = ChunkReader::new(trickle.boxed());
            let (pool, mut pace, begun) = (BufferPool::default(), Pace::default(), Instant::now());
            let mut outcome = ReadOutcome::Full;
            for _ in 0..40 {
                if outcome == ReadOutcome::Full {
                    outcome = reader.fill_at_pace(PIECE_BYTES, &pool, &permit, &mut pace).await.1;
                }
                // Time in which nothing is asked for is not the sender's.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            if is_enough {
                assert_eq!(outcome, ReadOutcome::Full, "{a_second} bytes a second");
            } else {
                assert_eq!(outcome, ReadOutcome::Broken(BodyError::Stalled), "{a_second} bytes a second");
                assert!(
                    pace.waited <= Duration::from_secs(12),
                    "{:?} after {:?}",
                    pace.waited,
                    begun.elapsed()
                );
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_gets_no_credit_for_more_than_the_memory_takes() {
        let memory = ByteSize::new(2 * PIECE_BYTES as u64);
        let budget = BufferBudget::new(memory);
        let permit = Arc::new(budget.acquire(None, memory).await.unwrap());
        let mut waits = Box::pin(budget.acquire(None, ByteSize::new(1)));
        assert!(waits.as_mut().now_or_never().is_none());
        let fast = stream::iter(vec![Ok(Bytes::from(vec![7; PIECE_BYTES])); 100]);
        let mut reader = ChunkReader::new(fast.chain(stream::pending()).boxed());
        let (pool, mut pace) = (BufferPool::default(), Pace::default());
        for _ in 0..100 {
            let (_, outcome) = reader.fill_at_pace(PIECE_BYTES, &pool, &permit, &mut pace).await;
            assert_eq!(outcome, ReadOutcome::Full);
        }
        let (_, outcome) = reader.fill_at_pace(PIECE_BYTES, &pool, &permit, &mut pace).await;
        assert_eq!(outcome, ReadOutcome::Broken(BodyError::Stalled));
        assert_eq!(pace.waited, Duration::from_secs(10));
    }
}
