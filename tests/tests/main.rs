//! The whole HTTP contract, black box, on every lane: `cargo test -p fm-e2e -- embedded` is one lane,
//! `cargo test -p fm-e2e -- uploads::` one subject.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that can't go on has failed, and its clock is the real one"
)]

mod accounts;
mod browser_pictures;
mod console;
mod conventions;
mod deployment;
mod documentation_pages;
mod faults;
mod files;
mod links;
mod operations;
mod tree;
mod uploads;
