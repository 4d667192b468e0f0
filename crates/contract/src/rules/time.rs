//! CLOCK: the time.

use std::time::{Duration, SystemTime};

use crate::harness::ClockHarness;

pub(crate) async fn clock_01_the_clock_tells_the_present<H: ClockHarness>(harness: &H) {
    let told = harness.clock().now();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let present = i64::try_from(since.as_micros()).unwrap();
    let off = Duration::from_micros(present.abs_diff(told.unix_micros()));
    assert!(off < Duration::from_mins(1), "the clock is off by {off:?}");
}

pub(crate) async fn clock_02_the_clock_goes_on_by_less_than_a_second<H: ClockHarness>(harness: &H) {
    let clock = harness.clock();
    let began = clock.now();
    let mut moments = Vec::new();
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(5));
        moments.push(clock.now());
    }
    assert!(moments.iter().all(|moment| *moment != began), "it stands still: {moments:?}");
    moments.sort();
    moments.dedup();
    assert!(moments.len() > 2, "in 50 ms it told {} moments: {moments:?}", moments.len());
}
