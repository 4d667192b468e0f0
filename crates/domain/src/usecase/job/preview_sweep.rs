//! What a sweep would do.

use std::sync::Arc;

use super::sweep_blobs::Swept;
use crate::clock::Clock;
use crate::store::{Database, Stored};
use crate::usecase::Ports;
use crate::usecase::retry::contended;

/// What one run takes at most.
const CAP: u32 = 10_000;

/// Says what a sweep would do, and does nothing.
pub struct PreviewSweep {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
}

impl PreviewSweep {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), clock: ports.clock.clone() }
    }

    /// Uploads to give up and blobs to discard, theirs among them; at most 10,000 of each.
    pub async fn run(&self) -> Stored<Swept> {
        contended(|| self.preview()).await
    }

    /// The sweep's own steps, undone.
    async fn preview(&self) -> Stored<Swept> {
        let now = self.clock.now();
        let mut unit = self.db.begin().await?;
        let given_up = unit.blobs().doom_expired(now, CAP).await?.len();
        let discarded = unit.blobs().due(now, CAP).await?.len();
        unit.rollback().await?;
        Ok(Swept { given_up: given_up as u64, discarded: discarded as u64, ..Swept::default() })
    }
}
