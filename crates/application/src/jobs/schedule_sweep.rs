//! The periodic sweep.

use std::sync::Arc;

use super::job::Job as _;
use super::sweep_blobs::SweepBlobs;
use crate::engine::retry::retry_conflicts;
use crate::ports::Ports;
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::ids::{IdSource, JobId};

/// Enqueues the sweep, however many processes ask for it, once.
pub struct ScheduleSweep {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl ScheduleSweep {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), clock: ports.clock.clone(), ids: ports.ids.clone() }
    }

    /// Enqueues it, unless one waits or runs.
    pub async fn run(&self) -> PortResult<()> {
        retry_conflicts(|| self.enqueue()).await
    }

    async fn enqueue(&self) -> PortResult<()> {
        let job = SweepBlobs {}.enqueued(JobId::new(self.ids.uuid()), self.clock.now())?;
        let mut unit = self.db.begin().await?;
        unit.jobs().enqueue(&job).await?;
        unit.commit().await
    }
}
