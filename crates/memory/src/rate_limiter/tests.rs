#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use fm_domain::limits::{LimitSubject, LimitedAction};

use super::*;
use crate::ManualClock;

const MINUTE: RatePolicy = RatePolicy { limit: NonZeroU64::new(10).unwrap(), window: Duration::from_mins(1) };

fn limiter(capacity: usize) -> (MemoryRateLimiter, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000)));
    (MemoryRateLimiter::with_capacity(clock.clone(), capacity), clock)
}

fn client(number: u32) -> LimitKey {
    let address = IpAddr::V4(Ipv4Addr::from_bits(number));
    LimitKey::new(LimitedAction::AnonymousRequests, LimitSubject::address(address))
}

fn units(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).unwrap()
}

#[tokio::test]
async fn a_unit_is_back_at_its_microsecond_and_no_earlier() {
    let (limiter, clock) = limiter(10);
    // 60 s / 7 is no whole number of microseconds.
    let policy = RatePolicy { limit: units(7), ..MINUTE };
    assert!(limiter.take(&client(1), &policy, units(7)).await.unwrap().is_allowed);
    let refused = limiter.take(&client(1), &policy, units(1)).await.unwrap();
    assert_eq!(refused.retry_after, Duration::from_micros(8_571_429));
    clock.advance(Duration::from_micros(8_571_428));
    assert!(!limiter.take(&client(1), &policy, units(1)).await.unwrap().is_allowed);
    clock.advance(Duration::from_micros(1));
    assert!(limiter.take(&client(1), &policy, units(1)).await.unwrap().is_allowed);
}

#[tokio::test]
async fn a_clock_that_is_set_back_gives_nothing_back_and_locks_no_client_out() {
    let (limiter, clock) = limiter(10);
    limiter.take(&client(1), &MINUTE, units(10)).await.unwrap();
    clock.set(Timestamp::from_unix_seconds(1_700_000_000));
    let refused = limiter.take(&client(1), &MINUTE, units(1)).await.unwrap();
    assert_eq!((refused.is_allowed, refused.retry_after), (false, Duration::from_secs(6)));
    clock.advance(Duration::from_secs(6));
    assert!(limiter.take(&client(1), &MINUTE, units(1)).await.unwrap().is_allowed);
}

#[tokio::test]
async fn the_largest_numbers_overflow_nothing() {
    let (limiter, clock) = limiter(10);
    let policy = RatePolicy { limit: NonZeroU64::MAX, window: Duration::MAX };
    for _ in 0..3 {
        limiter.spend(&client(1), &policy, NonZeroU64::MAX).await.unwrap();
    }
    clock.set(Timestamp::from_unix_micros(i64::MAX));
    let decision = limiter.take(&client(1), &policy, NonZeroU64::MAX).await.unwrap();
    assert_eq!((decision.is_allowed, decision.remaining), (true, 0));
}

#[tokio::test]
async fn a_flood_of_addresses_takes_no_more_than_its_room_and_frees_no_client_that_used_much() {
    let (limiter, _clock) = limiter(100);
    assert!(limiter.take(&client(0), &MINUTE, units(10)).await.unwrap().is_allowed);
    for number in 1..5_000 {
        assert!(limiter.take(&client(number), &MINUTE, units(1)).await.unwrap().is_allowed);
        assert!(limiter.stored_keys().len() <= 100);
    }
    assert!(!limiter.take(&client(0), &MINUTE, units(1)).await.unwrap().is_allowed);
}

#[tokio::test]
async fn idle_keys_leave_when_others_are_counted() {
    let (limiter, clock) = limiter(10_000);
    for number in 0..5_000 {
        limiter.take(&client(number), &MINUTE, units(1)).await.unwrap();
    }
    clock.advance(Duration::from_secs(6) + LINGER);
    for number in 10_000..10_005 {
        limiter.take(&client(number), &MINUTE, units(1)).await.unwrap();
    }
    assert_eq!(limiter.stored_keys().len(), 5);
}

#[tokio::test]
async fn a_key_that_was_used_again_stays_until_all_of_its_units_are_back() {
    let (limiter, clock) = limiter(10_000);
    limiter.take(&client(1), &MINUTE, units(1)).await.unwrap();
    limiter.take(&client(1), &MINUTE, units(9)).await.unwrap();
    clock.advance(Duration::from_secs(6) + LINGER);
    assert_eq!(limiter.take(&client(2), &MINUTE, units(1)).await.unwrap().remaining, 9);
    assert_eq!(limiter.take(&client(1), &MINUTE, units(1)).await.unwrap().remaining, 0);
    clock.advance(Duration::from_mins(2));
    limiter.take(&client(3), &MINUTE, units(1)).await.unwrap();
    assert_eq!(limiter.stored_keys(), [client(3)]);
}

#[tokio::test]
async fn when_room_is_short_the_key_that_has_its_units_back_first_leaves_however_often_it_was_used() {
    let (limiter, _clock) = limiter(2);
    limiter.take(&client(1), &MINUTE, units(1)).await.unwrap();
    limiter.take(&client(2), &MINUTE, units(2)).await.unwrap();
    limiter.take(&client(1), &MINUTE, units(5)).await.unwrap();
    limiter.take(&client(3), &MINUTE, units(1)).await.unwrap();
    let mut stored = limiter.stored_keys();
    stored.sort();
    assert_eq!(stored, [client(1), client(3)]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_no_key_for_longer() {
    let (limiter, clock) = limiter(10);
    limiter.take(&client(1), &MINUTE, units(1)).await.unwrap();
    clock.set(Timestamp::from_unix_seconds(1_700_000_000));
    limiter.take(&client(1), &MINUTE, units(1)).await.unwrap();
    clock.advance(Duration::from_mins(1));
    limiter.take(&client(2), &MINUTE, units(1)).await.unwrap();
    assert_eq!(limiter.stored_keys(), [client(2)]);
}

#[tokio::test]
async fn a_changed_policy_begins_anew() {
    let (limiter, _clock) = limiter(10);
    limiter.take(&client(1), &MINUTE, units(10)).await.unwrap();
    let changed = RatePolicy { limit: units(3), ..MINUTE };
    assert_eq!(limiter.take(&client(1), &changed, units(1)).await.unwrap().remaining, 2);
}
