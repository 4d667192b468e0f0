//! The arithmetic of a limit.

use std::num::NonZeroU64;
use std::time::Duration;

use super::{RateDecision, RatePolicy};
use crate::clock::Timestamp;

/// What was used of one limit, by the generic cell rate algorithm: what is taken comes back evenly.
///
/// The unit of measure is a unit of the limit times a microsecond of the window: in it every amount is whole, and a
/// microsecond gives back `limit`.
#[derive(Debug, Clone, Copy)]
pub struct RateCounter {
    policy: RatePolicy,
    used: u128,
    at: Timestamp,
}

impl RateCounter {
    /// A counter of which nothing is used.
    #[must_use]
    pub const fn unused(policy: RatePolicy, at: Timestamp) -> Self {
        Self { policy, used: 0, at }
    }

    /// Takes `cost` units if there are so many at `now`, as a whole or not at all. A cost above the limit counts as the
    /// limit. A clock that was set back gives nothing back, and from then on counts anew.
    pub fn take(&mut self, now: Timestamp, cost: NonZeroU64) -> RateDecision {
        self.drain(now);
        let cost = self.measure(cost);
        let is_allowed = self.used + cost <= self.full();
        if is_allowed {
            self.used += cost;
        }
        self.decision(is_allowed, cost)
    }

    /// Counts what was done already, past the limit where need be, but by at most another limit.
    pub fn spend(&mut self, now: Timestamp, cost: NonZeroU64) -> RateDecision {
        self.drain(now);
        let cost = u128::from(cost.get()).saturating_mul(self.window());
        self.used = self.used.saturating_add(cost).min(2 * self.full());
        self.decision(self.used <= self.full(), self.window())
    }

    /// What it counts by.
    #[must_use]
    pub const fn policy(&self) -> &RatePolicy {
        &self.policy
    }

    /// When all of its units are back.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.at.plus(self.time_of(self.used))
    }

    fn drain(&mut self, now: Timestamp) {
        let back = now.since(self.at).as_micros().saturating_mul(self.limit());
        self.used = self.used.saturating_sub(back);
        self.at = now;
    }

    fn limit(&self) -> u128 {
        u128::from(self.policy.limit.get())
    }

    fn window(&self) -> u128 {
        u128::from(self.policy.window_micros())
    }

    /// What `units` measure, at most the whole limit.
    fn measure(&self, units: NonZeroU64) -> u128 {
        u128::from(units.get()).min(self.limit()) * self.window()
    }

    fn full(&self) -> u128 {
        self.limit() * self.window()
    }

    /// How long it takes until so much is back.
    fn time_of(&self, amount: u128) -> Duration {
        Duration::from_micros(u64::try_from(amount.div_ceil(self.limit())).unwrap_or(u64::MAX))
    }

    /// The answer to a call that is allowed, or would be, when `wanted` is free.
    fn decision(&self, is_allowed: bool, wanted: u128) -> RateDecision {
        let free = self.full().saturating_sub(self.used);
        let missing = if is_allowed { 0 } else { (self.used + wanted).saturating_sub(self.full()) };
        RateDecision {
            is_allowed,
            remaining: u64::try_from(free / self.window()).unwrap_or(u64::MAX),
            reset_after: self.time_of(self.used),
            retry_after: self.time_of(missing),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

    use super::*;

    const POLICY: RatePolicy =
        RatePolicy { limit: NonZeroU64::new(10).unwrap(), window: Duration::from_mins(1) };
    const START: Timestamp = Timestamp::from_unix_seconds(1_750_000_000);

    fn units(number: u64) -> NonZeroU64 {
        NonZeroU64::new(number).unwrap()
    }

    #[test]
    fn what_is_taken_comes_back_evenly() {
        let mut counter = RateCounter::unused(POLICY, START);
        assert_eq!(counter.take(START, units(10)).remaining, 0);
        assert_eq!(counter.end(), START.plus(Duration::from_mins(1)));
        let refused = counter.take(START.plus(Duration::from_secs(5)), units(1));
        assert_eq!((refused.is_allowed, refused.retry_after), (false, Duration::from_secs(1)));
        assert!(counter.take(START.plus(Duration::from_secs(6)), units(1)).is_allowed);
        counter.take(START.plus(Duration::from_mins(3)), units(1));
        assert_eq!(counter.end(), START.plus(Duration::from_secs(186)));
    }

    #[test]
    fn what_was_done_already_counts_past_the_limit_and_by_another_limit_at_most() {
        let mut counter = RateCounter::unused(POLICY, START);
        let spent = counter.spend(START, units(1000));
        assert_eq!((spent.is_allowed, spent.remaining), (false, 0));
        assert_eq!(counter.end(), START.plus(Duration::from_mins(2)));
    }

    #[test]
    fn a_clock_that_is_set_back_gives_nothing_back_and_counts_on() {
        let mut counter = RateCounter::unused(POLICY, START);
        counter.take(START, units(10));
        let earlier = START.minus(Duration::from_hours(24));
        assert!(!counter.take(earlier, units(1)).is_allowed);
        assert!(counter.take(earlier.plus(Duration::from_secs(6)), units(1)).is_allowed);
    }
}
