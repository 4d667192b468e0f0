use fm_domain::testing::FixedClock;

use super::*;
use crate::testing::TestPorts;

/// How long it takes until one more attempt is recorded.
const INTERVAL: Duration = Duration::from_mins(10);

fn attempts() -> FailedAttempts {
    FailedAttempts::new(&TestPorts::default().ports())
}

/// How many of so many attempts at one moment are recorded.
fn recorded(attempts: &FailedAttempts, tried: &str, count: u32, now: Timestamp) -> u32 {
    (0..count).map(|_| u32::from(attempts.allows(tried, now))).sum()
}

#[test]
fn of_a_flood_a_hundred_are_recorded_and_then_one_in_ten_minutes() {
    let (attempts, now) = (attempts(), FixedClock::NEW_YEAR.now());
    assert_eq!(recorded(&attempts, "ada", 5000, now), 100);
    let almost = now.plus(INTERVAL).minus(Duration::from_micros(1));
    assert_eq!(recorded(&attempts, "ada", 5000, almost), 0);
    assert_eq!(recorded(&attempts, "ada", 5000, now.plus(INTERVAL)), 1);
    assert_eq!(recorded(&attempts, "ada", 5000, now.plus(INTERVAL * 4)), 3);
    assert_eq!(recorded(&attempts, "ada", 5000, now.plus(INTERVAL * 500)), 100, "all of it came back");
}

#[test]
fn a_flood_at_one_account_hides_no_attempt_at_another() {
    let (attempts, now) = (attempts(), FixedClock::NEW_YEAR.now());
    assert_ne!(attempts.slot("ada"), attempts.slot("grace"), "with the secret of the doubles");
    assert_eq!(recorded(&attempts, "ada", 5000, now), 100);
    assert_eq!(recorded(&attempts, "grace", 3, now), 3);
}

#[test]
fn however_many_accounts_are_tried_a_bounded_number_of_attempts_is_recorded() {
    let (attempts, now) = (attempts(), FixedClock::NEW_YEAR.now());
    let all: u32 = (0..20_000).map(|number| recorded(&attempts, &number.to_string(), 101, now)).sum();
    assert_eq!(all, 1024 * 100);
}

#[test]
fn accounts_share_allowances_by_a_secret() {
    let (one, other) = (attempts(), FailedAttempts { secret: [9; 32], ..attempts() });
    let same = (0..1000).filter(|number| one.slot(&number.to_string()) == other.slot(&number.to_string()));
    assert!(same.count() < 50);
}

#[test]
fn a_clock_that_is_set_back_stops_no_recording_for_longer_than_an_interval() {
    let (attempts, now) = (attempts(), FixedClock::NEW_YEAR.now());
    let far = now.plus(Duration::from_hours(24 * 365));
    assert_eq!(recorded(&attempts, "ada", 500, far), 100);
    assert_eq!(recorded(&attempts, "ada", 500, now), 0);
    assert_eq!(recorded(&attempts, "ada", 500, now.plus(INTERVAL)), 1);
}
