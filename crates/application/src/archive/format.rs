//! The lines of an export file: one JSON object each, with one member that says what it is.
//!
//! The first line is the header. Then each user comes, followed by their files and their idempotency keys, then blobs without a
//! file, then the audit trail, and at last the end. Moments are microseconds since 1970-01-01T00:00:00Z, sizes are bytes.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The version of the format, which grows with every change that a program of this version can't read.
pub(super) const VERSION: u32 = 1;

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Export(Header),
    User(UserLine),
    File(Box<FileLine>),
    Key(KeyLine),
    Blob(BlobLine),
    Audit(AuditLine),
    End(End),
}

/// The first line. Later versions may add fields, so that its version can always be read.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) version: u32,
    /// The version of the program that wrote it, for readers.
    pub(super) program: String,
    /// The latest migration of the database, for readers.
    pub(super) migration: Option<String>,
    pub(super) exported_at: i64,
    /// Whether the database was sealed first, so that it can't have changed since.
    pub(super) is_final: bool,
}

/// An account. What it keeps is counted anew from its files.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserLine {
    pub(super) id: Uuid,
    pub(super) email: String,
    pub(super) name: Option<String>,
    pub(super) role: String,
    pub(super) password_hash: String,
    pub(super) created_at: i64,
    pub(super) suspended_at: Option<i64>,
    pub(super) quota: Option<u64>,
}

/// A file of the user whose line came last.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileLine {
    pub(super) id: Uuid,
    pub(super) owner: Uuid,
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) size: u64,
    pub(super) sha256: Option<String>,
    pub(super) blob: Uuid,
    pub(super) thumbnail: ThumbnailLine,
    pub(super) revision: u64,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

/// The state of a thumbnail.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ThumbnailLine {
    None,
    Pending,
    Ready { blob: Uuid, width: u32, height: u32, size: u64 },
    Failed { times: u32 },
}

/// A finished idempotency key of the user whose line came last.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyLine {
    pub(super) owner: Uuid,
    pub(super) key: String,
    pub(super) file: Uuid,
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) expires_at: i64,
}

/// A blob without a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlobLine {
    pub(super) id: Uuid,
    pub(super) bucket: String,
    pub(super) owner: Uuid,
    pub(super) standing: BlobStanding,
}

/// The state of a blob without a file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum BlobStanding {
    Intent { expires_at: i64 },
    Deleted { deleted_at: i64, due_at: i64, was_stored: bool },
}

/// An entry of the audit trail.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditLine {
    pub(super) id: Uuid,
    pub(super) at: i64,
    pub(super) action: String,
    pub(super) actor: Option<Uuid>,
    pub(super) account: Option<Uuid>,
    pub(super) target: Option<Uuid>,
    pub(super) ip: Option<String>,
    pub(super) user_agent: Option<String>,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) counts: Counts,
    /// SHA-256 of all lines before this one, with their ends.
    pub(super) sha256: String,
}

/// How many lines of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Users.
    pub users: u64,
    /// Files.
    pub files: u64,
    /// Finished idempotency keys.
    pub keys: u64,
    /// Blobs without a file, whose bytes the sweep deletes.
    pub blobs: u64,
    /// Entries of the audit trail.
    pub audit: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, files, keys, blobs, audit } = self;
        write!(
            f,
            "{users} users, {files} files, {keys} idempotency keys, {blobs} blobs to be deleted, {audit} audit entries"
        )
    }
}
