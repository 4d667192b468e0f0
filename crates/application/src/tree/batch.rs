//! Batches: what their operations are, and their results.

use serde::{Deserialize, Serialize};

use super::error::Refusal;
use super::item_view::{ItemView, TrashedView};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{FileName, IfMatch, Revision};
use fm_domain::ids::NodeId;
use fm_domain::tree::OnConflict;

/// What an operation of a batch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchOp {
    /// Moves an item.
    Move,
    /// Copies it.
    Copy,
    /// Puts it into the trash.
    Trash,
    /// Brings it back from there.
    Restore,
    /// Deletes it for good.
    Delete,
}

impl BatchOp {
    /// Its name: `move`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Copy => "copy",
            Self::Trash => "trash",
            Self::Restore => "restore",
            Self::Delete => "delete",
        }
    }
}

/// An operation of a batch.
#[derive(Debug, Clone)]
pub struct BatchOperation {
    /// The item's id as the client wrote it: its result says it again.
    pub id: String,
    /// The item; `None` where that text, or that of the folder, is no id: there is no such item.
    pub item: Option<NodeId>,
    /// What is done to it.
    pub action: BatchAction,
}

/// What is done to an item of a batch, as the use cases of single items do it.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of the commands of single items")]
pub enum BatchAction {
    /// [`EditItem`](super::EditItem) moves it.
    Move { parent: NodeId, on_conflict: OnConflict, if_match: Option<IfMatch> },
    /// [`CopyItem`](super::CopyItem) copies it.
    Copy { parent: NodeId, name: Option<FileName>, on_conflict: OnConflict },
    /// [`TrashItem`](super::TrashItem) puts it into the trash.
    Trash { if_match: Option<IfMatch> },
    /// [`RestoreItem`](super::RestoreItem) brings it back.
    Restore { parent: Option<NodeId>, recreate_parents: bool, on_conflict: OnConflict },
    /// [`DeleteItem`](super::DeleteItem) deletes it.
    Delete { recursive: bool, if_match: Option<IfMatch> },
}

/// The result of an operation of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchResult {
    /// The item's id as the client wrote it.
    pub id: String,
    /// What was to be done.
    pub op: BatchOp,
    /// Whether a file that was there has another content by it, and no item came to be.
    pub replaced: bool,
    /// Its outcome.
    pub outcome: BatchOutcome,
}

impl BatchResult {
    /// Whether it was done.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        !matches!(self.outcome, BatchOutcome::Refused(_))
    }
}

/// The result of an operation of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchOutcome {
    /// The item that was moved or brought back, or the copy.
    Item(BatchItem),
    /// The item in the trash.
    Trashed(TrashedView),
    /// It was done, and the item is not shown here.
    Done {
        /// The item; none of one that was deleted.
        item: Option<NodeId>,
        /// The name that it was to have, where that was taken: it is numbered.
        requested_name: Option<FileName>,
    },
    /// It was refused, and nothing of it was done.
    Refused(Refusal),
}

/// An item that an operation of a batch has placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchItem {
    /// The item.
    pub view: ItemView,
    /// Its path; none where it went away meanwhile, or the paths are too long to be told.
    pub path: Option<String>,
    /// The name that it was to have, where that was taken: it is numbered.
    pub requested_name: Option<FileName>,
}

/// An operation of a batch as it is stored, and compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredOperation {
    pub(super) id: String,
    pub(super) item: Option<NodeId>,
    pub(super) op: BatchOp,
    pub(super) parent: Option<NodeId>,
    name: Option<String>,
    on_conflict: Option<String>,
    /// `*` is none: the item has to be there in any case.
    if_match: Option<Vec<u64>>,
    /// `recursive`, or `recreate_parents`.
    pub(super) flag: bool,
    /// Items that are deleted by the batch too, and that it lies in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) within: Vec<NodeId>,
}

impl StoredOperation {
    pub(super) fn of(operation: &BatchOperation) -> Self {
        let revisions = |if_match: Option<&IfMatch>| match if_match {
            Some(IfMatch::Revisions(revisions)) => {
                Some(revisions.iter().map(|revision| revision.number()).collect())
            }
            // No operation says so: what it can't say never holds.
            Some(IfMatch::AnyBut(_)) => Some(Vec::new()),
            Some(IfMatch::Any) | None => None,
        };
        let conflict = |on_conflict: OnConflict| Some(on_conflict.as_str().to_owned());
        let plain = Self {
            id: operation.id.clone(),
            item: operation.item,
            op: BatchOp::Trash,
            parent: None,
            name: None,
            on_conflict: None,
            if_match: None,
            flag: false,
            within: Vec::new(),
        };
        match &operation.action {
            BatchAction::Move { parent, on_conflict, if_match } => Self {
                op: BatchOp::Move,
                parent: Some(*parent),
                on_conflict: conflict(*on_conflict),
                if_match: revisions(if_match.as_ref()),
                ..plain
            },
            BatchAction::Copy { parent, name, on_conflict } => Self {
                op: BatchOp::Copy,
                parent: Some(*parent),
                name: name.as_ref().map(|name| name.as_str().to_owned()),
                on_conflict: conflict(*on_conflict),
                ..plain
            },
            BatchAction::Trash { if_match } => Self { if_match: revisions(if_match.as_ref()), ..plain },
            BatchAction::Restore { parent, recreate_parents, on_conflict } => Self {
                op: BatchOp::Restore,
                parent: *parent,
                on_conflict: conflict(*on_conflict),
                flag: *recreate_parents,
                ..plain
            },
            BatchAction::Delete { recursive, if_match } => Self {
                op: BatchOp::Delete,
                flag: *recursive,
                if_match: revisions(if_match.as_ref()),
                ..plain
            },
        }
    }

    pub(super) fn if_match(&self) -> Option<IfMatch> {
        let numbers = self.if_match.as_ref()?;
        Some(IfMatch::Revisions(numbers.iter().copied().map(Revision::new).collect()))
    }

    pub(super) fn on_conflict(&self) -> OnConflict {
        self.on_conflict.as_ref().and_then(|text| text.parse().ok()).unwrap_or(OnConflict::Fail)
    }

    /// The name of a copy.
    pub(super) fn name(&self) -> PortResult<Option<FileName>> {
        stored_name("operations.rest", self.name.as_deref())
    }

    /// Its result where it was done, with this outcome.
    pub(super) fn done(&self, done: DoneItem) -> StoredResult {
        let DoneItem { item, requested_name, replaced } = done;
        let requested_name = requested_name.map(|name| name.as_str().to_owned());
        StoredResult { id: self.id.clone(), op: self.op, item, requested_name, replaced, code: None }
    }

    /// Its result where it was refused.
    pub(super) fn refused(&self, refusal: Refusal) -> StoredResult {
        StoredResult { code: Some(refusal), ..self.done(DoneItem::default()) }
    }
}

/// The outcome of an operation that was done.
#[derive(Debug, Default)]
pub(super) struct DoneItem {
    pub(super) item: Option<NodeId>,
    pub(super) requested_name: Option<FileName>,
    pub(super) replaced: bool,
}

/// A result as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredResult {
    id: String,
    op: BatchOp,
    item: Option<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requested_name: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    replaced: bool,
    pub(super) code: Option<Refusal>,
}

impl StoredResult {
    /// The item that came of it.
    pub(super) const fn item(&self) -> Option<NodeId> {
        self.item
    }

    /// The name that the item was to have, where that was taken.
    pub(super) fn requested_name(&self) -> PortResult<Option<FileName>> {
        stored_name("operations.result", self.requested_name.as_deref())
    }

    /// The result with this view of its item.
    pub(super) fn seen_as(self, outcome: BatchOutcome) -> BatchResult {
        BatchResult { id: self.id, op: self.op, replaced: self.replaced, outcome }
    }

    /// The result without a view of its item.
    pub(super) fn plain(self) -> PortResult<BatchResult> {
        let outcome = match self.code {
            Some(refusal) => BatchOutcome::Refused(refusal),
            None => BatchOutcome::Done { item: self.item, requested_name: self.requested_name()? },
        };
        Ok(self.seen_as(outcome))
    }
}

pub(super) fn stored_name(what: &'static str, name: Option<&str>) -> PortResult<Option<FileName>> {
    let name = name.map(FileName::from_stored).transpose();
    name.map_err(|error| PortError::Corrupt { what, source: Box::new(error) })
}

/// The results of a batch as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredBatch {
    pub(super) results: Vec<StoredResult>,
    /// What its idempotency key was used for, where it has one.
    pub(super) fingerprint: Option<String>,
}
