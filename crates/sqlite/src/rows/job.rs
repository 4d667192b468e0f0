//! Jobs.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, JobPayload, JobRecord, JobState, NewJob};

use super::{Id, number};
use crate::error::corrupt;
use crate::schema::jobs;

/// A job on its way in.
#[derive(Insertable)]
#[diesel(table_name = jobs)]
pub(crate) struct NewJobRow {
    id: Id,
    kind: String,
    payload: String,
    priority: i16,
    first_run_at: i64,
    run_at: i64,
    unique_name: Option<String>,
    owner: Option<Id>,
    trace_context: Option<String>,
}

impl From<&NewJob> for NewJobRow {
    fn from(job: &NewJob) -> Self {
        let run_at = job.run_at.unix_micros();
        Self {
            id: Id::of(job.id.uuid()),
            kind: job.kind.as_str().to_owned(),
            payload: job.payload.json().to_string(),
            priority: job.priority.number(),
            first_run_at: run_at,
            run_at,
            unique_name: job.unique.clone(),
            owner: job.owner.map(|owner| Id::of(owner.uuid())),
            trace_context: job.trace.map(|trace| trace.to_string()),
        }
    }
}

/// A job on its way to a worker.
#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(Sqlite))]
pub(crate) struct JobRow {
    pub(crate) id: Id,
    kind: String,
    payload: String,
    first_run_at: i64,
    attempt: i64,
    pub(crate) owner: Option<Id>,
    trace_context: Option<String>,
}

impl JobRow {
    /// The number of its next attempt.
    pub(crate) const fn next_attempt(&self) -> i64 {
        self.attempt.saturating_add(1)
    }

    /// The job as its next attempt gets it.
    pub(crate) fn claimed(self) -> PortResult<ClaimedJob> {
        Ok(ClaimedJob {
            id: JobId::new(self.id.uuid()),
            attempt: number("jobs.attempt", self.next_attempt())?,
            kind: self.kind.into(),
            payload: payload(&self.payload)?,
            run_at: Timestamp::from_unix_micros(self.first_run_at),
            // One that a later version wrote is no reason to leave the job.
            trace: self.trace_context.and_then(|text| text.parse().ok()),
        })
    }
}

/// The column holds JSON: the schema checks it.
fn payload(text: &str) -> PortResult<JobPayload> {
    serde_json::from_str(text).map(JobPayload::new).map_err(corrupt("jobs.payload"))
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
    /// The record.
    pub(crate) fn record(self) -> PortResult<JobRecord> {
        let state = match (self.dead, self.lease_until) {
            (true, _) => JobState::Dead,
            (false, Some(_)) => JobState::Running,
            (false, None) => JobState::Waiting,
        };
        Ok(JobRecord {
            id: JobId::new(self.id.uuid()),
            kind: self.kind.into(),
            payload: payload(&self.payload)?,
            state,
            attempt: number("jobs.attempt", self.attempt)?,
            run_at: Timestamp::from_unix_micros(self.first_run_at),
            last_error: self.last_error,
        })
    }
}
