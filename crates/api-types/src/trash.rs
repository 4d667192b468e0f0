//! The trash.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An item in the trash. It has no URLs: its bytes are to be had once it is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrashedItem {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10")]
    pub id: Uuid,
    pub kind: ItemKind,
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub drive_id: Uuid,
    /// The folder that it was in; null where that is gone for good.
    pub parent_id: Option<Uuid>,
    #[schema(example = "café.png", max_length = 255)]
    pub name: String,
    /// Of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "image/png")]
    pub content_type: Option<String>,
    /// Bytes of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false, example = 48213)]
    pub size: Option<u64>,
    /// The SHA-256 of a file's bytes, in hexadecimal digits; not while they have not been read yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub sha256: Option<String>,
    /// The number of a file's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false, example = 1)]
    pub version: Option<u32>,
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub created_at: DateTime<Utc>,
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub updated_at: DateTime<Utc>,
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-30T09:30:00.000000Z")]
    pub modified_at: DateTime<Utc>,
    /// The caller's role on it: `owner` may do everything.
    #[schema(example = "owner")]
    pub role: String,
    /// Whether others have access to it by a grant or a link of its own.
    #[schema(example = false)]
    pub shared: bool,
    /// Whether it is one of the caller's favorites.
    #[schema(example = false)]
    pub favorite: bool,
    /// When it was put there.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-02-01T12:00:00.000000Z")]
    pub trashed_at: DateTime<Utc>,
    /// When it is removed for good.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-03-03T12:00:00.000000Z")]
    pub purge_at: DateTime<Utc>,
    /// What was put into the trash: the item itself, or a folder above it.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10")]
    pub trash_id: Uuid,
    /// The path that the item had when it, or a folder above it, was put there, its name included.
    #[schema(example = "/Work/café.png")]
    pub original_path: String,
    /// The folder that it was in, which may be gone.
    pub original_parent_id: Option<Uuid>,
    /// Bytes of the item and of what lies in it, without old versions.
    #[schema(example = 48213)]
    pub size_bytes: u64,
}

/// File or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    File,
    Folder,
}

/// A page of what is in the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrashList {
    pub items: Vec<TrashedItem>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// Where to put the restored item. All of it may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"parent_id": "root", "on_conflict": "rename"}))]
pub struct Restoration {
    /// The folder to put it into: an id, or `root`; the one that it was in, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// What to do where its name is taken there: `rename` (unless given), `fail`, or `replace`, of files alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<String>,
    /// Whether folders of its former path that are gone are made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recreate_parents: Option<bool>,
}
