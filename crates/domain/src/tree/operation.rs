//! Operations: work on many items that goes on after its request was answered with 202.

use std::str::FromStr;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{NodeId, OperationId, UserId};

/// Work on many items, done a unit of work at a time by a job that can go on after a crash.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// The user who asked for it, and who alone sees it.
    pub owner: UserId,
    /// What it does.
    pub kind: OperationKind,
    /// Its status.
    pub status: OperationStatus,
    /// How many items were done, those that failed too.
    pub done: u64,
    /// How many there are, where that is known.
    pub total: Option<u64>,
    /// Items that were not done.
    pub failed: Vec<FailedItem>,
    /// What the client gets in the end, as JSON.
    pub result: Option<Value>,
    /// What is left to do, as JSON that the kind alone understands.
    pub rest: Value,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it ended: its row can be removed a while after.
    pub ended_at: Option<Timestamp>,
}

impl Operation {
    /// How long an operation that has ended can be asked for.
    pub const KEPT_FOR: std::time::Duration = std::time::Duration::from_hours(24);

    /// An operation that begins now with this to do.
    #[must_use]
    pub const fn new(
        id: OperationId,
        owner: UserId,
        kind: OperationKind,
        total: Option<u64>,
        rest: Value,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            owner,
            kind,
            status: OperationStatus::Running,
            done: 0,
            total,
            failed: Vec::new(),
            result: None,
            rest,
            created_at: now,
            ended_at: None,
        }
    }

    /// The same, ended now in this way.
    #[must_use]
    pub fn ended(self, status: OperationStatus, now: Timestamp) -> Self {
        Self { status, ended_at: Some(now), rest: Value::Null, ..self }
    }
}

/// An item that an operation could not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedItem {
    /// The item.
    pub id: NodeId,
    /// The code of the problem: `name_taken`.
    pub code: String,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// Copies a folder.
    Copy,
    /// Puts what is in a folder into the trash.
    Trash,
    /// Brings what was in a folder back.
    Restore,
    /// Deletes a folder for good.
    Delete,
    /// Empties the trash.
    EmptyTrash,
    /// Does a batch.
    Batch,
}

/// The status of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationStatus {
    /// Something is left to do.
    Running,
    /// All was done, but for the items that failed.
    Done,
    /// It could not go on.
    Failed,
    /// Its client cancelled what was left; what was done stays.
    Cancelled,
}

/// The text names no kind or status of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("names no kind or status of an operation")]
pub struct UnknownOperation;

impl OperationKind {
    /// Its name: `empty_trash`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Trash => "trash",
            Self::Restore => "restore",
            Self::Delete => "delete",
            Self::EmptyTrash => "empty_trash",
            Self::Batch => "batch",
        }
    }
}

impl OperationStatus {
    /// Its name: `running`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromStr for OperationKind {
    type Err = UnknownOperation;

    fn from_str(text: &str) -> Result<Self, UnknownOperation> {
        let all = [Self::Copy, Self::Trash, Self::Restore, Self::Delete, Self::EmptyTrash, Self::Batch];
        all.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownOperation)
    }
}

impl FromStr for OperationStatus {
    type Err = UnknownOperation;

    fn from_str(text: &str) -> Result<Self, UnknownOperation> {
        let all = [Self::Running, Self::Done, Self::Failed, Self::Cancelled];
        all.into_iter().find(|status| status.as_str() == text).ok_or(UnknownOperation)
    }
}
