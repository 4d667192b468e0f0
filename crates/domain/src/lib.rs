//! What a file manager is: its models, the ports that the world outside has to provide, and the use cases.
//!
//! Nothing here does input or output, reads a clock, or rolls a die: all of that is passed in, as an object behind a
//! small trait. Whoever provides such an object finds what it owes in the trait's own documentation, and a test for
//! every rule in the crate `fm-contract`.

pub mod blob;
pub mod body;
pub mod clock;
pub mod file;
pub mod idempotency;
pub mod ids;
pub mod job;
pub mod mac;
pub mod session;
pub mod store;
#[cfg(any(test, feature = "mock"))]
pub mod testing;
pub mod thumbnail;
pub mod upload;
pub mod usecase;
pub mod user;
