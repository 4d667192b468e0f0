//! The guide shows what is compiled and run here.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::fs;
use std::path::Path;

#[test]
fn the_test_on_mocks_in_the_guide_is_the_one_that_is_run() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = fs::read_to_string(package.join("tests/it/mocks.rs")).unwrap();
    let code = source.split_once("\n\n").unwrap().1;
    let guide = fs::read_to_string(package.join("../../docs/WRITING-AN-ADAPTER.md")).unwrap();
    assert!(guide.contains(&format!("```rust\n{code}```\n")), "the guide shows another test");
}
