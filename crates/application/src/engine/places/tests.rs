#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::FutureExt as _;
use tokio::time::Instant;
use uuid::Uuid;

use super::*;

fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

fn at_once(places: &Places, user: UserId) -> Place {
    places.enter(user).now_or_never().unwrap().unwrap()
}

#[tokio::test]
async fn a_third_search_of_a_user_waits_for_another_and_those_of_others_do_not() {
    let searches = Places::new(SEARCHES);
    let held = [at_once(&searches, user(1)), at_once(&searches, user(1))];
    let mut third = Box::pin(searches.enter(user(1)));
    assert!((&mut third).now_or_never().is_none());
    drop(at_once(&searches, user(2)));
    drop(held);
    drop(third.now_or_never().unwrap().unwrap());
    assert_eq!(searches.users.len(), 0, "users who do not search take no memory");
}

#[tokio::test(start_paused = true)]
async fn a_search_does_not_wait_for_long() {
    let searches = Places::new(SEARCHES);
    let _held = [at_once(&searches, user(1)), at_once(&searches, user(1))];
    let started = Instant::now();
    let refused = searches.enter(user(1)).await;
    assert!(refused.is_err_and(|busy| !busy.retry_after.is_zero()));
    assert_eq!(started.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn beyond_a_few_that_wait_a_request_is_refused_at_once() {
    for (limits, expected) in [(SEARCHES, (2, 8)), (LISTS, (16, 240)), (WALKS, (2, 30)), (BATCHES, (2, 30))] {
        let places = Places::new(limits);
        let held: Vec<_> = (0..expected.0).map(|_| at_once(&places, user(1))).collect();
        let mut waiting: Vec<_> = (0..expected.1).map(|_| Box::pin(places.enter(user(1)))).collect();
        for next in &mut waiting {
            assert!(next.now_or_never().is_none());
        }
        assert!(places.enter(user(1)).now_or_never().unwrap().is_err());
        drop(at_once(&places, user(2)));
        // Requests whose clients are gone leave the queue.
        drop(waiting);
        drop(held);
        drop([at_once(&places, user(1)), at_once(&places, user(1))]);
        assert_eq!(places.users.len(), 0);
    }
}
