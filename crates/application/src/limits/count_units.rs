//! Something that a client may not do too often.

use std::num::NonZeroU64;
use std::sync::Arc;

use super::AppliedLimit;
use crate::ports::{Ports, Settings};
use fm_domain::error::PortResult;
use fm_domain::limits::{LimitKey, RateLimiter, RatePolicies};

/// When units are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Before something is done: they are taken as a whole or not at all.
    Before,
    /// After it was done, because its measure was not known before: they are counted past the limit where need be.
    After,
}

/// Counts units of a limit.
pub struct CountUnits {
    limiter: Arc<dyn RateLimiter>,
    policies: RatePolicies,
}

impl CountUnits {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { limiter: ports.limits.clone(), policies: settings.rate_policies.clone() }
    }

    /// What the limiter says. `None`: the action is not limited.
    pub async fn run(
        &self,
        key: &LimitKey,
        cost: NonZeroU64,
        counting: Counting,
    ) -> PortResult<Option<AppliedLimit>> {
        let Some(policy) = self.policies.of(key.action) else { return Ok(None) };
        let decision = match counting {
            Counting::Before => self.limiter.take(key, policy, cost).await?,
            Counting::After => self.limiter.spend(key, policy, cost).await?,
        };
        Ok(Some(AppliedLimit { action: key.action, policy: *policy, decision }))
    }
}

#[cfg(test)]
mod tests;
