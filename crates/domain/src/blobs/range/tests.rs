use proptest::prelude::*;

use super::{ByteRange, ResolvedRange, Unsatisfiable};
use crate::body::ByteSize;

/// Which bytes of a blob are meant, counted one by one.
fn naive(range: ByteRange, size: u64) -> Vec<u64> {
    let wanted = |byte: &u64| match range {
        ByteRange::Between { first, last } => first <= *byte && *byte <= last,
        ByteRange::From { first } => first <= *byte,
        ByteRange::Last { length } => size - *byte <= length,
    };
    (0..size).filter(wanted).collect()
}

fn any_range(edge: u64) -> impl Strategy<Value = ByteRange> {
    prop_oneof![
        (0..edge, 0..edge).prop_map(|(first, last)| ByteRange::Between { first, last }),
        (0..edge).prop_map(|first| ByteRange::From { first }),
        (0..edge).prop_map(|length| ByteRange::Last { length }),
    ]
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let size = ByteSize::new(10);
    let resolved = ByteRange::Between { first: 9, last: u64::MAX }.resolve(size).map(ResolvedRange::length);
    assert_eq!(resolved, Ok(1));
    let resolved = ByteRange::Last { length: u64::MAX }.resolve(size).map(ResolvedRange::length);
    assert_eq!(resolved, Ok(10));
    assert_eq!(ByteRange::From { first: u64::MAX }.resolve(size), Err(Unsatisfiable { size }));
}

#[test]
fn no_range_of_an_empty_blob_is_satisfiable() {
    let size = ByteSize::ZERO;
    for range in [
        ByteRange::Between { first: 0, last: 0 },
        ByteRange::From { first: 0 },
        ByteRange::Last { length: 1 },
    ] {
        assert_eq!(range.resolve(size), Err(Unsatisfiable { size }));
    }
}

proptest! {
    #[test]
    fn a_range_means_the_bytes_that_counting_finds(range in any_range(24), size in 0_u64..20) {
        let expected = naive(range, size);
        match range.resolve(ByteSize::new(size)) {
            Ok(resolved) => {
                prop_assert_eq!((resolved.first..=resolved.last).collect::<Vec<_>>(), expected.clone());
                prop_assert_eq!(resolved.length(), expected.len() as u64);
            }
            Err(refusal) => {
                prop_assert_eq!(refusal.size.bytes(), size);
                prop_assert!(expected.is_empty());
            }
        }
    }
}
