//! Files.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Secret;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct File {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10")]
    pub id: Uuid,
    /// What it is called.
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
    /// When it was uploaded.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub created_at: DateTime<Utc>,
    /// When its owner last edited it.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub updated_at: DateTime<Utc>,
    pub thumbnail: Thumbnail,
    pub download: Download,
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

/// What to call the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "café.png"}))]
pub struct FileRename {
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
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
