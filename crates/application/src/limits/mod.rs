//! Limits of what clients do.

mod count_units;

pub use count_units::{CountUnits, Counting};

use crate::ports::{Ports, Settings};
use fm_domain::limits::{LimitedAction, RateDecision, RatePolicy};

/// The use cases of limits.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct RateLimits {
    pub count: CountUnits,
}

impl RateLimits {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { count: CountUnits::new(ports, settings) }
    }
}

/// What the limiter answered for an action, and by which policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppliedLimit {
    /// The action.
    pub action: LimitedAction,
    /// Its policy.
    pub policy: RatePolicy,
    /// The answer.
    pub decision: RateDecision,
}
