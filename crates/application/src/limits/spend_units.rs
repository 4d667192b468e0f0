//! Something that a client has done, and whose measure is known afterwards.

use std::num::NonZeroU64;
use std::sync::Arc;

use super::AppliedLimit;
use crate::ports::{Ports, Settings};
use fm_domain::error::PortResult;
use fm_domain::limits::{LimitKey, RateLimiter, RatePolicies};

/// Counts units of a limit after something was done.
pub struct SpendUnits {
    limiter: Arc<dyn RateLimiter>,
    policies: RatePolicies,
}

impl SpendUnits {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { limiter: ports.limits.clone(), policies: settings.rate_policies.clone() }
    }

    /// Counts them, past the limit where need be. `None`: the action is not limited.
    pub async fn run(&self, key: &LimitKey, cost: NonZeroU64) -> PortResult<Option<AppliedLimit>> {
        let Some(policy) = self.policies.of(key.action) else { return Ok(None) };
        let decision = self.limiter.spend(key, policy, cost).await?;
        Ok(Some(AppliedLimit { action: key.action, policy: *policy, decision }))
    }
}

#[cfg(test)]
mod tests;
