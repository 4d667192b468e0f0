//! What a job is.

use serde::{Deserialize, Serialize};

use crate::blobs::{BlobKey, Bucket};
use crate::clock::Timestamp;
use crate::files::Sha256;
use crate::ids::{BlobId, FileId, JobId, SessionId, UserId};

/// What is to be done. It is stored as JSON, so variants and fields may be added, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case", deny_unknown_fields)]
pub enum Work {
    /// Make the thumbnail of a file, as long as it points to this blob.
    MakeThumbnail {
        /// Whose file.
        owner: UserId,
        /// Which file.
        file: FileId,
        /// The bytes it had.
        blob: BlobId,
    },
    /// Read the bytes of a file that were sent straight to the store, for their hash.
    VerifyBlob {
        /// Whose file.
        owner: UserId,
        /// Which file.
        file: FileId,
        /// The bytes it had.
        blob: BlobId,
        /// The hash that the client promised: with another one the file goes.
        promised: Option<Sha256>,
    },
    /// Discard the bytes of a doomed blob of a file.
    PurgeBlob {
        /// Which.
        blob: BlobId,
        /// Whether it is a thumbnail's.
        thumbnail: bool,
    },
    /// Give up intents that expired, discard what is due, forget keys and sessions that expired.
    SweepBlobs,
    /// End the sessions of a user that were created before a moment: the backstop of an answer already given.
    RevokeSessions {
        /// Whose.
        user: UserId,
        /// All but this one.
        but: Option<SessionId>,
        /// Microseconds since 1970.
        created_before: i64,
    },
}

/// The kinds of work, for queues that are asked for some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// [`Work::MakeThumbnail`]
    MakeThumbnail,
    /// [`Work::VerifyBlob`]
    VerifyBlob,
    /// [`Work::PurgeBlob`]
    PurgeBlob,
    /// [`Work::SweepBlobs`]
    SweepBlobs,
    /// [`Work::RevokeSessions`]
    RevokeSessions,
}

impl JobKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::MakeThumbnail, Self::VerifyBlob, Self::PurgeBlob, Self::SweepBlobs, Self::RevokeSessions];

    /// Its stable name: `make_thumbnail`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MakeThumbnail => "make_thumbnail",
            Self::VerifyBlob => "verify_blob",
            Self::PurgeBlob => "purge_blob",
            Self::SweepBlobs => "sweep_blobs",
            Self::RevokeSessions => "revoke_sessions",
        }
    }
}

impl Work {
    /// The purge of this blob.
    #[must_use]
    pub const fn purge(key: BlobKey) -> Self {
        Self::PurgeBlob { blob: key.id, thumbnail: matches!(key.bucket, Bucket::Thumbnails) }
    }

    /// A name that equal work shares, for queues that shall hold it once.
    #[must_use]
    pub fn name(&self) -> String {
        let kind = self.kind().as_str();
        match self {
            Self::MakeThumbnail { blob, .. }
            | Self::VerifyBlob { blob, .. }
            | Self::PurgeBlob { blob, .. } => format!("{kind}:{blob}"),
            Self::SweepBlobs => kind.to_owned(),
            Self::RevokeSessions { user, created_before, .. } => format!("{kind}:{user}:{created_before}"),
        }
    }

    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> JobKind {
        match self {
            Self::MakeThumbnail { .. } => JobKind::MakeThumbnail,
            Self::VerifyBlob { .. } => JobKind::VerifyBlob,
            Self::PurgeBlob { .. } => JobKind::PurgeBlob,
            Self::SweepBlobs => JobKind::SweepBlobs,
            Self::RevokeSessions { .. } => JobKind::RevokeSessions,
        }
    }

    /// How urgent it is by nature.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        match self {
            Self::RevokeSessions { .. } => Priority::HIGH,
            Self::PurgeBlob { .. } | Self::SweepBlobs => Priority::NORMAL,
            Self::MakeThumbnail { .. } | Self::VerifyBlob { .. } => Priority::LOW,
        }
    }
}

/// How urgent a job is: of those that are due the highest goes first, and the longest due among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(i16);

impl Priority {
    /// Whatever can wait.
    pub const LOW: Self = Self(0);
    /// Housekeeping.
    pub const NORMAL: Self = Self(10);
    /// What somebody relies on.
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
    /// What is to be done.
    pub work: Work,
    /// How urgent.
    pub priority: Priority,
    /// Not before.
    pub run_at: Timestamp,
    /// At most one living job (waiting or running) has this name; `None`: any number.
    pub unique: Option<String>,
}

impl NewJob {
    /// A job that is due at `now`, with the priority of its work.
    #[must_use]
    pub const fn due(id: JobId, work: Work, now: Timestamp) -> Self {
        let priority = work.priority();
        Self { id, work, priority, run_at: now, unique: None }
    }

    /// The same, held once: equal work that lives already makes it superfluous.
    #[must_use]
    pub fn once(self) -> Self {
        Self { unique: Some(self.work.name()), ..self }
    }
}

/// A job that a worker holds until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Which.
    pub id: JobId,
    /// What is to be done.
    pub work: Work,
    /// Attempt number, starting at 1. Fences off earlier attempts.
    pub attempt: u32,
    /// When it was enqueued to run first.
    pub run_at: Timestamp,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Nobody holds it: it is due, or will be.
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

/// A job as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// Which.
    pub id: JobId,
    /// The name of its kind, known or not.
    pub kind: String,
    /// What is to be done; `None` when that can't be read.
    pub work: Option<Work>,
    /// Where it stands.
    pub state: JobState,
    /// How often it was claimed.
    pub attempt: u32,
    /// When it was enqueued to run first.
    pub run_at: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

#[cfg(test)]
mod tests;
