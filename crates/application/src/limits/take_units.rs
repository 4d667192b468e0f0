//! Something that a client wants to do, and may not do too often.

use std::num::NonZeroU64;
use std::sync::Arc;

use super::AppliedLimit;
use crate::ports::{Ports, Settings};
use fm_domain::error::PortResult;
use fm_domain::limits::{LimitKey, RateLimiter, RatePolicies};

/// Takes units of a limit before something is done.
pub struct TakeUnits {
    limiter: Arc<dyn RateLimiter>,
    policies: RatePolicies,
}

impl TakeUnits {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { limiter: ports.limits.clone(), policies: settings.rate_policies.clone() }
    }

    /// Takes them as a whole or not at all. `None`: the action is not limited.
    pub async fn run(&self, key: &LimitKey, cost: NonZeroU64) -> PortResult<Option<AppliedLimit>> {
        let Some(policy) = self.policies.of(key.action) else { return Ok(None) };
        let decision = self.limiter.take(key, policy, cost).await?;
        Ok(Some(AppliedLimit { action: key.action, policy: *policy, decision }))
    }
}

#[cfg(test)]
mod tests;
