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
        RateDecision {
            is_allowed: true,
            remaining: policy.limit.get(),
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
