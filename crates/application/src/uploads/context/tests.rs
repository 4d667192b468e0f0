use super::*;

#[test]
fn a_new_expiry_is_written_where_it_makes_a_difference() {
    let (begin, day, seconds) =
        (Timestamp::from_unix_seconds(0), Duration::from_hours(24), Duration::from_secs);
    let after = |passed, ttl| later_expiry(begin.plus(ttl), begin.plus(passed), ttl);
    assert_eq!(after(seconds(59), day), None);
    assert_eq!(after(seconds(60), day), Some(begin.plus(seconds(60)).plus(day)));
    // A sixty-fourth of one that lives short.
    assert_eq!(after(Duration::from_millis(999), seconds(64)), None);
    assert_eq!(after(seconds(1), seconds(64)), Some(begin.plus(seconds(65))));
    assert_eq!(later_expiry(begin, begin, Duration::ZERO), Some(begin));
}
