//! Direct uploads.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Secret;

/// What is going to be uploaded, and where its file goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "café.png", "size": 20_000_000, "content_type": "image/png"}))]
pub struct DirectUploadCreation {
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    /// Exactly how many bytes.
    pub size: u64,
    /// What it is, where the bytes themselves don't say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The SHA-256 that the bytes will have, in hexadecimal digits: a file of others is withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 64, max_length = 64)]
    pub sha256: Option<String>,
    /// The folder of the file: an id, or `root`, which is what is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Folders below that, which are made where they are missing once the bytes are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What to do where the name is taken: `rename` (unless given; `café (2).png`), `fail`, or `replace`: the content becomes that of
    /// the file that has the name, whose old content becomes a version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<String>,
    /// Whether the upload is refused where its folder goes away meanwhile; unless given its file goes to the root then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict_parent: Option<bool>,
    /// When the content was last changed where it comes from (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub modified_at: Option<String>,
}

/// A direct upload that can begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DirectUpload {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a20")]
    pub id: Uuid,
    /// Until when it has to be complete.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-02-01T12:00:00.000000Z")]
    pub expires_at: DateTime<Utc>,
    /// The requests that bring its bytes, in any order and as many at once as wanted; none where there is nothing to
    /// send.
    pub parts: Vec<DirectPart>,
}

/// A request that brings a part of the bytes. Its answer has the `ETag` that completes the upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DirectPart {
    #[schema(minimum = 1, example = 1)]
    pub number: u32,
    #[schema(example = "PUT")]
    pub method: String,
    /// It carries its own authority.
    #[schema(
        value_type = String,
        example = "https://files.example/v1/direct-uploads/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a20/parts/1?token=…"
    )]
    pub url: Secret,
    /// Fields that have to be sent along.
    pub headers: BTreeMap<String, String>,
    /// Where its first byte is in the file.
    #[schema(example = 0)]
    pub offset: u64,
    /// Exactly how many bytes.
    #[schema(example = 8_388_608)]
    pub size: u64,
}

/// What was sent. Up to 256 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"parts": [{"number": 1, "etag": "\"9f86d081884c7d65\""}]}))]
pub struct DirectUploadCompletion {
    /// Every part, once.
    pub parts: Vec<SentPart>,
}

/// A part that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SentPart {
    #[schema(minimum = 1)]
    pub number: u32,
    /// The `ETag` that it was answered with, quotes and all.
    #[schema(min_length = 1, max_length = 255)]
    pub etag: String,
}
