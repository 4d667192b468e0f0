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
