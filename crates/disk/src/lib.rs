//! Blobs in a directory: the store that needs nothing installed.
//!
//! ```text
//! <root>/files/5e/0190a7c2-…-…c45e          a blob; mode 0600
//! <root>/files/5e/.0190a7c2-…-…c45e.part    one that is being written
//! <root>/files/5e/.0190a7c2-…-…c45e.upload  one that is being written by many requests
//! <root>/files/5e/.0190a7c2-…-…c45e.fence   the highest fence that its writers had; they lock it
//! <root>/thumbnails/…                       the other bucket
//! ```
//!
//! The folder of a blob is named by the last byte of its id, because UUIDv7 begins with the time: blobs made one
//! after the other then spread over all 256 folders.
//!
//! A blob is written to its `.part` file, synced, renamed and made durable by a sync of the folder: what can be read
//! is whole. A write that fails or is cancelled takes its `.part` file with it. Where the process dies instead, the
//! file stays, and [`BlobStore::delete`](fm_domain::blobs::BlobStore::delete) of its key removes it, which the sweep
//! of cancelled intents calls; [`DiskBlobStore::remove_unfinished`] finds those that no intent knows of. A blob that is
//! written in parts stays between two requests, however long that is: its intent always knows of it.

mod direct;
mod draft;
mod error;
mod get;
mod hints;
mod layout;
mod list;
mod pieces;
mod put;
mod readers;
mod resumable;
mod store;
mod upload;

pub use put::BUFFER_BYTES;
pub use store::{DiskBlobStore, DiskSettings};
