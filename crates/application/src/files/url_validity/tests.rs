use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::UrlValidity;
use crate::fixture::sha256;
use fm_domain::clock::Timestamp;
use fm_domain::ids::FileId;

fn file(id: u128) -> FileId {
    FileId::new(Uuid::from_u128(id))
}

proptest! {
    #[test]
    fn never_less_than_half_the_life_is_left_and_never_more_than_all(micros in 0_i64..1 << 52, id in any::<u128>(), life in 2_u64..2_000_000) {
        let now = Timestamp::from_unix_micros(micros);
        let life = Duration::from_secs(life);
        let window = UrlValidity::at(now, file(id), life);
        prop_assert!(window.from <= now);
        prop_assert_eq!(window.until.since(window.from), life);
        prop_assert!(window.until.since(now) >= life / 2, "{:?} of {:?}", window.until.since(now), life);
        prop_assert_eq!(window.from.unix_micros() % 1_000_000, 0);
    }

    #[test]
    fn a_window_stays_the_same_until_the_next_one_begins(seconds in 0_i64..1 << 32, id in any::<u128>(), life in 2_u64..100_000) {
        let life = Duration::from_secs(life);
        let length = Duration::from_secs(life.as_secs() / 2);
        let window = UrlValidity::at(Timestamp::from_unix_seconds(seconds), file(id), life);
        prop_assert_eq!(UrlValidity::at(window.from, file(id), life), window);
        let last = window.from.plus(length).minus(Duration::from_micros(1));
        prop_assert_eq!(UrlValidity::at(last, file(id), life), window);
        prop_assert!(window.until.since(last) >= life / 2);
        prop_assert_eq!(UrlValidity::at(window.from.plus(length), file(id), life).from, window.from.plus(length));
    }

    #[test]
    fn no_life_however_odd_breaks_it(micros in any::<i64>(), id in any::<u128>(), life in any::<u64>()) {
        let window = UrlValidity::at(Timestamp::from_unix_micros(micros), file(id), Duration::from_secs(life));
        prop_assert!(window.from < window.until || window.until.unix_micros() == i64::MAX);
    }
}

#[test]
fn windows_of_different_files_begin_at_different_times() {
    let now = Timestamp::from_unix_seconds(1_767_225_600);
    let random = |n: u8| Uuid::from_slice(&sha256(&[n]).as_bytes()[..16]).unwrap_or_default();
    let begins: BTreeSet<_> = (0..100)
        .map(|n| UrlValidity::at(now, FileId::new(random(n)), Duration::from_hours(1)).from)
        .collect();
    assert!(begins.len() > 80, "{}", begins.len());
}
