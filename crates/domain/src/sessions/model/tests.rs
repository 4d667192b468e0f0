use std::time::Duration;

use proptest::prelude::*;

use super::{GRACE, Generation, RefreshState};
use crate::clock::{Clock as _, Timestamp};
use crate::testing::FixedClock;

fn start() -> Timestamp {
    FixedClock::NEW_YEAR.now()
}

fn fresh() -> RefreshState {
    RefreshState::first([0xab; 16], start().plus(Duration::from_hours(1)))
}

#[test]
fn a_rotation_counts_on_keeps_the_salt_and_slides_the_end() {
    let later = start().plus(Duration::from_hours(9));
    let next = fresh().rotated(start(), later);
    assert_eq!(next.generation, Generation::new(1));
    assert_eq!(next.salt, fresh().salt);
    assert_eq!(next.expires_at, later);
    assert_eq!(next.spent_at, [start()]);
}

#[test]
fn the_grace_ends_with_its_tenth_second() {
    let next = fresh().rotated(start(), start());
    assert!(next.within_grace(Generation::FIRST, start().plus(GRACE)));
    assert!(!next.within_grace(Generation::FIRST, start().plus(GRACE + Duration::from_micros(1))));
}

#[test]
fn the_current_generation_and_those_to_come_are_not_spent() {
    let next = fresh().rotated(start(), start());
    assert!(!next.within_grace(Generation::new(1), start()));
    assert!(!next.within_grace(Generation::new(2), start()));
    assert!(!fresh().within_grace(Generation::FIRST, start()));
}

#[test]
fn the_salt_is_never_shown() {
    let shown = format!("{:?}", fresh());
    assert!(shown.contains("generation") && !shown.contains("171") && !shown.contains("salt"), "{shown}");
}

#[test]
fn the_oldest_of_very_many_rotations_are_dropped() {
    let mut state = fresh();
    for _ in 0..RefreshState::KEPT + 5 {
        state = state.rotated(start(), start());
    }
    assert_eq!(state.spent_at.len(), RefreshState::KEPT);
}

proptest! {
    #[test]
    fn every_generation_has_its_own_grace(pauses in prop::collection::vec(0_u64..2_000_000, 1..40), wait in 0_u64..5_000_000) {
        let mut now = start();
        let mut state = fresh();
        let mut spent = Vec::new();
        for pause in pauses {
            now = now.plus(Duration::from_micros(pause));
            spent.push((state.generation, now));
            state = state.rotated(now, now.plus(Duration::from_hours(1)));
        }
        prop_assert!(state.spent_at.len() <= RefreshState::KEPT);
        let now = now.plus(Duration::from_micros(wait));
        for (generation, at) in spent {
            let age = state.generation.number() - generation.number();
            let expected = now.since(at) <= GRACE && age as usize <= RefreshState::KEPT;
            prop_assert_eq!(state.within_grace(generation, now), expected, "generation {:?}", generation);
        }
    }
}
