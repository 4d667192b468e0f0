//! Questions that readers answer, and units of work too.

pub(crate) mod audit;
pub(crate) mod blobs;
mod children;
pub(crate) mod files;
mod jobs;
pub(crate) mod keyset;
pub(crate) mod living;
mod previews;
pub(crate) mod trash;
pub(crate) mod tree;
pub(crate) mod uploads;
pub(crate) mod users;
pub(crate) mod walks;
