//! LIMIT: limiters that other nodes use, that go away, and that are not to grow.

use std::time::Duration;

use futures_util::future::join_all;

use super::limit::{HOUR, key, policy, take, units};
use crate::fixture::poll::cut_after;
use crate::fixture::{DROPPED, assert_refused, assert_unavailable, at_last, offered, soon};
use crate::harness::RateLimiterHarness;

pub(crate) async fn limit_11_what_one_node_counts_every_node_sees_at_once<H: RateLimiterHarness>(
    harness: &H,
) {
    let Some(there) = offered("a second node", harness.another_node().await) else { return };
    let here = harness.limiter();
    let (key, policy) = (key(), policy(10, HOUR));
    assert_eq!(take(&*here, &key, &policy, 2).await.remaining, 8);
    assert_eq!(take(&*there, &key, &policy, 2).await.remaining, 6);
    assert_eq!(there.spend(&key, &policy, units(1)).await.unwrap().remaining, 5);
    assert_eq!(take(&*here, &key, &policy, 1).await.remaining, 4);
    let calls = (0..40).map(|number| {
        let node = if number % 2 == 0 { here.clone() } else { there.clone() };
        tokio::spawn(async move { take(&*node, &key, &policy, 1).await.is_allowed })
    });
    let answers = soon("calls of two nodes", join_all(calls)).await;
    assert_eq!(answers.into_iter().filter(|answer| *answer.as_ref().unwrap()).count(), 4, "of two nodes");
}

pub(crate) async fn limit_12_a_limiter_that_is_out_of_reach_is_unavailable<H: RateLimiterHarness>(
    harness: &H,
) {
    let limiter = harness.limiter();
    let (known, policy) = (key(), policy(10, HOUR));
    take(&*limiter, &known, &policy, 1).await;
    if offered("a limiter that goes away", harness.break_it().await).is_none() {
        return;
    }
    at_last("a limiter", async {
        assert_unavailable("take", limiter.take(&known, &policy, units(1)).await);
        assert_unavailable("take of a new key", limiter.take(&key(), &policy, units(1)).await);
        assert_unavailable("spend", limiter.spend(&known, &policy, units(1)).await);
    })
    .await;
}

pub(crate) async fn limit_13_refused_credentials_are_not_taken_for_a_store_out_of_reach<
    H: RateLimiterHarness,
>(
    harness: &H,
) {
    let Some(stranger) = offered("wrong credentials", harness.with_wrong_credentials()) else { return };
    let (key, policy) = (key(), policy(10, HOUR));
    at_last("a limiter", async {
        assert_refused("take", stranger.take(&key, &policy, units(1)).await);
        assert_refused("spend", stranger.spend(&key, &policy, units(1)).await);
    })
    .await;
    assert_eq!(take(&*harness.limiter(), &key, &policy, 1).await.remaining, 9, "a stranger counted");
}

pub(crate) async fn limit_14_a_key_that_has_its_units_back_takes_no_room<H: RateLimiterHarness>(harness: &H) {
    let limiter = harness.limiter();
    let (short, long) = (policy(10, Duration::from_secs(10)), policy(10, HOUR));
    for _ in 0..50 {
        take(&*limiter, &key(), &short, 1).await;
        limiter.spend(&key(), &short, units(1)).await.unwrap();
    }
    harness.pass(Duration::from_millis(1_100)).await;
    // A limiter may tidy up when it is called.
    take(&*limiter, &key(), &long, 1).await;
    assert_eq!(
        harness.stored_keys().await,
        1,
        "of 100 keys that have their units back, and one that has not"
    );
}

pub(crate) async fn limit_15_calls_that_are_dropped_leave_room_for_others<H: RateLimiterHarness>(
    harness: &H,
) {
    let limiter = harness.limiter();
    let (dropped, other, policy) = (key(), key(), policy(1_000, HOUR));
    for number in 0..DROPPED {
        let polls = number % 3 + 1;
        cut_after(polls, limiter.take(&dropped, &policy, units(1))).await;
        cut_after(polls, limiter.spend(&dropped, &policy, units(1))).await;
    }
    let decision = soon("a call after others were dropped", take(&*limiter, &other, &policy, 1)).await;
    assert_eq!(decision.remaining, 999);
}
