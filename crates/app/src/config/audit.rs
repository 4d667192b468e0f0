//! The audit trail.

use std::time::Duration;

use super::{DAY, Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[Variable::plain("AUDIT_RETENTION_DAYS")];

/// The audit trail.
#[derive(Debug, Clone)]
pub struct AuditConfig {
    /// `AUDIT_RETENTION_DAYS`: how long entries are kept; zero: nothing is recorded.
    pub retention: Duration,
}

impl AuditConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self { retention: Duration::from_secs(reader.number("AUDIT_RETENTION_DAYS", 90, 0..=36_500) * DAY) }
    }
}
