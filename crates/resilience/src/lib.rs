//! What the use cases owe when adapters fail: faults on demand in front of every port, and every use case killed, failed
//! and paused at each call that it makes; and what nodes of two versions owe each other.
//!
//! The rules of the adapters themselves are in `fm-contract`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this crate is test code that is published: a broken invariant is a panic, and so is a broken fixture"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "fixtures make their own ids, compare clocks with the machine's, and wait for every task they spawn"
)]

pub mod fault;
pub mod job_versions;
pub mod kill_points;

pub use fm_contract::runtime;
