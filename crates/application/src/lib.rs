//! What a file manager does: its use cases, one folder a feature.
//!
//! A use case is a struct with one public async method, `run`, that takes a command and answers a value or a closed enum
//! of refusals. [`wiring`] builds them all out of one adapter for every port.

pub mod accounts;
pub mod administration;
pub mod archive;
pub mod audit;
pub mod blobs;
mod engine;
pub mod files;
#[cfg(test)]
mod fixture;
pub mod jobs;
pub mod limits;
pub mod operations;
pub mod ports;
pub mod sessions;
#[cfg(any(test, feature = "mock"))]
pub mod testing;
pub mod tree;
pub mod uploads;
pub mod wiring;
