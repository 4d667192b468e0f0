//! What a sweep would do.

use std::sync::Arc;

use super::swept::Swept;
use crate::ports::Ports;
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::PortResult;

/// What one run takes at most.
const CAP: u32 = 10_000;

/// Counts what a sweep would do. It changes and locks nothing.
pub struct DryRunSweep {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
}

impl DryRunSweep {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), clock: ports.clock.clone() }
    }

    /// Uploads to cancel and blobs to delete, theirs among them; at most 10,000 of each.
    pub async fn run(&self) -> PortResult<Swept> {
        let found = self.db.read().await?.blobs().count_sweepable(self.clock.now(), CAP).await?;
        // The blobs of cancelled uploads are due at once.
        let deleted = found.expired.saturating_add(found.due).min(u64::from(CAP));
        Ok(Swept { cancelled: found.expired, deleted, ..Swept::default() })
    }
}
