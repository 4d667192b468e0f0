//! Jobs that follow from the clock.

use std::sync::Arc;
use std::time::Duration;

use super::registry::JobRegistry;
use crate::engine::retry::retry_conflicts;
use crate::ports::Ports;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::ids::{IdSource, JobId};
use fm_domain::jobs::{JobKind, NewJob};

/// A kind of job that processes enqueue at an interval.
#[derive(Clone)]
pub struct PeriodicJob {
    /// Its name.
    pub kind: JobKind,
    /// The pause between two times.
    pub every: Duration,
    pub(super) enqueued: Arc<dyn Fn(JobId, Timestamp) -> PortResult<NewJob> + Send + Sync>,
}

/// Enqueues periodic jobs. Processes that do so at one time enqueue each once.
pub struct ScheduleJobs {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    periodic: Vec<PeriodicJob>,
}

impl ScheduleJobs {
    pub(crate) fn new(ports: &Ports, registry: &JobRegistry) -> Self {
        let (db, clock, ids) = (ports.db.clone(), ports.clock.clone(), ports.ids.clone());
        Self { db, clock, ids, periodic: registry.periodic() }
    }

    /// The jobs that this process has to schedule.
    #[must_use]
    pub fn periodic(&self) -> &[PeriodicJob] {
        &self.periodic
    }

    /// Enqueues the job, unless an equal one waits or runs.
    pub async fn run(&self, periodic: &PeriodicJob) -> PortResult<()> {
        retry_conflicts(|| self.enqueue(periodic)).await
    }

    async fn enqueue(&self, periodic: &PeriodicJob) -> PortResult<()> {
        let job = (periodic.enqueued)(JobId::new(self.ids.uuid()), self.clock.now())?;
        let mut unit = self.db.begin().await?;
        unit.jobs().enqueue(&job).await?;
        unit.commit().await
    }
}

#[cfg(test)]
mod tests;
