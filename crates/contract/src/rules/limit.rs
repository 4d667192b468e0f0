//! LIMIT: what limiters count, take and give back.
//!
//! Where a rule waits, the store may have a clock of its own and a machine that is busy: units come back within seconds, and
//! those that must not come back meanwhile take longer.

use std::num::NonZeroU64;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use fm_domain::ids::UserId;
use fm_domain::limits::{LimitKey, LimitSubject, LimitedAction, RateDecision, RateLimiter, RatePolicy};
use futures_util::FutureExt as _;
use futures_util::future::join_all;

use crate::fixture::{ATTEMPTS, soon, uuid};
use crate::harness::RateLimiterHarness;

pub(super) const HOUR: Duration = Duration::from_hours(1);

/// In which one unit comes back, where a rule waits for it.
const TICK: Duration = Duration::from_secs(2);

/// How much of a tick a busy machine may take to make a few calls.
const SLACK: Duration = Duration::from_millis(1_500);

pub(super) fn units(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).unwrap()
}

pub(super) fn policy(limit: u64, window: Duration) -> RatePolicy {
    RatePolicy { limit: units(limit), window }
}

/// A key that no other rule uses.
pub(super) fn key() -> LimitKey {
    LimitKey::new(LimitedAction::UserRequests, LimitSubject::User(UserId::new(uuid())))
}

pub(super) async fn take(
    limiter: &dyn RateLimiter,
    key: &LimitKey,
    policy: &RatePolicy,
    cost: u64,
) -> RateDecision {
    limiter.take(key, policy, units(cost)).await.unwrap()
}

/// Runs what holds only where a few calls take less than a unit to come back; again where it fails: a busy machine may be late, but
/// not again and again.
async fn in_time(calls: impl AsyncFn()) {
    for _attempt in 1..ATTEMPTS {
        if AssertUnwindSafe(calls()).catch_unwind().await.is_ok() {
            return;
        }
    }
    calls().await;
}

/// Takes what must be allowed.
async fn taken(limiter: &dyn RateLimiter, key: &LimitKey, policy: &RatePolicy, cost: u64) -> RateDecision {
    let decision = take(limiter, key, policy, cost).await;
    assert!(decision.is_allowed, "{cost} of {policy:?}: {decision:?}");
    assert_eq!(decision.retry_after, Duration::ZERO, "an allowed call need not be made again");
    decision
}

/// Takes what must be refused.
async fn refused(limiter: &dyn RateLimiter, key: &LimitKey, policy: &RatePolicy, cost: u64) -> RateDecision {
    let decision = take(limiter, key, policy, cost).await;
    assert!(!decision.is_allowed, "{cost} of {policy:?}: {decision:?}");
    assert!(decision.retry_after > Duration::ZERO, "a refused call may be made later: {decision:?}");
    decision
}

/// Asserts that a time is the expected one, but for what has passed meanwhile.
fn assert_time(what: &str, found: Duration, expected: Duration) {
    let least = expected.saturating_sub(SLACK);
    assert!(found <= expected && found > least, "{what}: {found:?}, expected {expected:?}");
}

pub(crate) async fn limit_01_the_whole_limit_may_be_taken_at_once_and_no_more<H: RateLimiterHarness>(
    harness: &H,
) {
    let limiter = harness.limiter();
    for limit in [1, 3, 7, 10, 60] {
        let (key, policy) = (key(), policy(limit, HOUR));
        for left in (0..limit).rev() {
            let decision = taken(&*limiter, &key, &policy, 1).await;
            assert_eq!(decision.remaining, left);
        }
        let decision = refused(&*limiter, &key, &policy, 1).await;
        assert_eq!(decision.remaining, 0);
    }
}

pub(crate) async fn limit_02_of_calls_at_once_those_are_allowed_for_which_there_are_units<
    H: RateLimiterHarness,
>(
    harness: &H,
) {
    for cost in [1, 3] {
        let (key, policy) = (key(), policy(20, HOUR));
        let calls = (0..64).map(|_| {
            let limiter = harness.limiter();
            tokio::spawn(async move { take(&*limiter, &key, &policy, cost).await.is_allowed })
        });
        let answers = soon("calls at once", join_all(calls)).await;
        let allowed = answers.into_iter().filter(|answer| *answer.as_ref().unwrap()).count();
        assert_eq!(allowed as u64, 20 / cost, "allowed calls of {cost}, of 64");
    }
}

pub(crate) async fn limit_03_what_was_taken_comes_back_evenly<H: RateLimiterHarness>(harness: &H) {
    in_time(async || {
        let limiter = harness.limiter();
        let (key, policy) = (key(), policy(3, 3 * TICK));
        taken(&*limiter, &key, &policy, 3).await;
        refused(&*limiter, &key, &policy, 1).await;
        harness.pass(TICK).await;
        taken(&*limiter, &key, &policy, 1).await;
        refused(&*limiter, &key, &policy, 1).await;
        // However long a key was idle, there is one limit and no more.
        harness.pass(4 * TICK).await;
        taken(&*limiter, &key, &policy, 3).await;
        refused(&*limiter, &key, &policy, 1).await;
    })
    .await;
}

pub(crate) async fn limit_04_a_cost_is_taken_as_a_whole_or_not_at_all<H: RateLimiterHarness>(harness: &H) {
    let limiter = harness.limiter();
    let (key, policy) = (key(), policy(10, HOUR));
    assert_eq!(taken(&*limiter, &key, &policy, 7).await.remaining, 3);
    assert_eq!(refused(&*limiter, &key, &policy, 4).await.remaining, 3);
    assert_eq!(taken(&*limiter, &key, &policy, 3).await.remaining, 0);
}

pub(crate) async fn limit_05_a_refused_call_takes_nothing<H: RateLimiterHarness>(harness: &H) {
    in_time(async || {
        let limiter = harness.limiter();
        let (key, policy) = (key(), policy(2, 2 * TICK));
        taken(&*limiter, &key, &policy, 2).await;
        let mut latest = refused(&*limiter, &key, &policy, 1).await;
        for _ in 0..20 {
            let next = refused(&*limiter, &key, &policy, 1).await;
            assert!(next.reset_after <= latest.reset_after, "{latest:?}, then {next:?}");
            latest = next;
        }
        harness.pass(latest.retry_after).await;
        taken(&*limiter, &key, &policy, 1).await;
    })
    .await;
}

pub(crate) async fn limit_06_a_cost_above_the_limit_counts_as_the_limit<H: RateLimiterHarness>(harness: &H) {
    in_time(async || {
        let limiter = harness.limiter();
        let (unused, used, policy) = (key(), key(), policy(10, HOUR));
        let decision = taken(&*limiter, &unused, &policy, 25).await;
        assert_eq!(decision.remaining, 0);
        assert_time("all of it back", decision.reset_after, HOUR);
        refused(&*limiter, &unused, &policy, 1).await;

        taken(&*limiter, &used, &policy, 1).await;
        let decision = refused(&*limiter, &used, &policy, u64::MAX).await;
        assert_eq!(decision.remaining, 9);
        assert_time("one unit back", decision.retry_after, HOUR / 10);
        taken(&*limiter, &used, &policy, 9).await;
    })
    .await;
}

pub(crate) async fn limit_07_what_was_done_counts_past_the_limit_by_another_limit_at_most<
    H: RateLimiterHarness,
>(
    harness: &H,
) {
    in_time(async || {
        let limiter = harness.limiter();
        let (key, policy) = (key(), policy(10, HOUR));
        let spend = async |cost| limiter.spend(&key, &policy, units(cost)).await.unwrap();
        let decision = spend(4).await;
        assert_eq!((decision.is_allowed, decision.remaining), (true, 6));
        assert_eq!(decision.retry_after, Duration::ZERO);
        let decision = spend(9).await;
        assert_eq!((decision.is_allowed, decision.remaining), (false, 0), "13 of 10");
        assert_time("13 units back", decision.reset_after, HOUR * 13 / 10);
        assert_time("until one may be taken", decision.retry_after, HOUR * 4 / 10);
        let decision = refused(&*limiter, &key, &policy, 2).await;
        assert_time("until two may be taken", decision.retry_after, HOUR * 5 / 10);
        for cost in [1_000, u64::MAX] {
            let decision = spend(cost).await;
            assert_eq!((decision.is_allowed, decision.remaining), (false, 0));
            assert_time("all of it back", decision.reset_after, HOUR * 2);
        }
    })
    .await;

    // Every one of them counts, each time: none comes back meanwhile.
    let (key, policy) = (key(), policy(10, HOUR));
    let calls = (0..6).map(|_| {
        let limiter = harness.limiter();
        tokio::spawn(async move { limiter.spend(&key, &policy, units(1)).await.unwrap() })
    });
    for call in soon("calls at once", join_all(calls)).await {
        assert!(call.unwrap().is_allowed);
    }
    assert_eq!(taken(&*harness.limiter(), &key, &policy, 1).await.remaining, 3);
}

pub(crate) async fn limit_08_each_action_of_each_client_is_counted_by_itself<H: RateLimiterHarness>(
    harness: &H,
) {
    let limiter = harness.limiter();
    let policy = policy(1, HOUR);
    let address = |text: &str| text.parse().unwrap();
    let email = |text: &str| text.parse().unwrap();
    let subjects = [
        LimitSubject::address(address("192.0.2.7")),
        LimitSubject::address(address("192.0.2.70")),
        LimitSubject::address(address("2001:db8:0:1::7")),
        LimitSubject::address(address("2001:db8:0:2::7")),
        LimitSubject::User(UserId::new(uuid())),
        LimitSubject::User(UserId::new(uuid())),
        LimitSubject::account_from(&email("ada@example.com"), address("192.0.2.7")),
        LimitSubject::account_from(&email("bob@example.com"), address("192.0.2.7")),
        LimitSubject::account_from(&email("ada@example.com"), address("192.0.2.70")),
    ];
    for action in LimitedAction::ALL {
        for subject in subjects {
            taken(&*limiter, &LimitKey::new(action, subject), &policy, 1).await;
        }
    }
    let last = LimitKey::new(LimitedAction::UploadBytes, subjects[0]);
    refused(&*limiter, &last, &policy, 1).await;
    let same_network = LimitSubject::address(address("2001:db8:0:1:ffff::1"));
    refused(&*limiter, &LimitKey::new(LimitedAction::Refreshes, same_network), &policy, 1).await;
}

pub(crate) async fn limit_09_a_decision_tells_what_remains_and_when_more_comes_back<H: RateLimiterHarness>(
    harness: &H,
) {
    in_time(async || {
        let limiter = harness.limiter();
        let (key, policy) = (key(), policy(10, 10 * TICK));
        let decision = taken(&*limiter, &key, &policy, 4).await;
        assert_eq!(decision.remaining, 6);
        assert_time("four units back", decision.reset_after, 4 * TICK);
        let decision = refused(&*limiter, &key, &policy, 7).await;
        assert_eq!(decision.remaining, 6);
        assert_time("four units back", decision.reset_after, 4 * TICK);
        assert_time("a seventh unit", decision.retry_after, TICK);

        harness.pass(decision.retry_after / 2).await;
        let decision = refused(&*limiter, &key, &policy, 7).await;
        assert!(decision.retry_after <= TICK / 2, "half of the time has passed: {decision:?}");
        harness.pass(decision.retry_after).await;
        taken(&*limiter, &key, &policy, 7).await;
    })
    .await;
}

pub(crate) async fn limit_10_bytes_beyond_four_gibibytes_are_counted<H: RateLimiterHarness>(harness: &H) {
    in_time(async || {
        const GIB: u64 = 1 << 30;
        let limiter = harness.limiter();
        let (key, policy) = (key(), policy(50 * GIB, Duration::from_hours(24)));
        for left in [4, 3, 2, 1, 0] {
            let decision = taken(&*limiter, &key, &policy, 10 * GIB).await;
            let (least, most) = (left * 10 * GIB, left * 10 * GIB + GIB);
            assert!((least..most).contains(&decision.remaining), "{left} times 10 GiB: {decision:?}");
        }
        refused(&*limiter, &key, &policy, GIB).await;
        let decision = limiter.spend(&key, &policy, units(10 * GIB)).await.unwrap();
        assert_time("60 GiB back", decision.reset_after, Duration::from_hours(24) * 6 / 5);
    })
    .await;
}
