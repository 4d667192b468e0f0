//! No frame makes libwebp write beside the pixels, or read beside the data.
#![no_main]

#[path = "../../tests/it/limits/property.rs"]
mod property;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Any answer is fine: what must not happen is asserted inside, and watched by the sanitizer.
    let _answer = property::check(data);
});
