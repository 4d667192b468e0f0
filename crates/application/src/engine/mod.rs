//! What every use case is made of: whole units of work that are tried again, leases that are renewed, intents, quotas, the
//! audit trail.

pub(crate) mod audit;
pub(crate) mod events;
pub(crate) mod failed_attempts;
pub(crate) mod follow_ups;
pub(crate) mod intents;
pub(crate) mod lease;
pub(crate) mod password_queue;
pub(crate) mod passwords;
pub(crate) mod per_user;
pub(crate) mod places;
pub(crate) mod quota;
pub(crate) mod retry;
