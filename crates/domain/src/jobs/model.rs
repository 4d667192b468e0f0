//! What a job is.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{JobId, UserId};
use crate::trace::TraceContext;

/// The stable name of a kind of job: `make_thumbnail`. The queue compares it and knows no kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobKind(Cow<'static, str>);

impl JobKind {
    /// The kind with this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A kind as a queue stored it.
impl From<String> for JobKind {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a job is to do, as JSON that its kind alone understands. The queue stores it and gives back an equal value
/// (JOB-10); texts in it hold no U+0000.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPayload(Value);

impl JobPayload {
    /// This JSON as a payload.
    #[must_use]
    pub const fn new(json: Value) -> Self {
        Self(json)
    }

    /// The JSON.
    #[must_use]
    pub const fn json(&self) -> &Value {
        &self.0
    }
}

/// How urgent a job is: of those that are due the highest goes first, and the longest due among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(i16);

impl Priority {
    /// Work that can wait.
    pub const LOW: Self = Self(0);
    /// Housekeeping.
    pub const NORMAL: Self = Self(10);
    /// Work that users wait for or rely on.
    pub const HIGH: Self = Self(20);

    /// The priority with this number.
    #[must_use]
    pub const fn new(number: i16) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i16 {
        self.0
    }
}

/// A job to be enqueued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// A fresh id.
    pub id: JobId,
    /// Its kind.
    pub kind: JobKind,
    /// What is to be done.
    pub payload: JobPayload,
    /// Its priority.
    pub priority: Priority,
    /// The earliest time to run it.
    pub run_at: Timestamp,
    /// The user whom the job works for, where users share its workers fairly.
    pub owner: Option<UserId>,
    /// At most one living job (waiting or running) has this name, every character of which counts (JOB-35); `None`: any
    /// number.
    pub unique: Option<String>,
    /// The span that asked for it, in whose trace it runs; it comes back with every claim (JOB-40).
    pub trace: Option<TraceContext>,
}

/// A job that a worker holds until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Its id.
    pub id: JobId,
    /// Its kind.
    pub kind: JobKind,
    /// What is to be done.
    pub payload: JobPayload,
    /// Attempt number, starting at 1. Fences off earlier attempts.
    pub attempt: u32,
    /// When it was enqueued to run first.
    pub run_at: Timestamp,
    /// The span that asked for it.
    pub trace: Option<TraceContext>,
}

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// No worker holds it: it is due, or will be.
    Waiting,
    /// A worker holds it, or held it when its lease ran out.
    Running,
    /// It failed for good and is kept for a human.
    Dead,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Running, Self::Dead];

    /// Its stable name: `waiting`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Dead => "dead",
        }
    }
}

/// How many jobs of one kind a queue holds, by their states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepth {
    /// The kind.
    pub kind: JobKind,
    /// Jobs that no worker holds: due, or due later.
    pub waiting: u64,
    /// Jobs that a worker holds, or held when its lease ran out.
    pub running: u64,
    /// Jobs that failed for good.
    pub dead: u64,
    /// Since when the longest due of them can be claimed; `None` where none can be.
    pub oldest_due: Option<Timestamp>,
}

/// A job as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// Its kind.
    pub kind: JobKind,
    /// What is to be done.
    pub payload: JobPayload,
    /// Its state.
    pub state: JobState,
    /// How often it was attempted.
    pub attempt: u32,
    /// When it was enqueued to run first.
    pub run_at: Timestamp,
    /// Why the last attempt failed, or why the job was put back.
    pub last_error: Option<String>,
}
