use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn chunks_add_up_to_the_whole_and_fit_into_their_memory(left in 0_u64..5_000_000, most in 4_u64..100_000) {
        let (mut received, mut chunks) = (0, Vec::new());
        while received < left {
            let chunk = ramp(received, left - received, most);
            prop_assert!((1..=most).contains(&chunk), "{chunk} of at most {most}");
            received += chunk;
            chunks.push(chunk);
        }
        prop_assert_eq!(received, left);
        let small = most.div_ceil(4) + most.div_ceil(8);
        prop_assert!(chunks.first().is_none_or(|first| *first <= small));
        prop_assert!(chunks.last().is_none_or(|last| *last <= small));
    }
}

#[test]
fn the_chunks_of_a_body_grow_and_shrink() {
    let (mut left, mut chunks) = (4_000, Vec::new());
    while left > 0 {
        let chunk = ramp(4_000 - left, left, 800);
        chunks.push(chunk);
        left -= chunk;
    }
    assert_eq!(chunks, [200, 400, 800, 800, 800, 500, 250, 250]);
}
