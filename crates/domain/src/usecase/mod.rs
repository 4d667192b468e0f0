//! The use cases: each is a struct with one public async method, `run`, that takes a command and answers a value or
//! a closed enum of refusals.

pub mod auth;
pub mod blob;
pub mod file;
#[cfg(test)]
mod fixture;
pub mod job;
mod lease;
pub mod ops;
mod ports;
mod retry;
pub mod upload;
mod window;

pub use ports::{DirectUploads, Ports, ResumableUploads, Settings, UseCases};
