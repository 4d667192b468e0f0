//! What a file manager is: its models, and the ports that the world outside has to provide.
//!
//! Nothing here does input or output, reads a clock, or rolls a die: all of that is passed in, as an object behind a
//! small trait. An adapter finds what it owes in the trait's own documentation, and a test for every rule in the crate
//! `fm-contract`. The use cases are in `fm-application`.

pub mod access;
pub mod accounts;
pub mod archive;
pub mod audit;
pub mod blobs;
pub mod body;
pub mod claims;
pub mod clock;
pub mod database;
pub mod error;
pub mod events;
pub mod files;
pub mod idempotency;
pub mod ids;
mod invisible;
pub mod jobs;
pub mod limits;
mod list_hash;
pub mod mac;
pub mod previews;
pub mod sessions;
#[cfg(any(test, feature = "fakes"))]
pub mod testing;
pub mod thumbnails;
pub mod trace;
pub mod tree;
pub mod uploads;
