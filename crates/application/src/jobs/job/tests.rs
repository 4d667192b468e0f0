use std::time::Duration;

use proptest::prelude::*;

use super::RetryPolicy;

const RETRY: RetryPolicy = RetryPolicy::STANDARD;

proptest! {
    #[test]
    fn a_pause_doubles_up_to_its_bound_and_is_at_least_half(attempt in any::<u32>(), dice in any::<u8>()) {
        let doubled = RETRY.first_pause.as_secs() << attempt.saturating_sub(1).min(30);
        let whole = Duration::from_secs(doubled).min(RETRY.longest_pause);
        let pause = RETRY.pause(attempt, dice);
        prop_assert!(whole / 2 <= pause && pause <= whole, "{:?} of {:?}", pause, whole);
    }
}

#[test]
fn only_work_that_must_not_stay_half_done_is_tried_without_end() {
    assert_eq!([7, 8, u32::MAX].map(|attempt| RETRY.is_last(attempt)), [false, true, true]);
    assert_eq!([1, 8, u32::MAX].map(|attempt| RetryPolicy::ENDLESS.is_last(attempt)), [false; 3]);
    assert_eq!(RetryPolicy::ENDLESS.pause(u32::MAX, 255), Duration::from_mins(5));
}

#[test]
fn the_dice_spread_pauses_over_the_whole_range() {
    assert_eq!((RETRY.pause(1, 0), RETRY.pause(1, 255)), (RETRY.first_pause / 2, RETRY.first_pause));
    assert_eq!(RETRY.pause(u32::MAX, 255), RETRY.longest_pause);
}
