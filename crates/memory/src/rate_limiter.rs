//! Limits of one process.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::PortResult;
use fm_domain::limits::{LimitKey, RateCounter, RateDecision, RateLimiter, RatePolicy};

use crate::locked;

/// Keys at most: about 20 MiB.
const CAPACITY: usize = 100_000;

/// Entries that one call looks at. Each call adds one key at most, so all idle ones leave in the end.
const REMOVED_AT_ONCE: usize = 1_000;

/// How long a key stays when all of its units are back: a busy one is not removed and added again all the time.
const LINGER: Duration = Duration::from_millis(100);

/// Counts in the memory of one process: several nodes count apart.
///
/// Keys that have all of their units again are removed a moment later. When there is no room for a new key, the one that has its units
/// back soonest leaves: a flood of addresses frees no client that used much.
pub struct MemoryRateLimiter {
    clock: Arc<dyn Clock>,
    capacity: usize,
    counters: Mutex<Counters>,
}

/// Counters by key, and by when they leave.
#[derive(Default)]
struct Counters {
    by_key: HashMap<LimitKey, Stored>,
    /// One entry for each key. What is taken later puts off when it leaves: its entry is moved when its time has come, and
    /// not at each call.
    by_end: BTreeSet<(Timestamp, LimitKey)>,
}

struct Stored {
    counter: RateCounter,
    /// The time of its entry: when it leaves, or earlier.
    entered: Timestamp,
}

/// When a counter leaves if nothing else is taken.
fn leaves(counter: &RateCounter) -> Timestamp {
    counter.end().plus(LINGER)
}

impl Counters {
    fn insert(&mut self, key: LimitKey, counter: RateCounter) {
        let entered = leaves(&counter);
        self.by_end.insert((entered, key));
        self.by_key.insert(key, Stored { counter, entered });
    }

    fn remove_idle(&mut self, now: Timestamp) {
        for _ in 0..REMOVED_AT_ONCE {
            match self.by_end.first() {
                Some((entered, _)) if *entered <= now => self.remove_first(),
                _ => return,
            }
        }
    }

    /// Removes a key where there is no room: the one that leaves first, unless so many were used again since their entries were
    /// made that others would wait while it is looked for.
    fn make_room(&mut self, capacity: usize) {
        for _ in 0..REMOVED_AT_ONCE {
            if self.by_key.len() < capacity {
                return;
            }
            self.remove_first();
        }
        if let Some((_, key)) = self.by_end.pop_first() {
            self.by_key.remove(&key);
        }
    }

    /// Removes the key of the first entry, or moves the entry where the key was used since.
    fn remove_first(&mut self) {
        let Some((entered, key)) = self.by_end.pop_first() else { return };
        let Some(stored) = self.by_key.get_mut(&key) else { return };
        let leaves = leaves(&stored.counter);
        if leaves == entered {
            self.by_key.remove(&key);
        } else {
            stored.entered = leaves;
            self.by_end.insert((leaves, key));
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
        let Counters { by_key, by_end } = &mut *counters;
        if let Some(Stored { counter, entered }) = by_key.get_mut(key) {
            if counter.policy() != policy {
                *counter = RateCounter::unused(*policy, now);
            }
            let decision = count(counter, now);
            // A clock that was set back and another policy bring it forward.
            let leaves = leaves(counter);
            if leaves < *entered {
                by_end.remove(&(*entered, *key));
                by_end.insert((leaves, *key));
                *entered = leaves;
            }
            return decision;
        }
        let mut counter = RateCounter::unused(*policy, now);
        let decision = count(&mut counter, now);
        counters.make_room(self.capacity);
        counters.insert(*key, counter);
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
