//! Folders, and items of both kinds.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::File;

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Folder {
    /// The root has the id of its drive.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a40")]
    pub id: Uuid,
    pub kind: FolderKind,
    /// The drive that holds it: its owner's.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub drive_id: Uuid,
    /// The folder that it lies in; null of the root.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub parent_id: Option<Uuid>,
    /// What it is called; empty of the root.
    #[schema(example = "Invoices", max_length = 255)]
    pub name: String,
    /// When it was made.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub created_at: DateTime<Utc>,
    /// When it was last edited itself: what happens in it does not count.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub updated_at: DateTime<Utc>,
    /// The time that its client gave it; else when it was made.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
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
    /// Null: what is in the trash is shown by the routes of the trash alone.
    #[serde(default, with = "crate::time::optional")]
    pub trashed_at: Option<DateTime<Utc>>,
    /// The way to it from the root of its drive, its name included; where it was asked for, or was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "/Work/Invoices")]
    pub path: Option<String>,
    /// The folders above it, from the root of its drive down; where they were asked for, or changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Ancestor>, required = false)]
    pub ancestors: Option<Vec<Ancestor>>,
    /// The name that it was to have, where that was taken; in the answer to the request that numbered it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "Invoices")]
    pub requested_name: Option<String>,
}

/// What tells a folder from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FolderKind {
    #[default]
    Folder,
}

/// A file or a folder: its `kind` says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Item {
    File(Box<File>),
    Folder(Box<Folder>),
}

impl Item {
    /// The file, where it is one.
    #[must_use]
    pub fn file(&self) -> Option<&File> {
        match self {
            Self::File(file) => Some(file),
            Self::Folder(_) => None,
        }
    }

    /// The folder, where it is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Folder> {
        match self {
            Self::File(_) => None,
            Self::Folder(folder) => Some(folder),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::File(file) => file.id,
            Self::Folder(folder) => folder.id,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::File(file) => &file.name,
            Self::Folder(folder) => &folder.name,
        }
    }
}

/// A folder above an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ancestor {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub id: Uuid,
    /// Empty of the root.
    #[schema(example = "Work")]
    pub name: String,
}

/// A page of the entries of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ItemList {
    pub items: Vec<Item>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// What a folder holds, all levels together, without the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FolderUsage {
    #[schema(example = 214)]
    pub files: u64,
    /// Folders below it.
    #[schema(example = 12)]
    pub folders: u64,
    /// Bytes of the files, without their old versions.
    #[schema(example = 48_213_007)]
    pub size_bytes: u64,
    /// The number of the drive's last change when it was counted: while the drive has no other, the figures hold.
    #[schema(example = 4711)]
    pub seq: u64,
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub computed_at: DateTime<Utc>,
}

/// The folder to make, by one of `name`, `path` and `paths`. Up to 1 MiB.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "Invoices", "parent_id": "root", "on_conflict": "reuse"}))]
pub struct FolderCreation {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// Its path below `parent_id`: each folder on the way that is missing is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Many such paths, 1,000 at most: all are made, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<String>>,
    /// The folder that it lies in: an id, or `root`, which is what is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// What to do where the folder has an entry of this name: `fail`, `rename` (`Invoices (2)`), or `reuse`, which answers the folder that
    /// is there. Unless given `fail` with `name`, and `reuse` with `path`, of which it is about the last folder alone. With `paths` it can
    /// be `reuse` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<String>,
}

/// The folder by its `name` or `path`, or those by their `paths`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum CreatedFolders {
    Folder(Box<Folder>),
    Paths(MadePaths),
}

/// Folders by their paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadePaths {
    /// In the order of the request.
    pub items: Vec<MadePath>,
    /// How many folders were made: those that were there are not counted.
    #[schema(example = 2)]
    pub created: usize,
}

/// A folder by its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadePath {
    /// As it was asked for.
    #[schema(example = "photos/2026")]
    pub path: String,
    /// The folder at its end.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a40")]
    pub id: Uuid,
}

/// What to change of an item; what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "café.png", "parent_id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a40", "on_conflict": "rename"}))]
pub struct ItemChanges {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// The folder to move it to: an id, or `root`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub parent_id: Option<String>,
    /// What to do where the name is taken there: `fail` (unless given), `rename` (`café (2).png`; a number that the item has in this
    /// folder is free to it), or `replace`: of files alone, the content becomes that of the file that has the name, whose old content
    /// becomes a version, and this one goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub on_conflict: Option<String>,
    /// When its content was last changed where it comes from (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = DateTime)]
    pub modified_at: Option<String>,
}

/// Where to put a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"parent_id": "root", "name": "café.png", "on_conflict": "rename"}))]
pub struct ItemCopy {
    /// The folder that it lies in: an id, or `root`.
    pub parent_id: String,
    /// What it is called; as the item is, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// What to do where the name is taken there: `rename` (unless given), `fail`, or `replace`, of files alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<String>,
}

#[cfg(test)]
mod tests;
