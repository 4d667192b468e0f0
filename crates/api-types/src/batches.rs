//! Changes of many items in one request, and operations that go on after it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{File, Folder, TrashedItem};

/// Changes of many items, done in their order. Up to 1 MiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "operations": [
        {"op": "move", "id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10", "parent_id": "root", "on_conflict": "rename"},
        {"op": "trash", "id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a11"},
    ],
    "atomic": false,
}))]
pub struct Batch {
    /// 1 to 1,000; 100 at most where all or none are to be done.
    #[schema(min_items = 1)]
    pub operations: Vec<BatchOperation>,
    /// Whether all are to be done, or none. Unless given each is judged alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atomic: Option<bool>,
}

/// A change of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchOperation {
    /// `move`, `copy`, `trash`, `restore` or `delete`.
    pub op: String,
    /// The item. What is no id names none: that operation alone is `not_found`.
    pub id: String,
    /// Of `move`, `copy` and `restore`: the folder, an id or `root`. A restore puts the item back where it was, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Of `copy`: what the copy is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// Of `move` (`fail` unless given), `copy` and `restore` (`rename` unless given): what to do where the name is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<String>,
    /// Of `move`, `trash` and `delete`: any entity tag of the revision that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_match: Option<String>,
    /// Of `delete`: whether a folder goes with what is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    /// Of `restore`: whether folders of the former path that are gone are made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recreate_parents: Option<bool>,
}

/// What became of a batch, in the order of its operations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchResults {
    pub results: Vec<BatchResult>,
    #[schema(example = 1)]
    pub succeeded: usize,
    #[schema(example = 1)]
    pub failed: usize,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchResult {
    /// As it was asked for; of what is longer than 64 characters, those.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10")]
    pub id: String,
    #[schema(example = "move")]
    pub op: String,
    /// The status that the change alone would be answered with.
    #[schema(example = 200)]
    pub status: u16,
    /// The item after the change, as the answer to the change alone has it, but without `ancestors`; not of a deletion. Paths are left out beyond 1 MiB of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    pub item: Option<BatchItem>,
    /// The item after the change, where it is not shown: in the result of an operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid, required = false)]
    pub item_id: Option<Uuid>,
    /// The name that the item was to have, where that was taken and it is numbered; with `item_id`, since an `item` tells it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "Invoices")]
    pub requested_name: Option<String>,
    /// The code of the problem, where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "not_found")]
    pub code: Option<String>,
}

/// An item, living or in the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BatchItem {
    File(Box<File>),
    Trashed(Box<TrashedItem>),
    Folder(Box<Folder>),
}

/// Work on many items that goes on after its request was answered with 202.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Operation {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a50")]
    pub id: Uuid,
    /// `copy`, `trash`, `restore`, `delete`, `empty_trash` or `batch`.
    #[schema(example = "copy")]
    pub kind: String,
    /// `running`, `done`, `failed` (it could not go on) or `cancelled`.
    #[schema(example = "running")]
    pub status: String,
    /// Items that are done, those that failed too.
    #[schema(example = 2_000)]
    pub done_count: u64,
    /// Items that there are: of a batch from the beginning, else once all of it is done.
    #[schema(example = 4_026)]
    pub total_count: Option<u64>,
    /// Items that were not done.
    pub failed: Vec<FailedItem>,
    /// What it came to; null while it runs, and of deletions.
    pub result: Option<OperationResult>,
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub created_at: DateTime<Utc>,
}

/// An item that an operation could not do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedItem {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10")]
    pub id: Uuid,
    /// The code of the problem.
    #[schema(example = "name_taken")]
    pub code: String,
}

/// What an operation came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum OperationResult {
    /// Of a copy, a restore, or a folder that went into the trash.
    Item(OperationItem),
    /// Of a batch.
    Batch(BatchResults),
}

/// The item that an operation was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperationItem {
    /// The copy, what was restored, or what is in the trash.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10")]
    pub item_id: Uuid,
}
