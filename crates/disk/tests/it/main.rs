//! Blobs in a folder: the contract, and what is promised beyond it.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

mod bodies;
mod contract;
mod direct;
mod files;
mod fixture;
mod gone;
mod resumable;
