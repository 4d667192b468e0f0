//! The keys and queues of databases with one fault: each passes everything on, but for that fault.

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim, KeyRepo};
use fm_domain::ids::{BlobId, FileId, JobId};
use fm_domain::jobs::{ClaimedJob, Enqueued, JobKind, JobQueue, JobRecord, JobState, NewJob, Priority};

use crate::broken_database::{BrokenUnit, Fault};

#[async_trait]
impl KeyRepo for BrokenUnit {
    async fn claim(&mut self, claim: &KeyClaim, now: Timestamp) -> PortResult<Claimed> {
        let claimed = self.honest().keys().claim(claim, now).await?;
        Ok(match claimed {
            Claimed::Running { .. } if self.is(Fault::GivesKeysTwice) => Claimed::Held,
            Claimed::Done(_) if self.is(Fault::ForgetsUploads) => Claimed::Held,
            honest => honest,
        })
    }

    async fn renew(&mut self, attempt: BlobId, lease_until: Timestamp) -> PortResult<bool> {
        self.honest().keys().renew(attempt, lease_until).await
    }

    async fn finish(
        &mut self,
        attempt: BlobId,
        upload: &FinishedUpload,
        expires_at: Timestamp,
    ) -> PortResult<bool> {
        self.honest().keys().finish(attempt, upload, expires_at).await
    }

    async fn free(&mut self, attempt: BlobId) -> PortResult<()> {
        self.honest().keys().free(attempt).await
    }

    async fn free_file(&mut self, file: FileId) -> PortResult<()> {
        self.honest().keys().free_file(file).await
    }

    async fn purge_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<u32> {
        self.honest().keys().purge_expired(now, limit).await
    }
}

#[async_trait]
impl JobQueue for BrokenUnit {
    async fn enqueue(&mut self, job: &NewJob) -> PortResult<Enqueued> {
        if self.has_files && self.is(Fault::LosesJobsBesideFiles) {
            return Ok(Enqueued::Added);
        }
        let priority = if self.is(Fault::IgnoresPriority) { Priority::NORMAL } else { job.priority };
        self.honest().jobs().enqueue(&NewJob { priority, ..job.clone() }).await
    }

    async fn claim(
        &mut self,
        kinds: &[JobKind],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> PortResult<Vec<ClaimedJob>> {
        let lease_until = if self.is(Fault::ClaimsTwice) { now } else { lease_until };
        let mut claimed = self.honest().jobs().claim(kinds, now, lease_until, limit).await?;
        if self.is(Fault::LosesWhatExpired) {
            for job in claimed.extract_if(.., |job| job.attempt > 1) {
                self.honest().jobs().complete(job.id, job.attempt).await?;
            }
        }
        Ok(claimed)
    }

    async fn renew(&mut self, id: JobId, attempt: u32, lease_until: Timestamp) -> PortResult<bool> {
        self.honest().jobs().renew(id, attempt, lease_until).await
    }

    async fn complete(&mut self, id: JobId, attempt: u32) -> PortResult<bool> {
        let mut done = self.honest().jobs().complete(id, attempt).await?;
        if self.is(Fault::TakesLateAnswers) {
            done |= self.honest().jobs().complete(id, attempt + 1).await?;
        }
        Ok(done || self.is(Fault::TakesAnyAnswer))
    }

    async fn fail(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Option<Timestamp>,
        reason: &str,
    ) -> PortResult<bool> {
        self.honest().jobs().fail(id, attempt, retry_at, reason).await
    }

    async fn next_due(&mut self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        self.honest().jobs().next_due(kinds).await
    }

    async fn count_living(&mut self) -> PortResult<u64> {
        self.honest().jobs().count_living().await
    }

    async fn list(
        &mut self,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: u32,
    ) -> PortResult<Vec<JobRecord>> {
        let state = state.filter(|_| !self.is(Fault::ListsEveryJob));
        self.honest().jobs().list(state, after, limit).await
    }

    async fn take_dead(&mut self, id: JobId) -> PortResult<Option<JobRecord>> {
        if self.is(Fault::TakesTheLiving) {
            let jobs = self.honest().jobs().list(None, None, u32::MAX).await?;
            return Ok(jobs.into_iter().find(|job| job.id == id));
        }
        self.honest().jobs().take_dead(id).await
    }
}
