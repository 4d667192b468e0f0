#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::cell::RefCell;

use super::{Series, in_turns};

#[test]
fn the_median_is_the_middle_one() {
    let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
    assert!(near(Series::new(vec![5.0, 1.0, 3.0]).median(), 3.0));
    assert!(near(Series::new(vec![4.0, 1.0, 2.0, 3.0]).median(), 2.5));
    assert!(Series::new(vec![]).median().is_nan());
}

#[test]
fn ratios_and_sequences_are_taken_turn_by_turn() {
    let (own, other) = (Series::new(vec![2.0, 9.0]), Series::new(vec![4.0, 3.0]));
    assert_eq!(own.over(&other), Series::new(vec![0.5, 3.0]));
    assert_eq!(Series::new(vec![2.0]).then(&Series::new(vec![2.0])), Series::new(vec![1.0]));
}

#[test]
fn contestants_alternate_and_the_first_round_does_not_count() {
    let turns = RefCell::new(Vec::new());
    let mut first = || {
        turns.borrow_mut().push('a');
        Ok(1.0)
    };
    let mut second = || {
        turns.borrow_mut().push('b');
        Ok(2.0)
    };
    let [first, second] = in_turns(2, [&mut first, &mut second]).unwrap();
    assert_eq!((first, second), (Series::new(vec![1.0; 2]), Series::new(vec![2.0; 2])));
    assert_eq!(turns.into_inner(), ['a', 'b', 'a', 'b', 'a', 'b']);
}
