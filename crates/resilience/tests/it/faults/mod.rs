//! The fault decorators: without a fault they change nothing, and each fault does what it says to every operation of
//! every port.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is a failure")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests make ids of their own, and wait for the tasks they spawn"
)]

mod calls;
mod effects;
mod every_operation;
mod plans;
mod rig;
mod streams;
mod suite;
mod tree_calls;
mod units;
mod upload_calls;
