//! Limits: how often a client may do something in a stretch of time.

mod counter;
mod model;
mod port;

pub use counter::RateCounter;
pub use model::{LimitKey, LimitSubject, LimitedAction, Network, RatePolicies, RatePolicy};
pub use port::{RateDecision, RateLimiter};

#[cfg(any(test, feature = "mock"))]
pub use port::MockRateLimiter;
