//! Where the trail is kept.

use async_trait::async_trait;

use super::{AuditEntry, AuditFilter, AuditPage};
use crate::clock::Timestamp;
use crate::error::PortResult;

/// The trail inside a unit of work. No method changes an entry, and none removes one but by its age.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait AuditRepo: Send {
    /// Adds an entry, which is there when the unit is committed (AUDIT-02). Where one with its time and id is there already
    /// that one stays as it is (AUDIT-03). It refers to no row: its user may be gone, or never have been there (AUDIT-07).
    ///
    /// A store may write entries with a later statement of the unit, or with its commit, which then reports the failure.
    async fn append(&mut self, entry: &AuditEntry) -> PortResult<()>;

    /// Removes up to `limit` entries that are older than `before`, the oldest first; answers how many (AUDIT-08).
    async fn purge_before(&mut self, before: Timestamp, limit: u32) -> PortResult<u32>;
}

/// What can be asked of the trail without a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait AuditQueries: Send {
    /// A page of the entries that all of the filter fits (AUDIT-05, AUDIT-06), newest first, of one moment the larger id
    /// first (AUDIT-04). Each is as it was added (AUDIT-01).
    async fn list(&mut self, filter: &AuditFilter, page: &AuditPage) -> PortResult<Vec<AuditEntry>>;
}
