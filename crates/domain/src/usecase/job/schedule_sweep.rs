//! The periodic sweep.

use std::sync::Arc;

use crate::clock::Clock;
use crate::ids::{IdSource, JobId};
use crate::job::{NewJob, Work};
use crate::store::{Database, Stored};
use crate::usecase::Ports;
use crate::usecase::retry::contended;

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
    pub async fn run(&self) -> Stored<()> {
        contended(|| self.enqueue()).await
    }

    async fn enqueue(&self) -> Stored<()> {
        let job = NewJob::due(JobId::new(self.ids.uuid()), Work::SweepBlobs, self.clock.now()).once();
        let mut unit = self.db.begin().await?;
        unit.jobs().enqueue(&job).await?;
        unit.commit().await
    }
}
