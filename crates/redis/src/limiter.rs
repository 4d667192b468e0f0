//! Rate limits, counted for all nodes.

use std::num::NonZeroU64;
use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::error::PortResult;
use fm_domain::limits::{LimitKey, RateDecision, RateLimiter, RatePolicy};
use redis::Script;

use crate::client::RedisClient;

/// Redis counts in floating point: larger limits and costs than this (2⁵³) are not told apart.
const LARGEST: u64 = 1 << 53;

/// `KEYS`: the counter. `ARGV`: the limit, the window in microseconds, the cost, `take` or `spend`. Answers whether it is
/// allowed, what remains, and in how many microseconds all of it is back and the call may be made again.
///
/// A counter is a string: the units that were used, and when. It goes by the clock of Redis, and ends by itself when all
/// units are back. A clock that was set back gives nothing back. What rounding loses must neither refuse the last unit nor
/// a call after its wait: hence `slack`, a billionth of the limit.
static COUNT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local slack = limit * 1e-9
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local used, at = 0, now
    local stored = redis.call('GET', KEYS[1])
    if stored then
        local used_then, then_at = string.match(stored, '^(%S+) (%S+)$')
        at = tonumber(then_at)
        used = math.max(0, tonumber(used_then) - math.max(0, now - at) * limit / window)
        -- Of a limit that was higher no more stays than one window past this one.
        used = math.min(used, 2 * limit)
    end

    local is_allowed, missing
    if ARGV[4] == 'spend' then
        used = math.min(used + cost, 2 * limit)
        is_allowed, missing = used <= limit + slack, used + 1 - limit
    else
        cost = math.min(cost, limit)
        missing = used + cost - limit
        is_allowed = missing <= slack
        if is_allowed then used = used + cost end
    end

    local function micros(units) return math.ceil(math.max(0, units) * window / limit) end
    local reset = micros(used)
    if (is_allowed or ARGV[4] == 'spend' or now < at) and reset > 0 then
        local value = string.format('%.17g %.0f', used, now)
        redis.call('SET', KEYS[1], value, 'PX', string.format('%.0f', math.ceil(reset / 1000)))
    end
    local remaining = math.floor(math.max(0, limit - used + slack))
    local retry = 0
    if not is_allowed then retry = micros(missing) end
    local function whole(number) return string.format('%.0f', number) end
    return { is_allowed and 1 or 0, whole(remaining), whole(reset), whole(retry) }",
    )
});

/// Limits in a Redis server, by its clock: every node counts with every other.
#[derive(Debug, Clone)]
pub struct RedisRateLimiter {
    redis: RedisClient,
}

impl RedisRateLimiter {
    /// A limiter in the server of this client.
    #[must_use]
    pub const fn new(redis: RedisClient) -> Self {
        Self { redis }
    }

    async fn count(
        &self,
        key: &LimitKey,
        policy: &RatePolicy,
        cost: NonZeroU64,
        how: &str,
    ) -> PortResult<RateDecision> {
        let mut script = COUNT.key(format!("fm:limit:{{{key}}}"));
        script.arg(policy.limit.get().min(LARGEST)).arg(policy.window_micros());
        script.arg(cost.get().min(LARGEST)).arg(how);
        let (is_allowed, remaining, reset, retry): (bool, u64, u64, u64) = self.redis.run(&script).await?;
        Ok(RateDecision {
            is_allowed,
            remaining: remaining.min(policy.limit.get()),
            reset_after: Duration::from_micros(reset),
            retry_after: Duration::from_micros(retry),
        })
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn take(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        self.count(key, policy, cost, "take").await
    }

    async fn spend(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        self.count(key, policy, cost, "spend").await
    }
}
