//! What counts, and says no.

use std::num::NonZeroU64;
use std::time::Duration;

use async_trait::async_trait;

use super::{LimitKey, RatePolicy};
use crate::error::PortResult;

/// The answer of a limiter, for the response fields `RateLimit`, `RateLimit-Policy`
/// (draft-ietf-httpapi-ratelimit-headers) and `Retry-After` (RFC 9110, section 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateDecision {
    /// Whether the call stays within the limit.
    pub is_allowed: bool,
    /// Whole units that may be taken now, after this call.
    pub remaining: u64,
    /// How long until the whole limit may be taken again. To the microsecond, rounded up.
    pub reset_after: Duration,
    /// How long until the same call is allowed, if there is no other until then. To the microsecond, rounded up; zero where
    /// it was allowed.
    pub retry_after: Duration,
}

/// Counts what clients do, by the generic cell rate algorithm (GCRA): a key has `limit` units at first; what is taken comes
/// back evenly, a whole limit in each window. Whatever calls are made, the answers are those of
/// [`RateCounter`](super::RateCounter) (LIMIT-16). All nodes on one store count together, and at once (LIMIT-11).
///
/// Its own clock decides, which need not be that of the caller: nodes whose clocks differ count alike. A key is used with one
/// policy; when the policy changes, the key may begin anew. A key that has all of its units again takes no room (LIMIT-14).
/// A call that is dropped gives back what it held (LIMIT-15); whether it was counted is not known.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Takes `cost` units if there are so many, as a whole or not at all (LIMIT-04). Of any number of calls at once those
    /// are allowed for which there are units, and no more (LIMIT-02). A refused call takes nothing (LIMIT-05). A cost above
    /// the limit counts as the limit: it is allowed when nothing was used (LIMIT-06).
    async fn take(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision>;

    /// Counts what was done already, such as the bytes of a body without a declared length: past the limit where need be,
    /// but by at most another limit, so that two windows later a key has all of its units again (LIMIT-07). `is_allowed`
    /// says whether it was within the limit, and `retry_after`, where it was not, how long until one unit may be taken.
    async fn spend(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision>;
}
