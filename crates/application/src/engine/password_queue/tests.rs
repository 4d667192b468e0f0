#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::num::NonZero;

use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use futures_util::FutureExt as _;
use tokio::sync::{oneshot, watch};
use tokio::time::advance;
use uuid::Uuid;

use super::{Asker, HashPermit, NoRoom, PasswordQueue, Presence, SLOW_LOOK_UP};

fn queue(places: usize) -> PasswordQueue {
    PasswordQueue::new(NonZero::new(places).unwrap())
}

fn user(number: u128) -> Asker {
    Asker::SignedIn(UserId::new(Uuid::from_u128(number)))
}

/// A permit that is there at once.
fn at_once(queue: &PasswordQueue, asker: Asker) -> HashPermit {
    queue.enter(asker, &Presence::default()).now_or_never().unwrap().unwrap()
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_takes_others_again_later() {
    let queue = queue(3);
    let there = Presence::default();
    let permits = [at_once(&queue, Asker::Anonymous), at_once(&queue, Asker::Anonymous)];
    let mut waiting: Vec<_> = Vec::new();
    for _ in 0..2 * PasswordQueue::WAITING_PER_PLACE {
        let mut next = Box::pin(queue.enter(Asker::Anonymous, &there));
        assert!((&mut next).now_or_never().is_none(), "there is room to wait");
        waiting.push(next);
    }
    let refused = queue.enter(Asker::Anonymous, &there).now_or_never().unwrap();
    assert!(refused.is_err_and(|busy| !busy.retry_after.is_zero()));
    drop(permits);
    let first = waiting.remove(0).now_or_never().unwrap();
    assert!(first.is_ok(), "the first to wait is the first to have a place");
    drop((first, waiting));
    drop([at_once(&queue, Asker::Anonymous), at_once(&queue, Asker::Anonymous)]);
}

#[tokio::test]
async fn a_request_that_is_dropped_leaves_the_queue() {
    let queue = queue(2);
    let there = Presence::default();
    let permit = at_once(&queue, Asker::Anonymous);
    for _ in 0..10 * PasswordQueue::WAITING_PER_PLACE {
        assert!(queue.enter(Asker::Anonymous, &there).now_or_never().is_none());
    }
    let mut next = Box::pin(queue.enter(Asker::Anonymous, &there));
    assert!((&mut next).now_or_never().is_none());
    drop(permit);
    assert!(next.now_or_never().unwrap().is_ok());
}

#[tokio::test]
async fn a_client_that_goes_away_loses_its_place_in_the_queue() {
    let queue = queue(2);
    let permit = at_once(&queue, Asker::Anonymous);
    let (gone, seen) = watch::channel(false);
    let presence = Presence::until(seen);
    let mut waits = Box::pin(queue.enter(Asker::Anonymous, &presence));
    assert!((&mut waits).now_or_never().is_none());
    gone.send_replace(true);
    // A place is free at the same moment: it still does not hash.
    drop(permit);
    assert!(waits.now_or_never().unwrap().is_err());
    // One that need not wait may have closed its side alone.
    assert!(queue.enter(Asker::Anonymous, &presence).now_or_never().unwrap().is_ok());
    let held = at_once(&queue, Asker::Anonymous);
    drop(gone);
    assert!(queue.enter(Asker::Anonymous, &presence).now_or_never().unwrap().is_err());
    drop(held);
}

#[tokio::test]
async fn users_who_are_signed_in_have_places_apart() {
    for places in [1, 2, 5] {
        let queue = queue(places);
        let anonymous = (places - 1).max(1);
        let flood: Vec<HashPermit> = (0..anonymous).map(|_| at_once(&queue, Asker::Anonymous)).collect();
        let there = Presence::default();
        assert!(queue.enter(Asker::Anonymous, &there).now_or_never().is_none());
        let permit = at_once(&queue, user(1));
        assert!(queue.enter(user(2), &there).now_or_never().is_none(), "they have one place");
        drop((permit, flood));
    }
}

#[tokio::test]
async fn one_user_does_not_fill_the_queue_of_all() {
    let queue = queue(2);
    let there = Presence::default();
    let permit = at_once(&queue, user(1));
    let mut waiting: Vec<_> = Vec::new();
    for _ in 1..PasswordQueue::PER_USER {
        let mut next = Box::pin(queue.enter(user(1), &there));
        assert!((&mut next).now_or_never().is_none());
        waiting.push(next);
    }
    assert!(queue.enter(user(1), &there).now_or_never().unwrap().is_err());
    assert!(queue.enter(user(2), &there).now_or_never().is_none(), "another user still waits");
    waiting.clear();
    assert!(queue.enter(user(1), &there).now_or_never().is_none(), "what was dropped counts no more");
    drop(permit);
    assert_eq!(queue.shares.len(), 0, "users without requests take no memory");
}

#[tokio::test]
async fn a_hash_whose_request_is_dropped_holds_its_place_until_it_ends() {
    for asker in [Asker::Anonymous, user(1)] {
        let queue = queue(2);
        let there = Presence::default();
        let permit = at_once(&queue, asker);
        let (end, ended) = oneshot::channel::<()>();
        let hash = async move {
            ended.await.unwrap();
            Ok(())
        };
        let mut request = Box::pin(async move { permit.run(hash).await });
        assert!((&mut request).now_or_never().is_none());
        drop(request);
        let mut next = Box::pin(queue.enter(asker, &there));
        tokio::task::yield_now().await;
        assert!((&mut next).now_or_never().is_none(), "the hash is still made");
        end.send(()).unwrap();
        assert!(next.await.is_ok());
        assert_eq!(queue.shares.len(), 0);
    }
}

#[tokio::test]
async fn room_is_given_or_refused_at_once_and_is_free_again_when_it_is_dropped() {
    let queue = queue(2);
    let rooms: Vec<_> =
        (0..=PasswordQueue::WAITING_PER_PLACE).map_while(|_| queue.reserve(Asker::Anonymous).ok()).collect();
    assert_eq!(rooms.len(), PasswordQueue::WAITING_PER_PLACE + 1);
    assert!(queue.reserve(Asker::Anonymous).is_err());
    assert!(queue.enter(Asker::Anonymous, &Presence::default()).now_or_never().unwrap().is_err());
    drop(rooms);
    drop(at_once(&queue, Asker::Anonymous));
}

#[tokio::test]
async fn a_hash_that_panics_is_a_failure_and_frees_its_place() {
    let queue = queue(2);
    let permit = at_once(&queue, Asker::Anonymous);
    let outcome: PortResult<()> = permit.run(async { panic!("broken") }).await;
    assert!(matches!(outcome, Err(PortError::Unexpected(_))));
    drop(permit);
    drop(at_once(&queue, Asker::Anonymous));
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_full_of_requests_without_an_answer_of_the_database_says_so() {
    let queue = queue(2);
    let refusal = || queue.reserve(Asker::Anonymous).err();
    let mut rooms: Vec<_> =
        (0..=PasswordQueue::WAITING_PER_PLACE).map_while(|_| queue.reserve(Asker::Anonymous).ok()).collect();
    advance(SLOW_LOOK_UP).await;
    assert_eq!(refusal(), Some(NoRoom::BUSY), "they may have come at once");
    advance(SLOW_LOOK_UP).await;
    assert_eq!(refusal(), Some(NoRoom::Silent));
    assert!(queue.reserve(user(1)).is_ok(), "the lane of others has room");
    let there = Presence::default();
    let half = rooms.split_off(rooms.len() / 2);
    let mut waiting: Vec<_> = half.into_iter().map(|room| Box::pin(room.wait(&there))).collect();
    let permits: Vec<_> = waiting.iter_mut().map(futures_util::FutureExt::now_or_never).collect();
    assert_eq!(refusal(), Some(NoRoom::BUSY), "half of them wait for a place");
    drop((rooms, waiting, permits));
    assert!(queue.anonymous.looking.lock().unwrap().begun.is_empty());
}
