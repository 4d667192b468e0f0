//! How much memory decoding takes, as Linux counts it. A program of its own: other tests in the process would be counted too.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

use std::fs;

use fm_webp::testing::grey;
use fm_webp::{CHANNELS, KeyFrame};

/// What else a process may have come to need meanwhile: stacks, lists of the allocator.
const OVERHEAD: u64 = 1024 * 1024;

/// The most bytes that this process has had in memory.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn a_picture_of_98_megapixels_is_decoded_within_its_working_memory() {
    let data = grey(16_383, 6_000);
    let frame = KeyFrame::read(&data).unwrap();
    let (width, height) = (128, 48);
    let mut pixels = vec![0; width as usize * height as usize * CHANNELS];
    let before = peak();
    frame.decode(width, height, &mut pixels).unwrap();
    let (taken, allowed) = (peak() - before, frame.working_memory(width));
    assert!(taken <= allowed + OVERHEAD, "{taken} bytes, {allowed} are said to be enough");
    assert!(allowed < 3 * 1024 * 1024, "{allowed}");
    assert!(pixels.iter().all(|sample| sample.abs_diff(130) < 12));
}
