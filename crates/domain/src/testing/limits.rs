//! A limiter without limits.

use std::num::NonZeroU64;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::PortResult;
use crate::limits::{LimitKey, RateDecision, RateLimiter, RatePolicy};

/// Allows everything and counts nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoLimits;

impl NoLimits {
    const fn decision(policy: &RatePolicy) -> RateDecision {
        let limit = policy.limit.get();
        RateDecision {
            is_allowed: true,
            limit,
            remaining: limit,
            reset_after: Duration::ZERO,
            retry_after: Duration::ZERO,
        }
    }
}

#[async_trait]
impl RateLimiter for NoLimits {
    async fn take(&self, _: &LimitKey, policy: &RatePolicy, _: NonZeroU64) -> PortResult<RateDecision> {
        Ok(Self::decision(policy))
    }

    async fn spend(&self, _: &LimitKey, policy: &RatePolicy, _: NonZeroU64) -> PortResult<RateDecision> {
        Ok(Self::decision(policy))
    }
}
