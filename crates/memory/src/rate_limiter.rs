//! Limits of one process.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::PortResult;
use fm_domain::limits::{LimitKey, RateDecision, RateLimiter, RatePolicy};

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
    by_key: HashMap<LimitKey, Counter>,
    by_end: BTreeSet<(Timestamp, LimitKey)>,
}

impl Counters {
    fn put(&mut self, key: LimitKey, counter: Counter) {
        self.by_end.insert((counter.end(), key));
        self.by_key.insert(key, counter);
    }

    fn take(&mut self, key: &LimitKey) -> Option<Counter> {
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

/// What was used of one key. The unit of measure is a unit of the limit times a microsecond of the window: in it every
/// amount is whole, and a microsecond gives back `limit`.
#[derive(Clone, Copy)]
struct Counter {
    policy: RatePolicy,
    used: u128,
    at: Timestamp,
}

impl Counter {
    const fn unused(policy: RatePolicy, at: Timestamp) -> Self {
        Self { policy, used: 0, at }
    }

    /// The counter at `now`. A clock that was set back gives nothing back.
    fn drained(self, now: Timestamp) -> Self {
        let back = now.since(self.at).as_micros().saturating_mul(self.limit());
        Self { used: self.used.saturating_sub(back), at: now, ..self }
    }

    fn limit(&self) -> u128 {
        u128::from(self.policy.limit.get())
    }

    fn window(&self) -> u128 {
        u128::from(self.policy.window_micros())
    }

    /// What `units` measure, at most the whole limit.
    fn measure(&self, units: NonZeroU64) -> u128 {
        u128::from(units.get()).min(self.limit()) * self.window()
    }

    fn full(&self) -> u128 {
        self.limit() * self.window()
    }

    /// When all of its units are back.
    fn end(&self) -> Timestamp {
        self.at.plus(self.time_of(self.used))
    }

    /// How long it takes until so much is back.
    fn time_of(&self, amount: u128) -> Duration {
        Duration::from_micros(u64::try_from(amount.div_ceil(self.limit())).unwrap_or(u64::MAX))
    }

    /// The answer to a call that is allowed, or would be, when `wanted` is free.
    fn decision(&self, is_allowed: bool, wanted: u128) -> RateDecision {
        let free = self.full().saturating_sub(self.used);
        let missing = if is_allowed { 0 } else { (self.used + wanted).saturating_sub(self.full()) };
        RateDecision {
            is_allowed,
            remaining: u64::try_from(free / self.window()).unwrap_or(u64::MAX),
            reset_after: self.time_of(self.used),
            retry_after: self.time_of(missing),
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
        count: impl FnOnce(&mut Counter) -> RateDecision,
    ) -> RateDecision {
        let mut counters = locked(&self.counters);
        // Under the lock: time never goes back between two calls.
        let now = self.clock.now();
        counters.remove_idle(now);
        let stored = counters.take(key).filter(|counter| counter.policy == *policy);
        let mut counter = stored.unwrap_or(Counter::unused(*policy, now)).drained(now);
        let decision = count(&mut counter);
        if counter.used > 0 {
            counters.make_room(self.capacity);
            counters.put(*key, counter);
        }
        decision
    }
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn take(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        Ok(self.count(key, policy, |counter| {
            let cost = counter.measure(cost);
            let is_allowed = counter.used + cost <= counter.full();
            if is_allowed {
                counter.used += cost;
            }
            counter.decision(is_allowed, cost)
        }))
    }

    async fn spend(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        Ok(self.count(key, policy, |counter| {
            let cost = u128::from(cost.get()).saturating_mul(counter.window());
            counter.used = counter.used.saturating_add(cost).min(2 * counter.full());
            counter.decision(counter.used <= counter.full(), counter.window())
        }))
    }
}

#[cfg(test)]
mod tests;
