//! Versions: the contents that a file had before.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Download;

/// A content of a file: the present one, or one that it had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// Counted from 1 on, and given once.
    #[schema(minimum = 1, example = 3)]
    pub number: u32,
    /// Whether it is the present content.
    pub current: bool,
    #[schema(example = "image/png")]
    pub content_type: String,
    /// Bytes.
    #[schema(example = 48213)]
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits; null where they were replaced before they had been read.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub sha256: Option<String>,
    /// When it was uploaded.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub created_at: DateTime<Utc>,
    pub created_by: VersionAuthor,
    /// When it is removed, unless it is pinned meanwhile; null of the present content and of pinned ones. Newer versions may push it out before.
    #[serde(default, with = "crate::time::optional")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it is kept until it is deleted by its number.
    pub pinned: bool,
    /// What its user calls it.
    #[schema(example = "as sent to the printer")]
    pub label: Option<String>,
    pub download: Download,
}

/// Who uploaded a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionAuthor {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub id: Uuid,
    /// What they want to be called.
    #[schema(example = "Ada")]
    pub name: Option<String>,
}

/// A page of the versions of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionList {
    pub items: Vec<Version>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// What to change of a version; what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"pinned": true, "label": "as sent to the printer"}))]
pub struct VersionChanges {
    /// Whether it is kept until it is deleted by its number: 100 of a file at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub pinned: Option<bool>,
    /// Null takes the label away.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    pub label: Option<Option<String>>,
}

/// A field that was given, null or not.
#[expect(clippy::option_option, reason = "left out is one thing, null another")]
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
