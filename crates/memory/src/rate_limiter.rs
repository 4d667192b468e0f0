//! Limits of one process.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::PortResult;
use fm_domain::limits::{LimitKey, RateCounter, RateDecision, RateLimiter, RatePolicy};

use crate::locked;

/// Keys at most: about 20 MiB.
const CAPACITY: usize = 100_000;

/// Idle keys that one call removes at most. Each call adds one at most, so all of them leave in the end.
const REMOVED_AT_ONCE: usize = 1_000;

/// Counts in the memory of one process: several nodes count apart.
///
/// Keys that have all of their units again are removed. When there is no room for a new key, the one that has its units
/// back soonest leaves: a flood of addresses frees no client that used much.
pub struct MemoryRateLimiter {
    clock: Arc<dyn Clock>,
    capacity: usize,
    counters: Mutex<Counters>,
}

/// Counters by key, and by when they are empty.
#[derive(Default)]
struct Counters {
    by_key: HashMap<LimitKey, RateCounter>,
    by_end: BTreeSet<(Timestamp, LimitKey)>,
}

impl Counters {
    fn put(&mut self, key: LimitKey, counter: RateCounter) {
        self.by_end.insert((counter.end(), key));
        self.by_key.insert(key, counter);
    }

    fn take(&mut self, key: &LimitKey) -> Option<RateCounter> {
        let counter = self.by_key.remove(key)?;
        self.by_end.remove(&(counter.end(), *key));
        Some(counter)
    }

    fn remove_idle(&mut self, now: Timestamp) {
        for _ in 0..REMOVED_AT_ONCE {
            match self.by_end.first() {
                Some((end, key)) if *end <= now => {
                    self.by_key.remove(key);
                    self.by_end.pop_first();
                }
                _ => return,
            }
        }
    }

    fn make_room(&mut self, capacity: usize) {
        while self.by_key.len() >= capacity {
            let Some((_, key)) = self.by_end.pop_first() else { return };
            self.by_key.remove(&key);
        }
    }
}

impl MemoryRateLimiter {
    /// A limiter that goes by this clock, with room for 100,000 keys.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_capacity(clock, CAPACITY)
    }

    /// A limiter with room for this many keys.
    #[must_use]
    pub fn with_capacity(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        Self { clock, capacity, counters: Mutex::default() }
    }

    /// The keys that take room, for tests.
    #[must_use]
    pub fn stored_keys(&self) -> Vec<LimitKey> {
        locked(&self.counters).by_key.keys().copied().collect()
    }

    fn count(
        &self,
        key: &LimitKey,
        policy: &RatePolicy,
        count: impl FnOnce(&mut RateCounter, Timestamp) -> RateDecision,
    ) -> RateDecision {
        let mut counters = locked(&self.counters);
        // Under the lock: time never goes back between two calls.
        let now = self.clock.now();
        counters.remove_idle(now);
        let stored = counters.take(key).filter(|counter| counter.policy() == policy);
        let mut counter = stored.unwrap_or(RateCounter::unused(*policy, now));
        let decision = count(&mut counter, now);
        if !counter.is_unused() {
            counters.make_room(self.capacity);
            counters.put(*key, counter);
        }
        decision
    }
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn take(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        Ok(self.count(key, policy, |counter, now| counter.take(now, cost)))
    }

    async fn spend(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        Ok(self.count(key, policy, |counter, now| counter.spend(now, cost)))
    }
}

#[cfg(test)]
mod tests;
