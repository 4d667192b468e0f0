//! The memory that uploads share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use fm_domain::body::ByteSize;

/// How long a permit for bytes that come slowly is held at least while another upload waits for memory.
const MIN_HOLD_TIME: Duration = Duration::from_secs(30);

/// Bytes that have to come each second for the memory that is held.
const LEAST_RATE: u64 = 16 * 1024;

/// How often a slow permit looks for waiting uploads after its hold time.
const CONTENTION_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// One unit of the budget: small enough for small files, large enough for a semaphore's counter.
const UNIT: u64 = 1024;

/// The memory that all uploads of the process may hold together, counted in bytes really held.
///
/// An upload that needs more than is left waits, so that more uploads wait instead of growing the process. Ask once for
/// all that one step needs: asking again while holding some can wait for ever.
#[derive(Debug, Clone)]
pub struct BufferBudget {
    units: Arc<Semaphore>,
    total: u32,
    waiting: Arc<AtomicUsize>,
}

/// A part of the budget, given back when it is dropped.
#[derive(Debug)]
pub struct BufferPermit {
    held: OwnedSemaphorePermit,
    waiting: Arc<AtomicUsize>,
}

impl BufferBudget {
    /// A budget of this many bytes, at least one KiB.
    #[must_use]
    pub fn new(total: ByteSize) -> Self {
        let total =
            u32::try_from(total.bytes().div_ceil(UNIT)).unwrap_or(u32::MAX >> 4).clamp(1, u32::MAX >> 4);
        Self { units: Arc::new(Semaphore::new(total as usize)), total, waiting: Arc::default() }
    }

    /// Waits until `wanted` bytes are free and holds them. More than the whole budget counts as the whole of it.
    pub async fn acquire(&self, wanted: ByteSize) -> BufferPermit {
        if let Some(permit) = self.try_acquire(wanted) {
            return permit;
        }
        let _waiting = Waiting::among(&self.waiting);
        match Arc::clone(&self.units).acquire_many_owned(self.units_of(wanted)).await {
            Ok(held) => self.permit(held),
            Err(_closed) => unreachable!("the semaphore of a budget is never closed"),
        }
    }

    /// Holds `wanted` bytes if they are free and no upload waits.
    #[must_use]
    pub fn try_acquire(&self, wanted: ByteSize) -> Option<BufferPermit> {
        let held = Arc::clone(&self.units).try_acquire_many_owned(self.units_of(wanted)).ok()?;
        Some(self.permit(held))
    }

    /// Whether an upload waits for bytes that others hold.
    #[must_use]
    pub fn is_contended(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Bytes that no permit holds.
    #[must_use]
    pub fn available(&self) -> ByteSize {
        ByteSize::new(self.units.available_permits() as u64 * UNIT)
    }

    fn units_of(&self, wanted: ByteSize) -> u32 {
        u32::try_from(wanted.bytes().div_ceil(UNIT)).unwrap_or(self.total).clamp(1, self.total)
    }

    fn permit(&self, held: OwnedSemaphorePermit) -> BufferPermit {
        BufferPermit { held, waiting: Arc::clone(&self.waiting) }
    }
}

impl BufferPermit {
    /// How much is held.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.held.num_permits() as u64 * UNIT
    }

    /// Ends when it is time to give this back though it was not filled: from this call on less than 16 KiB a second can
    /// have come, in half a minute at least, and another upload waits. Without that a few senders of a byte a second
    /// would keep all others out.
    pub async fn overdue(&self) {
        tokio::time::sleep(MIN_HOLD_TIME.max(Duration::from_secs(self.bytes() / LEAST_RATE))).await;
        while self.waiting.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(CONTENTION_POLL_INTERVAL).await;
        }
    }
}

/// Counts one waiting upload until it is dropped.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn among(waiting: &Arc<AtomicUsize>) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(waiting))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use futures_util::FutureExt as _;
    use tokio::time::{Instant, timeout};

    use super::*;

    fn kib(count: u64) -> ByteSize {
        ByteSize::new(count * 1024)
    }

    #[test]
    fn an_upload_that_needs_more_than_is_left_waits_until_it_is_given_back() {
        let budget = BufferBudget::new(kib(10));
        let first = budget.acquire(kib(7)).now_or_never().unwrap();
        assert_eq!(budget.available(), kib(3));
        let mut second = Box::pin(budget.acquire(kib(4)));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(budget.try_acquire(kib(4)).is_none());
        drop(first);
        let second = second.now_or_never().unwrap();
        assert_eq!(budget.available(), kib(6));
        drop(second);
        assert_eq!(budget.available(), kib(10));
    }

    #[test]
    fn more_than_the_whole_budget_counts_as_the_whole_of_it() {
        let budget = BufferBudget::new(kib(2));
        for wanted in [kib(3), ByteSize::new(u64::MAX)] {
            let held = budget.acquire(wanted).now_or_never().unwrap();
            assert_eq!(budget.available(), ByteSize::ZERO);
            drop(held);
        }
    }

    #[test]
    fn the_smallest_and_the_largest_budget_work() {
        assert_eq!(BufferBudget::new(ByteSize::ZERO).available(), kib(1));
        assert!(BufferBudget::new(ByteSize::new(u64::MAX)).acquire(kib(1)).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_overdue_after_a_while_if_an_upload_waits_for_it() {
        let budget = BufferBudget::new(kib(10));
        let held = budget.acquire(kib(10)).await;
        let (long, begun) = (MIN_HOLD_TIME * 10, Instant::now());
        assert!(timeout(long, held.overdue()).await.is_err(), "no upload waits");
        assert!(!budget.is_contended());
        let mut other = Box::pin(budget.acquire(kib(1)));
        assert!(other.as_mut().now_or_never().is_none());
        assert!(budget.is_contended());
        held.overdue().await;
        assert_eq!(begun.elapsed(), long + MIN_HOLD_TIME);
        drop(other);
        assert!(!budget.is_contended());
        assert!(timeout(long, held.overdue()).await.is_err(), "no upload waits any more");
    }

    #[tokio::test(start_paused = true)]
    async fn who_holds_more_has_more_time_to_fill_it() {
        let budget = BufferBudget::new(kib(16 * 100));
        let held = budget.acquire(kib(16 * 100)).await;
        let mut other = Box::pin(budget.acquire(kib(1)));
        assert!(other.as_mut().now_or_never().is_none());
        let begun = Instant::now();
        held.overdue().await;
        assert_eq!(begun.elapsed(), Duration::from_secs(100));
    }
}
