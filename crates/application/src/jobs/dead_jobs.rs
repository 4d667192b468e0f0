//! Jobs that failed for good: an operator tries them again, or discards them.

use std::sync::Arc;

use super::job::JobContext;
use super::registry::{JobRegistry, Unreadable};
use crate::engine::audit::{Act, AuditTrail};
use crate::engine::retry::{failure, retry_conflicts};
use crate::ports::{Ports, Settings};
use fm_domain::access::Actor;
use fm_domain::audit::AuditAction;
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::ids::JobId;

/// Why a dead job stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum DeadJobError {
    /// No dead job has this id.
    #[error("no dead job has this id")]
    NotFound,
    /// This node can't read it: it can be discarded, but not tried again here.
    #[error("what the job was to do can't be read: {0}")]
    Unreadable(Unreadable),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(DeadJobError);

/// Tries dead jobs again.
pub struct RetryJob {
    context: JobContext,
    registry: JobRegistry,
    trail: AuditTrail,
}

impl RetryJob {
    pub(crate) fn new(ports: &Ports, settings: &Settings, registry: &JobRegistry) -> Self {
        let (context, trail) = (JobContext::new(ports, settings), AuditTrail::new(ports));
        Self { context, registry: registry.clone(), trail }
    }

    /// Enqueues its work anew, with all attempts before it. The new job has an id of its own: whatever still runs the
    /// old one is fenced off. The new id, under which the work is found unless equal work waited already.
    pub async fn run(&self, id: JobId) -> Result<JobId, DeadJobError> {
        self.run_by(None, id).await
    }

    /// The same for an admin; `None`: an operator.
    pub(crate) async fn run_by(&self, admin: Option<&Actor>, id: JobId) -> Result<JobId, DeadJobError> {
        retry_conflicts(|| self.retry(admin, id)).await
    }

    async fn retry(&self, admin: Option<&Actor>, id: JobId) -> Result<JobId, DeadJobError> {
        let JobContext { ports, .. } = &self.context;
        let mut unit = ports.db.begin().await?;
        let Some(dead) = unit.jobs().take_dead(id).await? else {
            unit.rollback().await?;
            return Err(DeadJobError::NotFound);
        };
        let job = match self.registry.read(&dead.kind, &dead.payload) {
            Ok(job) => job,
            Err(unreadable) => {
                unit.rollback().await?;
                return Err(DeadJobError::Unreadable(unreadable));
            }
        };
        job.revived(&self.context, unit.as_mut()).await?;
        let now = ports.clock.now();
        let job = job.enqueued(JobId::new(ports.ids.uuid()), now)?;
        unit.jobs().enqueue(&job).await?;
        let act = Act::of_operator(AuditAction::JOB_RETRIED, Some(id.uuid()));
        let act = match admin {
            Some(actor) => Act { actor: Some(actor.user()), client: actor.client(), ..act },
            None => act,
        };
        self.trail.append(unit.as_mut(), now, act).await?;
        unit.commit().await?;
        Ok(job.id)
    }
}

/// Discards dead jobs.
pub struct DiscardJob {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    trail: AuditTrail,
}

impl DiscardJob {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), clock: ports.clock.clone(), trail: AuditTrail::new(ports) }
    }

    /// Removes it. Its work stays undone: a thumbnail stays failed, a blob is left to the sweep.
    pub async fn run(&self, id: JobId) -> Result<(), DeadJobError> {
        retry_conflicts(|| self.discard(id)).await
    }

    async fn discard(&self, id: JobId) -> Result<(), DeadJobError> {
        let mut unit = self.db.begin().await?;
        if unit.jobs().take_dead(id).await?.is_none() {
            unit.rollback().await?;
            return Err(DeadJobError::NotFound);
        }
        let act = Act::of_operator(AuditAction::JOB_DISCARDED, Some(id.uuid()));
        self.trail.append(unit.as_mut(), self.clock.now(), act).await?;
        Ok(unit.commit().await?)
    }
}

#[cfg(test)]
mod tests;
