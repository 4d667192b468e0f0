//! The audit trail: who did what, when, and from where. Entries are added and read, and removed by their age alone.

mod action;
mod cursor;
mod model;
mod port;

pub use action::{AuditAction, UnknownAction};
pub use cursor::{decode_audit_cursor, encode_audit_cursor};
pub use model::{AuditEntry, AuditFilter, AuditKey, AuditPage};
pub use port::{AuditQueries, AuditRepo};
#[cfg(any(test, feature = "mock"))]
pub use port::{MockAuditQueries, MockAuditRepo};

#[cfg(test)]
mod tests;
