#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::FutureExt as _;

use super::{BufferBudget, ByteSize};

fn kib(count: u64) -> ByteSize {
    ByteSize::new(count * 1024)
}

#[test]
fn whoever_needs_more_than_is_left_waits_until_it_is_given_back() {
    let budget = BufferBudget::new(kib(10));
    let first = budget.acquire(kib(7)).now_or_never().unwrap();
    assert_eq!(budget.available(), kib(3));
    let mut second = Box::pin(budget.acquire(kib(4)));
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    let second = second.now_or_never().unwrap();
    assert_eq!(budget.available(), kib(6));
    drop(second);
    assert_eq!(budget.available(), kib(10));
}

#[test]
fn more_than_the_whole_budget_counts_as_the_whole_of_it() {
    let budget = BufferBudget::new(kib(2));
    for wanted in [kib(3), ByteSize::new(u64::MAX)] {
        let held = budget.acquire(wanted).now_or_never().unwrap();
        assert_eq!(budget.available(), ByteSize::ZERO);
        drop(held);
    }
}

#[test]
fn the_smallest_and_the_largest_budget_work() {
    assert_eq!(BufferBudget::new(ByteSize::ZERO).available(), kib(1));
    assert!(BufferBudget::new(ByteSize::new(u64::MAX)).acquire(kib(1)).now_or_never().is_some());
}
