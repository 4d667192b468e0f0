//! Waits for the connections of a database, for those who measure.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The connections of a database at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolUse {
    /// Connections at most.
    pub limit: u64,
    /// Connections that are open, in use or not.
    pub open: u64,
    /// Connections that callers have.
    pub in_use: u64,
    /// Callers that wait for one.
    pub waiting: u64,
    /// Waits that have ended since the start, with a connection or without one.
    pub checkouts: u64,
    /// How long all of them took together.
    pub waited: Duration,
}

/// Counts waits for a connection. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct CheckoutMeter(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    waiting: AtomicU64,
    checkouts: AtomicU64,
    waited_micros: AtomicU64,
}

/// A wait, from its beginning until this is dropped.
#[derive(Debug)]
pub struct Checkout {
    counters: Arc<Counters>,
    since: Instant,
}

impl CheckoutMeter {
    /// A caller begins to wait.
    #[must_use]
    pub fn begin(&self) -> Checkout {
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        Checkout { counters: Arc::clone(&self.0), since: Instant::now() }
    }

    /// What was counted, of a pool with so many connections.
    #[must_use]
    pub fn pool_use(&self, limit: u64, open: u64, in_use: u64) -> PoolUse {
        PoolUse {
            limit,
            open,
            in_use,
            waiting: self.0.waiting.load(Ordering::Relaxed),
            checkouts: self.0.checkouts.load(Ordering::Relaxed),
            waited: Duration::from_micros(self.0.waited_micros.load(Ordering::Relaxed)),
        }
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let waited = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counters.waited_micros.fetch_add(waited, Ordering::Relaxed);
        self.counters.checkouts.fetch_add(1, Ordering::Relaxed);
        self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckoutMeter, Duration, PoolUse};

    #[test]
    fn waits_are_counted_while_they_last_and_added_up_afterwards() {
        let meter = CheckoutMeter::default();
        let (first, second) = (meter.begin(), meter.clone().begin());
        let waiting =
            PoolUse { limit: 3, open: 2, in_use: 1, waiting: 2, checkouts: 0, waited: Duration::ZERO };
        assert_eq!(meter.pool_use(3, 2, 1), waiting);
        std::thread::sleep(Duration::from_millis(2));
        drop(first);
        drop(second);
        let PoolUse { waiting, checkouts, waited, .. } = meter.pool_use(3, 2, 1);
        assert_eq!((waiting, checkouts), (0, 2));
        assert!(waited >= Duration::from_millis(4), "{waited:?}");
    }
}
