//! The keys and queues of databases with one fault: each passes everything on, but for that fault.

use std::cmp::Reverse;

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::database::Database as _;
use fm_domain::error::PortResult;
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim, KeyRepo};
use fm_domain::ids::{BlobId, FileId, JobId};
use fm_domain::jobs::{
    ClaimedJob, Enqueued, JobKind, JobPayload, JobQueries, JobQueue, JobRecord, JobState, NewJob, Priority,
    QueueDepth,
};

use uuid::Uuid;

use crate::mutants::broken_database::{BrokenReads, BrokenUnit, Fault, PAGE, broken, whole_second};
use crate::mutants::broken_removal::RemovalFault;
use crate::mutants::fresh_database::{first, limit_31};
use crate::mutants::mutants;

#[async_trait]
impl KeyRepo for BrokenUnit {
    async fn claim(&mut self, claim: &KeyClaim, now: Timestamp) -> PortResult<Claimed> {
        let mut claim = claim.clone();
        if self.is(Fault::LeasesKeysToTheSecond) {
            claim.lease_until = whole_second(claim.lease_until);
        }
        if self.is(Fault::KeepsKeysIn128Characters) {
            claim.key = first(claim.key.as_str(), 128).parse().unwrap();
        }
        let same = |other: &KeyClaim| (other.user, &other.key) == (claim.user, &claim.key);
        let last = self.common.claims.lock().unwrap().iter().find(|other| same(other)).cloned();
        let finished = self.common.finished.lock().unwrap().contains_key(&claim.attempt);
        let holds =
            !finished && last.is_some_and(|last| last.attempt == claim.attempt && last.lease_until > now);
        if holds && self.is(Fault::KeepsTheFirstLeaseOfAHolder) {
            return Ok(Claimed::Held);
        }
        let kept = self.common.claims.lock().unwrap().iter().any(same);
        if kept && self.removes(RemovalFault::KeepsKeysOfTheRemoved) && self.is_marked(claim.user) {
            return Ok(Claimed::Running { lease_until: claim.lease_until });
        }
        let claimed = self.honest().keys().claim(&claim, now).await?;
        if claimed == Claimed::Held {
            let mut claims = self.common.claims.lock().unwrap();
            claims.retain(|other| !same(other));
            claims.push(claim.clone());
        }
        let remembered =
            self.common.uploads.lock().unwrap().iter().find(|(other, _, _)| same(other)).cloned();
        Ok(match claimed {
            Claimed::Running { .. } if self.is(Fault::RemembersUploadsOfReclaimedKeys) => {
                remembered.map_or(claimed, |(_, upload, _)| Claimed::Done(upload))
            }
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
        let finished = self.honest().keys().finish(attempt, upload, expires_at).await?;
        let claim = self.common.claims.lock().unwrap().iter().find(|claim| claim.attempt == attempt).cloned();
        if let Some(claim) = claim.filter(|_| finished) {
            self.common.uploads.lock().unwrap().push((claim, upload.clone(), expires_at));
        }
        if finished {
            self.common.finished.lock().unwrap().insert(attempt, upload.file);
        }
        Ok(finished || self.is(Fault::FinishesAgain))
    }

    async fn free(&mut self, attempt: BlobId) -> PortResult<()> {
        let file = self.common.finished.lock().unwrap().get(&attempt).copied();
        if let Some(file) = file.filter(|_| self.is(Fault::FreesTheFinished)) {
            return self.honest().keys().free_file(file).await;
        }
        self.honest().keys().free(attempt).await
    }

    async fn free_file(&mut self, file: FileId) -> PortResult<()> {
        self.honest().keys().free_file(file).await?;
        if self.is(Fault::FreesOneKeyOfAFile) {
            let finished = self.common.uploads.lock().unwrap().clone();
            let others = finished.into_iter().filter(|(_, upload, _)| upload.file == file).skip(1);
            for (claim, upload, expires_at) in others {
                self.honest().keys().claim(&claim, Timestamp::from_unix_micros(0)).await?;
                self.honest().keys().finish(claim.attempt, &upload, expires_at).await?;
            }
        }
        Ok(())
    }

    async fn purge_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let limit = if self.is(Fault::PurgesAPageOfKeys) { limit.min(PAGE) } else { limit };
        self.honest().keys().purge_expired(now, limit).await
    }
}

impl BrokenUnit {
    /// The committed jobs in this state, or all.
    async fn committed_jobs(&mut self, state: Option<JobState>) -> PortResult<Vec<JobRecord>> {
        self.database.read().await?.jobs().list(state, None, u32::MAX).await
    }

    /// How many of the first due jobs, of whatever kind, are of these kinds.
    async fn of_kinds_among_the_first(
        &mut self,
        kinds: &[JobKind],
        now: Timestamp,
        limit: u32,
    ) -> PortResult<u32> {
        // Not in the rules of many jobs.
        if self.honest().jobs().count_living().await? > 50 {
            return Ok(limit);
        }
        let mut due = self.committed_jobs(Some(JobState::Waiting)).await?;
        due.retain(|job| job.run_at <= now && job.attempt == 0);
        let priorities = self.common.priorities.lock().unwrap();
        due.sort_by_key(|job| (Reverse(priorities.get(&job.id).copied()), job.run_at));
        let passed_over = due.iter().take(limit as usize).filter(|job| !kinds.contains(&job.kind)).count();
        Ok(limit.saturating_sub(u32::try_from(passed_over).unwrap()))
    }
}

#[async_trait]
impl JobQueue for BrokenUnit {
    async fn enqueue(&mut self, job: &NewJob) -> PortResult<Enqueued> {
        if self.has_files && self.is(Fault::LosesJobsBesideFiles) {
            return Ok(Enqueued::Added);
        }
        let priority = if self.is(Fault::IgnoresPriority) { Priority::NORMAL } else { job.priority };
        let again = !self.common.ids.lock().unwrap().insert(job.id.uuid());
        if again && self.is(Fault::EnqueuesAgain) {
            return Ok(Enqueued::Added);
        }
        let most = if self.is(Fault::ComparesNamesTo64Characters) { 64 } else { usize::MAX };
        let unique = job.unique.as_ref().map(|name| first(name, most));
        let has_turns = match self.fault {
            Fault::ClaimsWithoutTurns => false,
            Fault::GivesTurnsToAFew => self.common.priorities.lock().unwrap().len() < 300,
            _ => true,
        };
        let owner = job.owner.filter(|_| has_turns);
        let trace = job.trace.filter(|_| !self.is(Fault::ForgetsTraces));
        let enqueued =
            self.honest().jobs().enqueue(&NewJob { priority, owner, unique, trace, ..job.clone() }).await?;
        if enqueued == Enqueued::Added {
            self.common.priorities.lock().unwrap().insert(job.id, priority);
            if self.is(Fault::SignalsBeforeTheCommit) {
                let mut ringing = self.common.early.begin().await?;
                ringing.jobs().enqueue(&NewJob { id: JobId::new(Uuid::now_v7()), ..job.clone() }).await?;
                ringing.commit().await?;
            }
        }
        if enqueued == Enqueued::AlreadyThere && self.is(Fault::ReleasesNamesOnRetry) {
            let waiting = self.committed_jobs(Some(JobState::Waiting)).await?;
            if waiting.iter().any(|waiting| waiting.attempt > 0) {
                return Ok(Enqueued::Added);
            }
        }
        Ok(enqueued)
    }

    async fn claim(
        &mut self,
        kinds: &[JobKind],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> PortResult<Vec<ClaimedJob>> {
        let lease_until = match self.fault {
            Fault::ClaimsTwice => now,
            Fault::LeasesJobsToTheSecond => whole_second(lease_until),
            _ => lease_until,
        };
        let limit = if self.is(Fault::ClaimsAPage) { limit.min(PAGE) } else { limit };
        let limit = if self.is(Fault::ClaimsKindsAfterTheLimit) {
            self.of_kinds_among_the_first(kinds, now, limit).await?
        } else {
            limit
        };
        let mut claimed = self.honest().jobs().claim(kinds, now, lease_until, limit).await?;
        if self.is(Fault::KeepsTextsOfPayloads) {
            for job in &mut claimed {
                let text = job.payload.json().to_string();
                job.payload = JobPayload::new(text.into());
            }
        }
        if self.is(Fault::LosesWhatExpired) {
            for job in claimed.extract_if(.., |job| job.attempt > 1) {
                self.honest().jobs().complete(job.id, job.attempt).await?;
            }
        }
        if self.is(Fault::ClaimsByTheFirstTime) {
            let priorities = self.common.priorities.lock().unwrap();
            claimed.sort_by_key(|job| (Reverse(priorities.get(&job.id).copied()), job.run_at));
        }
        if self.is(Fault::TellsTheTimeOfTheRetry) {
            for job in claimed.iter_mut().filter(|job| job.attempt > 1) {
                job.run_at = now;
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
        done |= attempt == 0 && self.is(Fault::CompletesTheUnclaimed);
        Ok(done || self.is(Fault::TakesAnyAnswer))
    }

    async fn fail(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Option<Timestamp>,
        reason: &str,
    ) -> PortResult<bool> {
        let cut: String = reason.chars().take(255).collect();
        let reason = if self.is(Fault::CutsReasons) { &cut } else { reason };
        self.honest().jobs().fail(id, attempt, retry_at, reason).await
    }

    async fn put_back(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Timestamp,
        reason: &str,
    ) -> PortResult<bool> {
        match self.fault {
            Fault::CountsWhatIsPutBack => {
                return self.honest().jobs().fail(id, attempt, Some(retry_at), reason).await;
            }
            Fault::PutsBackAtOnce => {
                return self
                    .honest()
                    .jobs()
                    .put_back(id, attempt, Timestamp::from_unix_micros(0), reason)
                    .await;
            }
            Fault::PutsBackWithoutAReason => {
                return self.honest().jobs().put_back(id, attempt, retry_at, "").await;
            }
            Fault::PutsBackForAnyAttempt => {
                for any in 0..10 {
                    if self.honest().jobs().put_back(id, any, retry_at, reason).await? {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
            _ => {}
        }
        self.honest().jobs().put_back(id, attempt, retry_at, reason).await
    }

    async fn next_due(&mut self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        let next = self.honest().jobs().next_due(kinds).await?;
        if self.is(Fault::CallsRetriesDueAtOnce) && next.is_some() {
            let waiting = self.committed_jobs(Some(JobState::Waiting)).await?;
            let retries = waiting.iter().filter(|job| job.attempt > 0 && kinds.contains(&job.kind));
            return Ok(retries.map(|job| job.run_at).chain(next).min());
        }
        Ok(next)
    }

    async fn count_living(&mut self) -> PortResult<u64> {
        self.honest().jobs().count_living().await
    }

    async fn take_dead(&mut self, id: JobId) -> PortResult<Option<JobRecord>> {
        if self.is(Fault::TakesTheLiving) {
            return Ok(self.committed_jobs(None).await?.into_iter().find(|job| job.id == id));
        }
        let taken = self.honest().jobs().take_dead(id).await?;
        let loses = self.is(Fault::TakesTheDeadWithoutTheirError);
        Ok(taken.map(|job| if loses { JobRecord { last_error: None, ..job } } else { job }))
    }
}

#[async_trait]
impl JobQueries for BrokenReads {
    async fn depths(&mut self, now: Timestamp) -> PortResult<Vec<QueueDepth>> {
        let every = self.fault == Fault::CallsEveryJobDue;
        let now = if every { Timestamp::from_unix_micros(i64::MAX) } else { now };
        let mut depths = self.inner.jobs().depths(now).await?;
        if self.fault == Fault::CountsTheDeadAsWaiting {
            for depth in &mut depths {
                depth.waiting += std::mem::take(&mut depth.dead);
            }
        }
        Ok(depths)
    }

    async fn list(
        &mut self,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: u32,
    ) -> PortResult<Vec<JobRecord>> {
        let state = state.filter(|_| self.fault != Fault::ListsEveryJob);
        let limit = if self.fault == Fault::ListsAPageOfJobs { limit.min(PAGE) } else { limit };
        let limit = if self.fault == Fault::TakesLimitsAs31Bits { limit_31(limit) } else { limit };
        if self.fault == Fault::FiltersJobsAfterTheLimit {
            let mut jobs = self.inner.jobs().list(None, after, limit).await?;
            jobs.retain(|job| state.is_none_or(|state| job.state == state));
            return Ok(jobs);
        }
        self.inner.jobs().list(state, after, limit).await
    }

    async fn has_living(&mut self, unique: &str) -> PortResult<bool> {
        let is_living = self.inner.jobs().has_living(unique).await?;
        let state = match self.fault {
            Fault::CallsTheDeadLiving => JobState::Dead,
            Fault::OverlooksNamesOfRunningJobs => JobState::Running,
            _ => return Ok(is_living),
        };
        let has_any = !self.inner.jobs().list(Some(state), None, 1).await?.is_empty();
        Ok(if state == JobState::Dead { is_living || has_any } else { is_living && !has_any })
    }
}

mutants! {
    a_queue_that_gives_jobs_twice: broken(Fault::ClaimsTwice) => job_queue,
        ["JOB-02", "JOB-03", "JOB-04", "JOB-05", "JOB-09", "JOB-10", "JOB-11", "JOB-17", "JOB-21", "JOB-22", "JOB-23", "JOB-34", "JOB-36", "JOB-37", "JOB-38", "JOB-39", "JOB-40", "JOB-41"];
    a_queue_that_takes_late_answers: broken(Fault::TakesLateAnswers) => job_queue, ["JOB-04"];
    a_queue_that_takes_any_answer: broken(Fault::TakesAnyAnswer) => job_queue,
        ["JOB-04", "JOB-07", "JOB-21", "JOB-24", "JOB-28"];
    a_queue_that_loses_what_expired: broken(Fault::LosesWhatExpired) => job_queue,
        ["JOB-03", "JOB-04", "JOB-07", "JOB-15", "JOB-21", "JOB-23", "JOB-25", "JOB-30", "JOB-36", "JOB-39", "JOB-40"];
    a_queue_that_wakes_no_worker: broken(Fault::NeverSignals) => job_queue, ["JOB-13", "JOB-27", "JOB-32"];
    a_queue_that_knows_no_priority: broken(Fault::IgnoresPriority) => job_queue, ["JOB-05", "JOB-28", "JOB-37"];
    a_queue_that_lists_jobs_of_any_state: broken(Fault::ListsEveryJob) => job_queue, ["JOB-18", "JOB-24", "JOB-33"];
    a_queue_that_gives_the_living_for_dead: broken(Fault::TakesTheLiving) => job_queue, ["JOB-20"];
    a_queue_that_claims_a_page: broken(Fault::ClaimsAPage) => job_queue, ["JOB-22"];
    a_queue_that_lists_a_page: broken(Fault::ListsAPageOfJobs) => job_queue, ["JOB-22"];
    a_queue_that_leases_to_the_second: broken(Fault::LeasesJobsToTheSecond) => job_queue, ["JOB-23"];
    a_queue_that_completes_the_unclaimed: broken(Fault::CompletesTheUnclaimed) => job_queue, ["JOB-24"];
    a_queue_that_tells_the_time_of_the_retry: broken(Fault::TellsTheTimeOfTheRetry) => job_queue,
        ["JOB-07", "JOB-25", "JOB-40"];
    a_queue_that_releases_names_on_retry: broken(Fault::ReleasesNamesOnRetry) => job_queue, ["JOB-25"];
    a_queue_that_cuts_reasons: broken(Fault::CutsReasons) => job_queue, ["JOB-25"];
    a_queue_that_counts_what_is_put_back: broken(Fault::CountsWhatIsPutBack) => job_queue, ["JOB-28"];
    a_queue_that_puts_back_at_once: broken(Fault::PutsBackAtOnce) => job_queue, ["JOB-28"];
    a_queue_that_puts_back_without_a_reason: broken(Fault::PutsBackWithoutAReason) => job_queue, ["JOB-28"];
    a_queue_that_puts_back_for_any_attempt: broken(Fault::PutsBackForAnyAttempt) => job_queue, ["JOB-29"];
    a_queue_that_keeps_texts_of_payloads: broken(Fault::KeepsTextsOfPayloads) => job_queue, ["JOB-03", "JOB-07", "JOB-10", "JOB-21", "JOB-26"];
    a_queue_that_calls_every_job_due: broken(Fault::CallsEveryJobDue) => job_queue, ["JOB-39"];
    a_queue_that_counts_the_dead_as_waiting: broken(Fault::CountsTheDeadAsWaiting) => job_queue, ["JOB-39"];
    a_queue_that_calls_the_dead_living: broken(Fault::CallsTheDeadLiving) => job_queue, ["JOB-42"];
    a_queue_that_overlooks_names_of_running_jobs: broken(Fault::OverlooksNamesOfRunningJobs) => job_queue, ["JOB-42"];
    a_queue_without_turns: broken(Fault::ClaimsWithoutTurns) => job_queue, ["JOB-36", "JOB-37", "JOB-41"];
    a_queue_with_turns_for_a_few: broken(Fault::GivesTurnsToAFew) => job_queue, ["JOB-41"];
    a_queue_that_forgets_traces: broken(Fault::ForgetsTraces) => job_queue, ["JOB-40"];
    a_queue_that_enqueues_again: broken(Fault::EnqueuesAgain) => job_queue, ["JOB-01", "JOB-09", "JOB-26"];
    a_signal_that_loses_what_no_worker_awaits: broken(Fault::LosesSignalsWithoutAWaiter) => job_queue, ["JOB-13", "JOB-27", "JOB-32"];
}
