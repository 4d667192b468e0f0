use std::time::Duration;

use super::{InvalidLabel, Label, Version};
use crate::clock::{Clock as _, Timestamp};
use crate::files::{File, VersionNumber};
use crate::testing::{FixedClock, a_file};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A version that was uploaded, and replaced at once, so long after new year.
fn version(number: u32, after: Duration) -> Version {
    let at = FixedClock::NEW_YEAR.now().plus(after);
    let file = File { version: VersionNumber::new(number), content_at: at, ..a_file() };
    Version::of(&file, at)
}

fn surplus(versions: &[Version], keep: usize, oldest: Timestamp) -> Vec<u32> {
    Version::surplus(versions, keep, oldest).into_iter().map(VersionNumber::number).collect()
}

const LONG_AGO: Timestamp = Timestamp::from_unix_seconds(0);

#[test]
fn a_version_is_what_the_file_held() {
    let file = a_file();
    let replaced = file.content_at.plus(HOUR);
    let version = Version::of(&file, replaced);
    assert_eq!((version.blob, version.number, version.size), (file.blob, file.version, file.size));
    assert_eq!((version.created_at, version.replaced_at), (file.content_at, replaced));
    assert!(!version.is_pinned);
}

#[test]
fn as_many_as_may_be_kept_are() {
    let versions = [version(1, HOUR), version(2, DAY), version(3, DAY * 2)];
    assert_eq!(surplus(&versions, 3, LONG_AGO), [0; 0]);
    assert_eq!(surplus(&versions, 2, LONG_AGO), [1], "of days with one each the earliest gives way");
    assert_eq!(surplus(&versions, 0, LONG_AGO), [1, 2, 3]);
}

#[test]
fn many_saves_in_an_hour_do_not_push_out_last_months() {
    let mut versions = vec![version(1, HOUR), version(2, DAY * 5)];
    versions.extend((3..13).map(|number| version(number, DAY * 30 + Duration::from_mins(number.into()))));
    assert_eq!(surplus(&versions, 10, LONG_AGO), [3, 4]);
    assert_eq!(surplus(&versions, 3, LONG_AGO), [3, 4, 5, 6, 7, 8, 9, 10, 11]);
}

#[test]
fn what_was_replaced_too_long_ago_goes_however_few_there_are() {
    let versions = [version(1, HOUR), version(2, DAY), version(3, DAY * 2)];
    let oldest = FixedClock::NEW_YEAR.now().plus(DAY);
    assert_eq!(surplus(&versions, 10, oldest), [1]);
}

#[test]
fn pinned_versions_stay_and_are_not_counted() {
    let pinned = Version { is_pinned: true, ..version(1, HOUR) };
    let versions = [pinned, version(2, DAY), version(3, DAY * 2)];
    assert_eq!(surplus(&versions, 2, LONG_AGO), [0; 0]);
    let now = FixedClock::NEW_YEAR.now().plus(DAY * 100);
    assert_eq!(surplus(&versions, 0, now), [2, 3]);
}

#[test]
fn a_label_is_a_short_text() {
    assert_eq!(
        "sent to Grace".parse::<Label>().map(|label| label.to_string()),
        Ok("sent to Grace".to_owned())
    );
    for text in ["", "  ", "a\nb", &"x".repeat(256)] {
        assert_eq!(text.parse::<Label>(), Err(InvalidLabel), "{text:?}");
    }
    assert!("é".repeat(255).parse::<Label>().is_ok());
}
