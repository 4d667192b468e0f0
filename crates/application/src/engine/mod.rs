//! What every use case is made of: whole units of work that are tried again, and leases that are renewed.

pub(crate) mod lease;
pub(crate) mod retry;
