use std::time::Duration;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::Timestamp;

#[test]
fn it_is_written_in_utc_to_the_microsecond() {
    assert_eq!(Timestamp::from_unix_micros(0).to_string(), "1970-01-01T00:00:00.000000Z");
    assert_eq!(Timestamp::from_unix_micros(1_767_225_600_000_001).to_string(), "2026-01-01T00:00:00.000001Z");
}

#[test]
fn moments_beyond_every_calendar_stay_on_their_side() {
    assert_eq!(DateTime::<Utc>::from(Timestamp::from_unix_micros(i64::MAX)), DateTime::<Utc>::MAX_UTC);
    assert_eq!(DateTime::<Utc>::from(Timestamp::from_unix_micros(i64::MIN)), DateTime::<Utc>::MIN_UTC);
}

#[test]
fn arithmetic_never_overflows() {
    let last = Timestamp::from_unix_micros(i64::MAX);
    let first = Timestamp::from_unix_micros(i64::MIN);
    assert_eq!(last.plus(Duration::MAX), last);
    assert_eq!(first.minus(Duration::MAX), first);
    assert_eq!(Timestamp::from_unix_seconds(i64::MAX), last);
    assert_eq!(first.since(last), Duration::ZERO);
    assert_eq!(last.since(first), Duration::from_micros(i64::MAX.unsigned_abs()));
}

proptest! {
    #[test]
    fn a_calendar_gives_the_same_moment_back(micros in -8_000_000_000_000_000_000_i64..8_000_000_000_000_000_000) {
        let moment = Timestamp::from_unix_micros(micros);
        prop_assert_eq!(Timestamp::from(DateTime::<Utc>::from(moment)), moment);
        prop_assert_eq!(moment.unix_micros(), micros);
    }

    #[test]
    fn a_written_moment_is_read_back(micros in 0_i64..253_402_300_799_999_999) {
        let moment = Timestamp::from_unix_micros(micros);
        let read = DateTime::parse_from_rfc3339(&moment.to_string()).map(|read| Timestamp::from(read.to_utc()));
        prop_assert_eq!(read, Ok(moment));
    }

    #[test]
    fn seconds_are_rounded_down(micros in any::<i64>()) {
        let moment = Timestamp::from_unix_micros(micros);
        let left = i128::from(micros) - i128::from(moment.unix_seconds()) * 1_000_000;
        prop_assert!((0..1_000_000).contains(&left));
    }

    #[test]
    fn later_and_earlier_undo_each_other(seconds in 0_i64..1 << 40, micros in 0_u64..1 << 50) {
        let moment = Timestamp::from_unix_seconds(seconds);
        let pause = Duration::from_micros(micros);
        prop_assert_eq!(moment.plus(pause).minus(pause), moment);
        prop_assert_eq!(moment.plus(pause).since(moment), pause);
        prop_assert_eq!(moment.since(moment.plus(pause)), Duration::ZERO);
    }
}
