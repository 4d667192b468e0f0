#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::{describe, forget_peak, memory_of};

#[test]
fn the_peak_of_a_process_is_seen_and_forgotten() {
    let own = std::process::id();
    let large = vec![1_u8; 64 << 20];
    let peak = memory_of(own, "VmHWM").unwrap();
    assert!(peak > 64 << 20, "{peak}");
    drop(large);
    forget_peak(own).unwrap();
    assert!(memory_of(own, "VmHWM").unwrap() < peak);
}

#[test]
fn the_machine_is_described() {
    assert!(describe().contains(" cores of "), "{}", describe());
}
