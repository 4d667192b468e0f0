//! Limits that hold while the store that counts for all nodes is out of reach.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::error::{PortResult, chain};
use fm_domain::limits::{LimitKey, RateDecision, RateLimiter, RatePolicy};
use tokio::time::Instant;

use crate::locked;

/// How long the store is left alone after a failure, until one call tries it again.
const PAUSE: Duration = Duration::from_secs(1);

/// Counts in a store, and in this process while the store is out of reach: each node then grants the whole limit, and what
/// the store had counted is forgotten until it is back. It never fails, unless the local limiter does.
///
/// A store that fails is tried again once a second, by one call: no other call waits for it. A line of the log says when it
/// failed, and one when it is back.
pub struct LocalFallback {
    store: Arc<dyn RateLimiter>,
    local: Arc<dyn RateLimiter>,
    /// When the store is tried again, while it is out of reach.
    retry_at: Mutex<Option<Instant>>,
    fallbacks: AtomicU64,
}

impl LocalFallback {
    /// Counts in `store`, or else in `local`.
    #[must_use]
    pub fn new(store: Arc<dyn RateLimiter>, local: Arc<dyn RateLimiter>) -> Self {
        Self { store, local, retry_at: Mutex::new(None), fallbacks: AtomicU64::new(0) }
    }

    /// How often this process counted in the place of the store since the start.
    #[must_use]
    pub fn fallbacks(&self) -> u64 {
        self.fallbacks.load(Ordering::Relaxed)
    }

    fn local(&self) -> &dyn RateLimiter {
        self.fallbacks.fetch_add(1, Ordering::Relaxed);
        self.local.as_ref()
    }

    /// Whether this call asks the store.
    fn tries_store(&self) -> bool {
        let mut retry_at = locked(&self.retry_at);
        let now = Instant::now();
        match *retry_at {
            Some(at) if now < at => false,
            Some(_) => {
                *retry_at = Some(now + PAUSE);
                true
            }
            None => true,
        }
    }

    /// Notes what the store answered; `None` where it failed.
    fn note(&self, answer: PortResult<RateDecision>) -> Option<RateDecision> {
        match answer {
            Ok(decision) => {
                if locked(&self.retry_at).take().is_some() {
                    tracing::info!("the store that counts rate limits answers again");
                }
                Some(decision)
            }
            Err(error) => {
                let was_there = locked(&self.retry_at).replace(Instant::now() + PAUSE).is_none();
                if was_there {
                    tracing::warn!(
                        error = %chain(&error),
                        "the store that counts rate limits is out of reach: this node counts alone"
                    );
                }
                None
            }
        }
    }
}

#[async_trait]
impl RateLimiter for LocalFallback {
    async fn take(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        if self.tries_store()
            && let Some(decision) = self.note(self.store.take(key, policy, cost).await)
        {
            return Ok(decision);
        }
        self.local().take(key, policy, cost).await
    }

    async fn spend(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        if self.tries_store()
            && let Some(decision) = self.note(self.store.spend(key, policy, cost).await)
        {
            return Ok(decision);
        }
        self.local().spend(key, policy, cost).await
    }
}

#[cfg(test)]
mod tests;
