//! The jobs that what was imported still waits for.

use std::sync::Arc;

use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::{Change, Event};
use fm_domain::files::File;
use fm_domain::ids::{IdSource, JobId};

use crate::jobs::{Job as _, VerifyBlob};
use crate::ports::FollowUps;

/// Enqueues jobs that are due now.
pub(super) struct DueJobs {
    ids: Arc<dyn IdSource>,
    follow_ups: FollowUps,
    now: Timestamp,
}

impl DueJobs {
    pub(super) const fn new(ids: Arc<dyn IdSource>, follow_ups: FollowUps, now: Timestamp) -> Self {
        Self { ids, follow_ups, now }
    }

    /// Those that follow from a change.
    pub(super) async fn follow(&self, unit: &mut dyn UnitOfWork, change: Change<'_>) -> PortResult<()> {
        for follow_up in self.follow_ups.of(&Event { at: self.now, change })? {
            let job = follow_up.due(JobId::new(self.ids.uuid()), self.now);
            unit.jobs().enqueue(&job).await?;
        }
        Ok(())
    }

    /// The one that reads the bytes of a file for their hash. The client's own promise went with the upload.
    pub(super) async fn verify(&self, unit: &mut dyn UnitOfWork, file: &File) -> PortResult<()> {
        let File { id, owner, blob, .. } = *file;
        let verify = VerifyBlob { owner, file: id, blob, promised: None, is_copy: false };
        let job = verify.enqueued(JobId::new(self.ids.uuid()), self.now)?;
        unit.jobs().enqueue(&job).await?;
        Ok(())
    }
}
