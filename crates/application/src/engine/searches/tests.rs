#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::FutureExt as _;
use tokio::time::Instant;
use uuid::Uuid;

use super::*;

fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

fn at_once(searches: &Searches, user: UserId) -> SearchPermit {
    searches.enter(user).now_or_never().unwrap().unwrap()
}

fn users(searches: &Searches) -> usize {
    searches.0.len()
}

#[tokio::test]
async fn a_third_search_of_a_user_waits_for_another_and_those_of_others_do_not() {
    let searches = Searches::default();
    let permits = [at_once(&searches, user(1)), at_once(&searches, user(1))];
    let mut third = Box::pin(searches.enter(user(1)));
    assert!((&mut third).now_or_never().is_none());
    drop(at_once(&searches, user(2)));
    drop(permits);
    drop(third.now_or_never().unwrap().unwrap());
    assert_eq!(users(&searches), 0, "users who do not search take no memory");
}

#[tokio::test(start_paused = true)]
async fn a_search_does_not_wait_for_long() {
    let searches = Searches::default();
    let _permits = [at_once(&searches, user(1)), at_once(&searches, user(1))];
    let started = Instant::now();
    let refused = searches.enter(user(1)).await;
    assert!(refused.is_err_and(|busy| !busy.retry_after.is_zero()));
    assert_eq!(started.elapsed(), LONGEST_WAIT);
}

#[tokio::test]
async fn beyond_a_few_that_wait_a_search_is_refused_at_once() {
    let searches = Searches::default();
    let permits = [at_once(&searches, user(1)), at_once(&searches, user(1))];
    let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(searches.enter(user(1)))).collect();
    for next in &mut waiting {
        assert!(next.now_or_never().is_none());
    }
    assert!(searches.enter(user(1)).now_or_never().unwrap().is_err());
    drop(at_once(&searches, user(2)));
    // Requests whose clients are gone leave the queue.
    drop(waiting);
    drop(permits);
    drop([at_once(&searches, user(1)), at_once(&searches, user(1))]);
    assert_eq!(users(&searches), 0);
}
