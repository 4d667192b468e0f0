//! Files.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Ancestor, Secret};

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct File {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10")]
    pub id: Uuid,
    // Nodes of versions without folders do not answer what has a default.
    #[serde(default)]
    #[schema(required = true)]
    pub kind: FileKind,
    /// The drive that holds it: its owner's.
    #[serde(default)]
    #[schema(required = true, example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub drive_id: Uuid,
    /// The folder that it lies in.
    #[serde(default)]
    #[schema(required = true, example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub parent_id: Uuid,
    /// What it is called: no other item of its folder has the same name, in whatever case.
    #[schema(example = "café.png", max_length = 255)]
    pub name: String,
    /// What its bytes are, by what they begin with.
    #[schema(example = "image/png")]
    pub content_type: String,
    /// Bytes.
    #[schema(example = 48213)]
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits; null while those of a direct upload have not been read yet.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub sha256: Option<String>,
    /// The number of its content, from 1 on: each new content has a number of its own.
    #[serde(default)]
    #[schema(required = true, minimum = 1, example = 1)]
    pub version: u32,
    /// When it was uploaded.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub created_at: DateTime<Utc>,
    /// When its owner last edited it.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub updated_at: DateTime<Utc>,
    /// When its content was last changed where it comes from, as its client says; else when it was uploaded.
    #[serde(default, with = "crate::time")]
    #[schema(required = true, example = "2026-01-30T09:30:00.000000Z")]
    pub modified_at: DateTime<Utc>,
    /// The caller's role on it: `owner` may do everything.
    #[serde(default)]
    #[schema(required = true, example = "owner")]
    pub role: String,
    /// Whether others have access to it by a grant or a link of its own.
    #[serde(default)]
    #[schema(required = true, example = false)]
    pub shared: bool,
    /// Whether it is one of the caller's favorites.
    #[serde(default)]
    #[schema(required = true, example = false)]
    pub favorite: bool,
    /// Null: what is in the trash is shown by the routes of the trash alone.
    #[serde(default, with = "crate::time::optional")]
    pub trashed_at: Option<DateTime<Utc>>,
    pub thumbnail: Thumbnail,
    /// Where its previews are; null unless it has a thumbnail, or one is being made.
    #[serde(default)]
    pub previews: Option<Previews>,
    /// What stands in for the picture until it is loaded: a ThumbHash of at most 28 bytes in base64. Null unless the thumbnail is ready, and
    /// of thumbnails that were made before there were any.
    #[serde(default)]
    #[schema(example = "1QcSHQRnh493V4dIh4eXh1h4kJUI")]
    pub placeholder: Option<String>,
    pub download: Download,
    /// The way to it from the root of its drive, its name included; where it was asked for, or was changed, and of an upload where no more has
    /// to be read for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "/Work/café.png")]
    pub path: Option<String>,
    /// The folders above it, from the root of its drive down; where they were asked for, or changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Ancestor>, required = false)]
    pub ancestors: Option<Vec<Ancestor>>,
    /// The name that it was to have, where that was taken; in the answer to the request that numbered it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "café.png")]
    pub requested_name: Option<String>,
    /// The folder that its upload asked for, where that went away meanwhile: the file is in the root. In the answer to the upload
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid, required = false)]
    pub moved_from_parent_id: Option<Uuid>,
}

/// What tells a file from a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    #[default]
    File,
}

/// How a file's thumbnail stands. The last three are null unless it is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Thumbnail {
    /// `pending`, `ready`, `none` (not a picture) or `failed` (a picture that can't be decoded safely).
    #[schema(example = "ready")]
    pub status: String,
    /// A signed URL that shows it.
    #[schema(value_type = Option<String>, example = "https://files.example/v1/blobs/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a12?token=…")]
    pub url: Option<Secret>,
    /// Pixels.
    #[schema(example = 64)]
    pub width: Option<u32>,
    /// Pixels.
    #[schema(example = 43)]
    pub height: Option<u32>,
}

/// Where a file's previews are, by their sizes. Each is made when it is asked for first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Previews {
    pub small: PreviewLink,
    pub medium: PreviewLink,
}

/// Where a preview is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewLink {
    /// A path on this server, which redirects those who may read the file. It changes with the content.
    #[schema(example = "/v1/files/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10/previews/small?v=1")]
    pub url: String,
}

/// Where any client with the URL finds a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Download {
    /// A signed URL that saves them.
    #[schema(value_type = String, example = "https://files.example/v1/blobs/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a11?token=…")]
    pub url: Secret,
    /// Until when the URLs work.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T13:00:00.000000Z")]
    pub expires_at: DateTime<Utc>,
}

/// A page of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileList {
    pub items: Vec<File>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// What the URL shall do. All of it may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"expires_in": 3600, "disposition": "inline"}))]
pub struct SignUrl {
    /// Seconds; 3600 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 604_800)]
    pub expires_in: Option<u64>,
    /// `attachment` (unless given), or `inline` for types that are safe to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
}

/// A URL that carries its own authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedUrl {
    #[schema(value_type = String, example = "https://files.example/v1/blobs/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a11?token=…")]
    pub url: Secret,
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T13:00:00.000000Z")]
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests;
