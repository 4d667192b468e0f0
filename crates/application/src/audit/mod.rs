//! The audit trail, as users and operators read it.

mod list_activity;
mod list_entries;

pub use list_activity::{Activity, ActivityCommand, ActivityError, ListActivity};
pub use list_entries::ListEntries;

use crate::ports::Ports;

/// The use cases of the audit trail.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Audit {
    pub activity: ListActivity,
    pub list: ListEntries,
}

impl Audit {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self { activity: ListActivity::new(ports), list: ListEntries::new(ports) }
    }
}
