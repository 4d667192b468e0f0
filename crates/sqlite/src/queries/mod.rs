//! Questions that readers answer, and units of work too.

mod audit;
mod blobs;
pub(crate) mod files;
pub(crate) mod keyset;
pub(crate) mod uploads;
pub(crate) mod users;
