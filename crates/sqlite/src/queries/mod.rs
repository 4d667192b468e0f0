//! Questions that readers answer, and units of work too.

pub(crate) mod audit;
pub(crate) mod blobs;
pub(crate) mod files;
pub(crate) mod keyset;
pub(crate) mod uploads;
pub(crate) mod users;
