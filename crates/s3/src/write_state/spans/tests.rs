#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::Spans;

proptest! {
    #[test]
    fn it_is_a_set_in_as_few_ranges_as_there_can_be(
        steps in proptest::collection::vec((any::<bool>(), 0_u32..40, 0_u32..8), 0..40),
        asked in 0_u32..50,
    ) {
        let (mut spans, mut set) = (Spans::default(), BTreeSet::new());
        for (is_insert, first, length) in steps {
            let last = first + length;
            if is_insert {
                spans.insert(first, last);
                set.extend(first..=last);
            } else {
                spans.remove(first, last);
                set.retain(|number| *number < first || *number > last);
            }
        }
        prop_assert!(spans.largest_first().eq(set.iter().rev().copied()));
        prop_assert_eq!(spans.contains(asked), set.contains(&asked));
        prop_assert_eq!(spans.next_without(asked), (asked..=u32::MAX).find(|number| !set.contains(number)).unwrap());
        let starts = set.iter().filter(|number| number.checked_sub(1).is_none_or(|one| !set.contains(&one)));
        prop_assert_eq!(spans.ranges().count(), starts.count());
    }
}

#[test]
fn the_ends_of_all_numbers_are_numbers_too() {
    let mut spans = Spans::default();
    spans.insert(1, 0);
    assert!(spans.is_empty());
    spans.insert(0, u32::MAX);
    spans.insert(u32::MAX, u32::MAX);
    assert_eq!(spans.next_without(7), u32::MAX);
    spans.remove(u32::MAX, u32::MAX);
    spans.remove(0, 3);
    assert!(spans.ranges().eq([(4, u32::MAX - 1)]));
}
