//! The repos of a unit of work. It holds the only write lock, so whatever it reads stays so until it ends.

mod audit;
pub(crate) mod blobs;
mod claim;
mod contents;
mod counters;
mod drives;
mod entries;
mod files;
mod jobs;
mod keys;
mod nodes;
mod operations;
mod place;
pub(crate) mod previews;
mod trash;
mod uploads;
mod users;
mod versions;
