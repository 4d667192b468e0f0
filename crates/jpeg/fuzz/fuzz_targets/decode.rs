//! No file makes the decoder panic or take more memory than it may.
#![no_main]

#[path = "../../tests/limits/property.rs"]
mod property;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    // Any answer is fine: what must not happen is asserted inside.
    let _answer = property::check(file);
});
