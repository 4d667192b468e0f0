//! The repos of a unit of work. It holds the only write lock, so whatever it reads stays so until it ends.

mod audit;
pub(crate) mod blobs;
mod claim;
mod contents;
mod files;
mod jobs;
mod keys;
mod uploads;
mod users;
