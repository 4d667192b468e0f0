#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicBool, AtomicUsize};

use fm_domain::clock::Timestamp;
use fm_domain::error::PortError;
use fm_domain::limits::{LimitSubject, LimitedAction};

use super::*;
use crate::{ManualClock, MemoryRateLimiter};

const ONE: NonZeroU64 = NonZeroU64::MIN;

const POLICY: RatePolicy = RatePolicy { limit: NonZeroU64::new(3).unwrap(), window: Duration::from_hours(1) };

fn key() -> LimitKey {
    LimitKey::new(LimitedAction::Refreshes, LimitSubject::address("192.0.2.7".parse().unwrap()))
}

/// A store that can be out of reach, and counts how often it is asked.
struct Store {
    counts: MemoryRateLimiter,
    is_gone: AtomicBool,
    asked: AtomicUsize,
}

impl Store {
    fn ask(&self) -> PortResult<()> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_gone.load(Ordering::SeqCst) { Err(PortError::Unavailable("gone".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl RateLimiter for Store {
    async fn take(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        self.ask()?;
        self.counts.take(key, policy, cost).await
    }

    async fn spend(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        self.ask()?;
        self.counts.spend(key, policy, cost).await
    }
}

fn limiters() -> (Arc<Store>, LocalFallback) {
    let counts = || MemoryRateLimiter::new(Arc::new(ManualClock::new(Timestamp::from_unix_seconds(0))));
    let store =
        Arc::new(Store { counts: counts(), is_gone: AtomicBool::new(false), asked: AtomicUsize::new(0) });
    (Arc::clone(&store), LocalFallback::new(store, Arc::new(counts())))
}

async fn remaining(limits: &LocalFallback) -> u64 {
    limits.take(&key(), &POLICY, ONE).await.unwrap().remaining
}

#[tokio::test]
async fn the_store_counts_while_it_answers() {
    let (store, limits) = limiters();
    assert_eq!(remaining(&limits).await, 2);
    assert_eq!(limits.spend(&key(), &POLICY, ONE).await.unwrap().remaining, 1);
    assert_eq!(store.counts.take(&key(), &POLICY, ONE).await.unwrap().remaining, 0);
    assert!(!limits.take(&key(), &POLICY, ONE).await.unwrap().is_allowed, "a refusal is an answer");
}

#[tokio::test(start_paused = true)]
async fn this_process_counts_while_the_store_is_out_of_reach() {
    let (store, limits) = limiters();
    assert_eq!(remaining(&limits).await, 2);
    store.is_gone.store(true, Ordering::SeqCst);
    for left in [2, 1] {
        assert_eq!(remaining(&limits).await, left);
    }
    assert_eq!(limits.spend(&key(), &POLICY, ONE).await.unwrap().remaining, 0);
    assert!(!limits.take(&key(), &POLICY, ONE).await.unwrap().is_allowed);
    assert_eq!(limits.fallbacks(), 4, "each answer of this process is counted");
    store.is_gone.store(false, Ordering::SeqCst);
    tokio::time::advance(PAUSE).await;
    assert_eq!(remaining(&limits).await, 1, "the store goes on from what it had counted");
    assert_eq!(limits.fallbacks(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_store_out_of_reach_is_tried_once_a_second() {
    let (store, limits) = limiters();
    store.is_gone.store(true, Ordering::SeqCst);
    for second in 1..=3 {
        for _ in 0..10 {
            let _decision = limits.take(&key(), &POLICY, ONE).await.unwrap();
        }
        assert_eq!(store.asked.load(Ordering::SeqCst), second);
        tokio::time::advance(PAUSE).await;
    }
}
