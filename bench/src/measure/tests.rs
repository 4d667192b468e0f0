#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::cell::RefCell;

use super::{Contestant, Cpu, Measured, MeasuredTurn, Sample, Series, in_turns};
use crate::cpu::{Counted, Processes, Used};

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
fn one_after_the_other_takes_the_time_of_both() {
    let measured = |rate, program, services| Measured {
        figures: Series::new(vec![rate]),
        cpu: Some(Cpu { program: Series::new(vec![program]), services: Series::new(vec![services]) }),
    };
    let (one, other) = (measured(2.0, 0.5, 1.0), measured(2.0, 0.0, 3.0));
    assert_eq!(one.then(&other), measured(1.0, 0.5, 4.0));
    assert_eq!(one.cpu.unwrap().all(), Series::new(vec![1.5]));
    let uncounted = Measured::from(Series::new(vec![2.0]));
    assert_eq!(other.then(&uncounted), Measured::from(Series::new(vec![1.0])));
}

#[test]
fn the_time_of_each_turn_is_kept_and_is_missing_where_it_was_not_counted() {
    let taken = |used| MeasuredTurn { figure: 7.0, used };
    let used = |program, services| Some(Used { program, services });
    let measured = Measured::of(&[taken(used(1.0, 2.0)), taken(used(3.0, 4.0))]);
    let cpu = Cpu { program: Series::new(vec![1.0, 3.0]), services: Series::new(vec![2.0, 4.0]) };
    assert_eq!(measured, Measured { figures: Series::new(vec![7.0; 2]), cpu: Some(cpu) });
    assert_eq!(Measured::of(&[taken(None)]).cpu, None);
}

#[test]
fn contestants_alternate_and_the_first_round_does_not_count() {
    let turns = RefCell::new(Vec::new());
    let take = |name, figure| {
        turns.borrow_mut().push(name);
        Ok(Sample { figure, operations: 1.0 })
    };
    let (uncounted, ourselves) = (Processes::default(), Processes::new(&[Counted::Ourselves], &[]));
    let [first, second] = in_turns(
        2,
        [
            Contestant::new(&uncounted, &mut || take('a', 1.0)),
            Contestant::new(&ourselves, &mut || take('b', 2.0)),
        ],
    )
    .unwrap();
    assert_eq!(first, Measured::from(Series::new(vec![1.0; 2])));
    assert_eq!(second.figures, Series::new(vec![2.0; 2]));
    assert!(second.cpu.unwrap().all().min() >= 0.0);
    assert_eq!(turns.into_inner(), ['a', 'b', 'b', 'a', 'a', 'b']);
}
