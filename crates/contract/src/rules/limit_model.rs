//! LIMIT: limiters beside the arithmetic of the domain.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use fm_domain::clock::Timestamp;
use fm_domain::limits::{LimitKey, RateCounter, RateDecision, RateLimiter, RatePolicy};

use super::limit::{key, policy, units};
use crate::fixture::at;
use crate::harness::RateLimiterHarness;

const LIMITS: [u32; 6] = [1, 2, 3, 7, 10, 60];

/// How many keys there are of each limit, and the calls of each key in a round.
const KEYS: usize = 4;
const CALLS: usize = 8;
const ROUNDS: usize = 3;

/// In which one unit comes back.
const TICK: Duration = Duration::from_secs(2);

/// Between two rounds. It is no whole number of ticks: which units are back does not depend on how long a few calls take.
const PAUSE: Duration = Duration::from_millis(2_500);

/// By how much a limiter may be wrong that counts in floating point, by a clock that is being set right.
const TOLERANCE: Duration = Duration::from_millis(20);

/// A counter of the domain and its time.
struct Counter {
    counter: RateCounter,
    now: Timestamp,
}

impl Counter {
    fn unused(policy: RatePolicy) -> Self {
        Self { counter: RateCounter::unused(policy, at(0)), now: at(0) }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.plus(time);
    }

    fn count(&mut self, is_spent: bool, cost: NonZeroU64) -> RateDecision {
        if is_spent { self.counter.spend(self.now, cost) } else { self.counter.take(self.now, cost) }
    }
}

/// A key, and what its limiter has to answer. The clock of the limiter is its own: what passed on it is between two bounds, and so
/// is the answer.
struct Expected {
    key: LimitKey,
    limit: u32,
    /// On its clock pass the pauses alone.
    slow: Counter,
    /// On its clock pass the pauses and the calls.
    fast: Counter,
    /// When the latest call began.
    called: Instant,
}

impl Expected {
    fn new(limit: u32) -> Self {
        let policy = policy(limit.into(), TICK * limit);
        let (slow, fast) = (Counter::unused(policy), Counter::unused(policy));
        Self { key: key(), limit, slow, fast, called: Instant::now() }
    }

    /// A pause, of which this much did not pass on the clock of the test.
    fn pause(&mut self, unslept: Duration) {
        self.slow.pass(PAUSE);
        self.fast.pass(unslept + TOLERANCE);
    }

    /// Makes a call, and compares the answer.
    async fn call(&mut self, limiter: &dyn RateLimiter, is_spent: bool, cost: NonZeroU64) {
        let (policy, begun) = (*self.slow.counter.policy(), Instant::now());
        let answer = if is_spent {
            limiter.spend(&self.key, &policy, cost).await
        } else {
            limiter.take(&self.key, &policy, cost).await
        };
        let found = answer.unwrap();
        self.fast.pass(self.called.elapsed());
        self.called = begun;
        let (least, most) = (self.slow.count(is_spent, cost), self.fast.count(is_spent, cost));
        if least.is_allowed != most.is_allowed {
            // The machine was too busy to know what is right.
            *self = Self::new(self.limit);
            return;
        }
        let operation = if is_spent { "spend" } else { "take" };
        let what = format!("{operation} {cost} of {policy:?}: {found:?}, not between {least:?} and {most:?}");
        assert_eq!(found.is_allowed, least.is_allowed, "{what}");
        assert!((least.remaining..=most.remaining).contains(&found.remaining), "{what}");
        assert_between(&what, found.reset_after, most.reset_after, least.reset_after);
        assert_between(&what, found.retry_after, most.retry_after, least.retry_after);
    }
}

fn assert_between(what: &str, found: Duration, shortest: Duration, longest: Duration) {
    let allowed = shortest.saturating_sub(TOLERANCE)..=longest + TOLERANCE;
    assert!(allowed.contains(&found), "{what}");
}

pub(crate) async fn limit_16_any_calls_are_answered_as_the_arithmetic_of_the_domain_has_it<
    H: RateLimiterHarness,
>(
    harness: &H,
) {
    let limiter = harness.limiter();
    let mut random = fastrand::Rng::with_seed(16);
    let mut keys: Vec<Expected> =
        LIMITS.iter().cycle().take(KEYS * LIMITS.len()).map(|limit| Expected::new(*limit)).collect();
    for round in 0..ROUNDS {
        if round > 0 {
            let begun = Instant::now();
            harness.pass(PAUSE).await;
            let unslept = PAUSE.saturating_sub(begun.elapsed());
            for expected in &mut keys {
                expected.pause(unslept);
            }
        }
        for expected in &mut keys {
            for _call in 0..CALLS {
                let cost = random.u64(1..=u64::from(expected.limit) + 3);
                expected.call(&*limiter, random.u8(..3) == 0, units(cost)).await;
            }
        }
    }
}
