#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::*;

static NOTHING: AtomicU64 = AtomicU64::new(0);

fn kib(count: u64) -> ByteSize {
    ByteSize::new(count * 1024)
}

#[expect(clippy::unnecessary_wraps, reason = "a user is an owner, and the program is none")]
fn user(number: u128) -> Owner {
    Some(UserId::new(Uuid::from_u128(number)))
}

/// What is free at once.
fn at_once(budget: &BufferBudget, owner: Owner, wanted: ByteSize) -> BufferPermit {
    budget.acquire(owner, wanted).now_or_never().unwrap().unwrap()
}

/// An upload that waits.
fn queued(budget: &BufferBudget, owner: Owner, wanted: ByteSize) -> BoxFuture<'_, PortResult<BufferPermit>> {
    let mut waiting = budget.acquire(owner, wanted).boxed();
    assert!(waiting.as_mut().now_or_never().is_none(), "{wanted} are free");
    waiting
}

#[tokio::test]
async fn an_upload_that_needs_more_than_is_left_waits_until_it_is_given_back() {
    let budget = BufferBudget::new(kib(10));
    let first = at_once(&budget, user(1), kib(7));
    assert_eq!(budget.available(), kib(3));
    let second = queued(&budget, user(2), kib(4));
    assert_eq!(budget.in_use(), BudgetUse { limit: kib(10), held: kib(7), waiting: 1 });
    assert!(budget.try_acquire(user(3), kib(4)).is_none());
    drop(first);
    let second = second.now_or_never().unwrap().unwrap();
    assert_eq!(budget.available(), kib(6));
    drop(second);
    assert_eq!(budget.available(), kib(10));
}

#[tokio::test]
async fn what_is_released_is_given_back_once_though_others_share_it() {
    let budget = BufferBudget::new(kib(10));
    let first = Arc::new(at_once(&budget, user(1), kib(7)));
    let shared = Arc::clone(&first);
    let second = queued(&budget, user(2), kib(4));
    first.release();
    let second = second.now_or_never().unwrap().unwrap();
    assert_eq!((budget.available(), shared.bytes()), (kib(6), 0));
    drop((first, shared));
    assert_eq!(budget.available(), kib(6));
    drop(second);
    assert_eq!(budget.available(), kib(10));
}

#[tokio::test]
async fn more_than_the_whole_budget_counts_as_the_whole_of_it() {
    let budget = BufferBudget::new(kib(2));
    for wanted in [kib(3), ByteSize::new(u64::MAX)] {
        let held = at_once(&budget, user(1), wanted);
        assert_eq!(budget.available(), ByteSize::ZERO);
        drop(held);
    }
}

#[tokio::test]
async fn the_smallest_and_the_largest_budget_work() {
    assert_eq!(BufferBudget::new(ByteSize::ZERO).available(), kib(1));
    drop(at_once(&BufferBudget::new(ByteSize::new(u64::MAX)), None, kib(1)));
}

#[tokio::test]
async fn an_owner_leaves_a_quarter_to_the_others() {
    let budget = BufferBudget::new(kib(16));
    let held: Vec<_> = (0..3).map(|_| at_once(&budget, user(1), kib(4))).collect();
    let mut more = queued(&budget, user(1), kib(4));
    let other = at_once(&budget, user(2), kib(4));
    drop(other);
    assert!(more.as_mut().now_or_never().is_none());
    drop(held);
    assert!(more.now_or_never().unwrap().is_ok());
}

#[tokio::test]
async fn the_owner_who_holds_least_is_next() {
    let budget = BufferBudget::new(kib(16));
    let all = at_once(&budget, user(1), kib(16));
    let again = queued(&budget, user(1), kib(12));
    let mut later = queued(&budget, user(2), kib(12));
    let other = budget.shared.lock();
    assert_eq!(other.waiting.len(), 2);
    drop(other);
    // Of two who hold nothing the one that came first has it.
    drop(all);
    let again = again.now_or_never().unwrap().unwrap();
    assert!(later.as_mut().now_or_never().is_none());
    let third = queued(&budget, user(1), kib(4));
    drop(again);
    assert!(later.now_or_never().unwrap().is_ok());
    assert!(third.now_or_never().unwrap().is_ok());
}

#[tokio::test]
async fn an_upload_that_waits_for_much_is_not_overtaken_for_ever() {
    let budget = BufferBudget::new(kib(16));
    let held = at_once(&budget, user(1), kib(8));
    let large = queued(&budget, user(2), kib(12));
    let small = queued(&budget, user(3), kib(1));
    drop(held);
    assert!(large.now_or_never().unwrap().is_ok());
    assert!(small.now_or_never().unwrap().is_ok());
}

#[tokio::test]
async fn an_upload_that_goes_away_leaves_its_place_and_its_memory() {
    let budget = BufferBudget::new(kib(16));
    let held = at_once(&budget, user(1), kib(8));
    let large = queued(&budget, user(2), kib(12));
    let small = queued(&budget, user(3), kib(1));
    drop(large);
    drop(small.now_or_never().unwrap().unwrap());
    // One that has its memory and does not look any more.
    let other = queued(&budget, user(2), kib(12));
    drop(held);
    drop(other);
    assert_eq!(budget.available(), kib(16));
    assert!(!budget.is_contended());
}

#[tokio::test]
async fn the_queue_is_bounded_for_one_owner_and_for_all() {
    let budget = BufferBudget::new(kib(16));
    let held = at_once(&budget, None, kib(16));
    let mut queue = Vec::new();
    let mut join = |owner| {
        let mut waiting = Box::pin(budget.acquire(owner, kib(1)));
        let answer = waiting.as_mut().now_or_never();
        queue.push(waiting);
        answer.map(|outcome| assert!(matches!(outcome, Err(PortError::Unavailable(_))), "{outcome:?}"))
    };
    for _ in 0..8 {
        assert_eq!(join(user(1)), None);
    }
    assert_eq!(join(user(1)), Some(()), "half of the places are the most of one owner");
    for number in 2..10 {
        assert_eq!(join(user(number)), None);
    }
    assert_eq!(join(user(99)), Some(()));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn an_upload_waits_for_a_minute_at_most() {
    let budget = BufferBudget::new(kib(16));
    let _held = at_once(&budget, None, kib(16));
    let begun = Instant::now();
    assert!(matches!(budget.acquire(user(1), kib(1)).await, Err(PortError::Unavailable(_))));
    assert_eq!(begun.elapsed(), MAX_WAIT);
    assert!(!budget.is_contended());
}

#[tokio::test(start_paused = true)]
async fn memory_is_overdue_after_a_while_if_an_upload_waits_for_it() {
    let budget = BufferBudget::new(kib(10));
    let held = at_once(&budget, user(1), kib(10));
    let (long, begun) = (MIN_HOLD_TIME * 10, Instant::now());
    assert!(timeout(long, held.overdue(&NOTHING)).await.is_err(), "no upload waits");
    assert!(!budget.is_contended());
    let other = queued(&budget, user(2), kib(1));
    assert!(budget.is_contended());
    held.overdue(&NOTHING).await;
    assert_eq!(begun.elapsed(), long + MIN_HOLD_TIME);
    drop(other);
    assert!(!budget.is_contended());
    assert!(timeout(long, held.overdue(&NOTHING)).await.is_err(), "no upload waits any more");
}

#[tokio::test(start_paused = true)]
async fn bytes_that_come_in_time_keep_the_memory() {
    let budget = BufferBudget::new(kib(1000));
    let held = at_once(&budget, user(1), kib(1000));
    let _other = queued(&budget, user(2), kib(1));
    let (received, begun) = (AtomicU64::new(0), Instant::now());
    let brings = async {
        for _ in 0..20 {
            sleep(Duration::from_secs(1)).await;
            received.fetch_add(2 * LEAST_RATE, Ordering::Relaxed);
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = brings => {}
        () = held.overdue(&received) => {}
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(40), "as long as its bytes were enough");
}
