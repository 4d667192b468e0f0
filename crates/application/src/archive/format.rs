//! The lines of an export file: one JSON object each, with one member that says what it is.
//!
//! The first line is the header. Then each user comes, followed by their files and folders, the old versions of these, their
//! operations and their idempotency keys, then blobs without a file, then the audit trail, and at last the end. Moments are
//! microseconds since 1970-01-01T00:00:00Z, sizes are bytes.
//!
//! Version 1 knew no folders, trash, versions and operations: its files lie in the root of their user, and names may come twice.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The version of the format, which grows with every change that a program of the version before can't read.
pub(super) const VERSION: u32 = 2;

/// The oldest version that is still read.
pub(super) const OLDEST: u32 = 1;

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Export(Header),
    User(UserLine),
    Folder(Box<FolderLine>),
    File(Box<FileLine>),
    Version(Box<VersionLine>),
    Operation(Box<OperationLine>),
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

/// An account, and its drive. What is in that is counted anew.
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
    /// The number of the drive's last change.
    #[serde(default)]
    pub(super) seq: u64,
}

/// How an item stands to the trash.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum TrashLine {
    Top { at: i64, path: String },
    Below { top: Uuid },
}

/// A folder of the user whose line came last, but for their root. It may come after what is in it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FolderLine {
    pub(super) id: Uuid,
    pub(super) owner: Uuid,
    /// Of a top of the trash the folder that it was in, which may be gone.
    pub(super) parent: Uuid,
    pub(super) name: String,
    pub(super) revision: u64,
    /// The number of its last change.
    pub(super) changed: u64,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) modified_at: i64,
    pub(super) trash: Option<TrashLine>,
}

/// A file of the user whose line came last. What version 1 did not know is optional.
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
    /// As of a folder; the root where it is absent.
    pub(super) parent: Option<Uuid>,
    /// The number of the content; the first where it is absent.
    pub(super) version: Option<u32>,
    /// When the content was uploaded; with the file where it is absent.
    pub(super) content_at: Option<i64>,
    /// With the content where it is absent.
    pub(super) modified_at: Option<i64>,
    /// The number of its last change.
    #[serde(default)]
    pub(super) changed: u64,
    pub(super) trash: Option<TrashLine>,
}

/// An old version of a file that came before.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionLine {
    pub(super) owner: Uuid,
    pub(super) file: Uuid,
    pub(super) number: u32,
    pub(super) content_type: String,
    pub(super) size: u64,
    pub(super) sha256: Option<String>,
    pub(super) blob: Uuid,
    pub(super) created_by: Uuid,
    pub(super) created_at: i64,
    pub(super) replaced_at: i64,
    pub(super) is_pinned: bool,
    pub(super) label: Option<String>,
}

/// An operation of the user whose line came last; one that is running goes on after the import.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationLine {
    pub(super) id: Uuid,
    pub(super) owner: Uuid,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) done: u64,
    pub(super) total: Option<u64>,
    pub(super) failed: Vec<FailedItemLine>,
    pub(super) result: Option<Value>,
    pub(super) rest: Value,
    pub(super) created_at: i64,
    pub(super) ended_at: Option<i64>,
}

/// An item that an operation could not do.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FailedItemLine {
    pub(super) id: Uuid,
    pub(super) code: String,
}

/// The state of a thumbnail.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ThumbnailLine {
    None,
    Pending,
    Ready {
        blob: Uuid,
        width: u32,
        height: u32,
        size: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        placeholder: Option<String>,
    },
    Failed {
        times: u32,
    },
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
    /// Folders, without roots.
    #[serde(default)]
    pub folders: u64,
    /// Files, those in the trash too.
    pub files: u64,
    /// Old versions of files.
    #[serde(default)]
    pub versions: u64,
    /// Operations.
    #[serde(default)]
    pub operations: u64,
    /// Finished idempotency keys.
    pub keys: u64,
    /// Blobs without a file, whose bytes the sweep deletes.
    pub blobs: u64,
    /// Entries of the audit trail.
    pub audit: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, folders, files, versions, operations, keys, blobs, audit } = self;
        write!(
            f,
            "{users} users, {folders} folders, {files} files, {versions} versions, {operations} operations, \
             {keys} idempotency keys, {blobs} blobs to be deleted, {audit} audit entries"
        )
    }
}
