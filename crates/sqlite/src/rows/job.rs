//! Jobs.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, JobRecord, JobState, NewJob, Work};

use super::{Id, number};
use crate::error::corrupt;
use crate::schema::jobs;

/// A job on its way in.
#[derive(Insertable)]
#[diesel(table_name = jobs)]
pub(crate) struct NewJobRow {
    id: Id,
    kind: &'static str,
    payload: String,
    priority: i16,
    first_run_at: i64,
    run_at: i64,
    unique_name: Option<String>,
}

impl TryFrom<&NewJob> for NewJobRow {
    type Error = PortError;

    fn try_from(job: &NewJob) -> PortResult<Self> {
        let run_at = job.run_at.unix_micros();
        Ok(Self {
            id: Id::of(job.id.uuid()),
            kind: job.work.kind().as_str(),
            payload: serde_json::to_string(&job.work)
                .map_err(|error| PortError::Unexpected(Box::new(error)))?,
            priority: job.priority.number(),
            first_run_at: run_at,
            run_at,
            unique_name: job.unique.clone(),
        })
    }
}

/// A job on its way to a worker.
#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(Sqlite))]
pub(crate) struct JobRow {
    pub(crate) id: Id,
    payload: String,
    first_run_at: i64,
    attempt: i64,
}

impl JobRow {
    /// The number of its next attempt.
    pub(crate) const fn next_attempt(&self) -> i64 {
        self.attempt.saturating_add(1)
    }

    /// The job as its next attempt gets it.
    pub(crate) fn claimed(&self) -> PortResult<ClaimedJob> {
        let work: Work = serde_json::from_str(&self.payload).map_err(corrupt("jobs.payload"))?;
        Ok(ClaimedJob {
            id: JobId::new(self.id.uuid()),
            work,
            attempt: number("jobs.attempt", self.next_attempt())?,
            run_at: Timestamp::from_unix_micros(self.first_run_at),
        })
    }
}

/// A job as an operator sees it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(Sqlite))]
pub(crate) struct JobRecordRow {
    id: Id,
    kind: String,
    payload: String,
    first_run_at: i64,
    attempt: i64,
    lease_until: Option<i64>,
    dead: bool,
    last_error: Option<String>,
}

impl JobRecordRow {
    /// The record. Work that can't be read is left out.
    pub(crate) fn record(self) -> PortResult<JobRecord> {
        let state = match (self.dead, self.lease_until) {
            (true, _) => JobState::Dead,
            (false, Some(_)) => JobState::Running,
            (false, None) => JobState::Waiting,
        };
        Ok(JobRecord {
            id: JobId::new(self.id.uuid()),
            kind: self.kind,
            work: serde_json::from_str(&self.payload).ok(),
            state,
            attempt: number("jobs.attempt", self.attempt)?,
            run_at: Timestamp::from_unix_micros(self.first_run_at),
            last_error: self.last_error,
        })
    }
}
