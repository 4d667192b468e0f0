//! One job of the queue, from its claim to its end.

use std::sync::Arc;
use std::time::Duration;

use super::make_thumbnail::MakeThumbnail;
use super::purge_blob::PurgeBlob;
use super::revoke_sessions::RevokeSessions;
use super::sweep_blobs::Sweep;
use super::verify_blob::VerifyBlob;
use super::{Done, JobError, complete};
use crate::engine::lease::{LEASE, Leased, renew_until_lost};
use crate::engine::retry::retry_conflicts;
use crate::ports::Ports;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::{PortResult, chain};
use fm_domain::files::ThumbnailState;
use fm_domain::ids::IdSource;
use fm_domain::jobs::{ClaimedJob, JobKind, Work};

/// How often a job is tried before it is dead.
const MAX_ATTEMPTS: u32 = 8;
/// The first pause; it doubles with each attempt.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// What a worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// It ran a job of this kind, well or not.
    Job(JobKind),
    /// Nothing was due.
    Idle {
        /// When the next job is, if one waits.
        next_due: Option<Timestamp>,
    },
}

/// Runs jobs, one a call.
pub struct RunNextJob {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    make_thumbnail: MakeThumbnail,
    verify_blob: VerifyBlob,
    purge_blob: PurgeBlob,
    sweep: Sweep,
    revoke_sessions: RevokeSessions,
}

impl RunNextJob {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            db: ports.db.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            make_thumbnail: MakeThumbnail::new(ports),
            verify_blob: VerifyBlob::new(ports),
            purge_blob: PurgeBlob::new(ports),
            sweep: Sweep::new(ports),
            revoke_sessions: RevokeSessions::new(ports),
        }
    }

    /// Claims one job of these kinds that is due and runs it to its end. Workers that have more to do in between take
    /// the steps themselves: [`Self::claim`], [`Self::finish`] and [`Self::next_due`].
    pub async fn run(&self, kinds: &[JobKind]) -> PortResult<Ran> {
        let Some(job) = self.claim(kinds).await? else {
            return Ok(Ran::Idle { next_due: self.next_due(kinds).await? });
        };
        self.finish(&job).await?;
        Ok(Ran::Job(job.work.kind()))
    }

    /// Claims one job of these kinds that is due.
    pub async fn claim(&self, kinds: &[JobKind]) -> PortResult<Option<ClaimedJob>> {
        retry_conflicts(|| self.try_claim(kinds)).await
    }

    /// Runs a claimed job to its end, renewing its lease. A job that fails is logged and tried again later; an error
    /// here means that the queue itself is out of reach.
    pub async fn finish(&self, job: &ClaimedJob) -> PortResult<()> {
        let lease = Leased::Job(job.id, job.attempt);
        let outcome = tokio::select! {
            outcome = self.work(job) => outcome,
            _lost = renew_until_lost(self.db.as_ref(), self.clock.as_ref(), lease) => Ok(Done::Lost),
        };
        match outcome {
            Ok(Done::Completed) => Ok(()),
            Ok(Done::Moot) => retry_conflicts(|| complete(self.db.as_ref(), job)).await.map(drop),
            Ok(Done::Lost) => {
                tracing::warn!(job.id = %job.id, "a job was lost to another worker");
                Ok(())
            }
            Err(error) => self.fail(job, &error).await,
        }
    }

    /// When the next job of these kinds is due, or the lease of one ends, if there is one.
    pub async fn next_due(&self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        retry_conflicts(|| self.try_next_due(kinds)).await
    }

    async fn try_claim(&self, kinds: &[JobKind]) -> PortResult<Option<ClaimedJob>> {
        let now = self.clock.now();
        let mut unit = self.db.begin().await?;
        let job = unit.jobs().claim(kinds, now, now.plus(LEASE), 1).await?.pop();
        // Without a job too: the queue may have put back one that this version can't read.
        unit.commit().await?;
        Ok(job)
    }

    async fn try_next_due(&self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        let mut unit = self.db.begin().await?;
        let next_due = unit.jobs().next_due(kinds).await?;
        unit.rollback().await?;
        Ok(next_due)
    }

    async fn work(&self, job: &ClaimedJob) -> Result<Done, JobError> {
        match &job.work {
            Work::MakeThumbnail { owner, file, blob } => {
                self.make_thumbnail.run(job, *owner, *file, *blob).await
            }
            Work::VerifyBlob { owner, file, blob, promised } => {
                self.verify_blob.run(job, (*owner, *file, *blob), *promised).await
            }
            Work::PurgeBlob { blob, thumbnail } => self.purge_blob.run(job, *blob, *thumbnail).await,
            Work::SweepBlobs => {
                self.sweep.run().await?;
                Ok(Done::Moot)
            }
            Work::RevokeSessions { user, but, created_before } => {
                self.revoke_sessions.run(*user, *but, Timestamp::from_unix_micros(*created_before)).await
            }
        }
    }

    async fn fail(&self, job: &ClaimedJob, error: &JobError) -> PortResult<()> {
        let dead = job.attempt >= MAX_ATTEMPTS;
        let retry_at = (!dead).then(|| self.clock.now().plus(pause(job.attempt, self.ids.random()[0])));
        let error = chain(error);
        log_failure(job, &error, dead);
        retry_conflicts(|| self.record(job, retry_at, &error)).await
    }

    /// One unit: a thumbnail has failed if, and only if, its job is dead by this very attempt.
    async fn record(&self, job: &ClaimedJob, retry_at: Option<Timestamp>, error: &str) -> PortResult<()> {
        let mut unit = self.db.begin().await?;
        if retry_at.is_none()
            && let Work::MakeThumbnail { file, blob, .. } = &job.work
        {
            unit.files().set_thumbnail(*file, *blob, &ThumbnailState::Failed).await?;
        }
        if unit.jobs().fail(job.id, job.attempt, retry_at, error).await? {
            unit.commit().await
        } else {
            // Another worker has it by now, and the last word.
            unit.rollback().await
        }
    }
}

fn log_failure(job: &ClaimedJob, error: &str, dead: bool) {
    let kind = job.work.kind().as_str();
    if dead {
        tracing::error!(job.id = %job.id, job.kind = kind, job.attempt, error, "a job failed for good");
    } else {
        tracing::warn!(job.id = %job.id, job.kind = kind, job.attempt, error, "a job failed and is tried again");
    }
}

/// The pause after this attempt: doubled each time, and between half of it and all of it, by `dice`.
fn pause(attempt: u32, dice: u8) -> Duration {
    let whole = FIRST_PAUSE
        .saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX))
        .min(LONGEST_PAUSE);
    whole / 2 + whole / 2 * u32::from(dice) / 255
}

#[cfg(test)]
mod tests;
