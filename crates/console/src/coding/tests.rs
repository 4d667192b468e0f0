use fm_fuzzing::changed_text;
use proptest::prelude::*;

use super::Coding;

const LISTS: &str = include_str!("../../corpus/codings.txt");

#[test]
fn the_highest_weight_counts_and_of_equals_the_smallest_bytes() {
    for (lists, coding) in [
        (&["gzip, deflate, br, zstd"][..], Coding::Brotli),
        (&["gzip, deflate"], Coding::Gzip),
        (&["x-gzip"], Coding::Gzip),
        (&["gzip", "br"], Coding::Brotli),
        (&["br;q=0.5, gzip"], Coding::Gzip),
        (&["BR ; Q=0.8 , GZIP;q=0.75"], Coding::Brotli),
        (&["*"], Coding::Brotli),
        (&["*;q=0.5, gzip;q=0.6"], Coding::Gzip),
        (&["br;q=0, *"], Coding::Gzip),
        (&["identity;q=0, gzip;q=0.001"], Coding::Gzip),
    ] {
        assert_eq!(Coding::accepted(lists.iter().copied()), coding, "{lists:?}");
    }
}

#[test]
fn what_names_no_coding_of_ours_gets_the_bytes_as_they_are() {
    for lists in [
        &[] as &[&str],
        &[""],
        &["deflate, zstd"],
        &["identity, gzip;q=0.5"],
        &["gzip;q=0, br;q=0.0"],
        &["*;q=0"],
        &["identity;q=0"],
        &["gzip;q=2", "br;q=-1", "br;q=x", ";q=1", "br;q=0.\u{e9}"],
    ] {
        assert_eq!(Coding::accepted(lists.iter().copied()), Coding::Identity, "{lists:?}");
    }
}

proptest! {
    #[test]
    fn a_changed_list_gets_a_coding_that_it_names_or_leaves_to_us(list in changed_text(LISTS)) {
        if let Some(name) = Coding::accepted([list.as_str()]).name() {
            prop_assert!(list.contains('*') || list.to_ascii_lowercase().contains(name));
        }
    }
}
