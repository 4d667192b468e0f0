//! What sweeps did.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a sweep did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Uploads that were cancelled because they expired.
    pub cancelled: u64,
    /// Blobs whose bytes were deleted.
    pub deleted: u64,
    /// Blobs that could not be deleted now; a later sweep tries again.
    pub failed: u64,
    /// Rows removed of uploads of many requests that ended a day ago.
    pub uploads: u64,
    /// Idempotency keys removed after their end.
    pub keys: u64,
    /// Sessions removed after their end.
    pub sessions: u64,
    /// Entries of the audit trail removed after their retention.
    pub audit: u64,
    /// Rows removed of operations that ended a day ago.
    pub operations: u64,
}

/// What all sweeps did together. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct SweptTotal(Arc<Mutex<Swept>>);

impl SweptTotal {
    fn lock(&self) -> MutexGuard<'_, Swept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, swept: &Swept) {
        let mut total = self.lock();
        total.cancelled += swept.cancelled;
        total.deleted += swept.deleted;
        total.failed += swept.failed;
        total.uploads += swept.uploads;
        total.keys += swept.keys;
        total.sessions += swept.sessions;
        total.audit += swept.audit;
        total.operations += swept.operations;
    }

    pub(super) fn total(&self) -> Swept {
        *self.lock()
    }
}
