//! What admins see and change.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Storage, User};

/// A user, as admins see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdminUser {
    #[serde(flatten)]
    pub user: User,
    /// Whether the user is suspended: no login succeeds, and there are no sessions.
    pub suspended: bool,
    /// The user's own quota; null: the quota of the deployment.
    pub quota_bytes: Option<u64>,
    pub storage: Storage,
}

/// A page of users, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdminUserList {
    pub items: Vec<AdminUser>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// What to change of a user; what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"suspended": true}))]
pub struct UserChanges {
    /// True ends every session of the user, and no login succeeds any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub suspended: Option<bool>,
    /// `user` or `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub role: Option<String>,
    /// How much the user may keep; null: as much as the quota of the deployment allows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<u64>, required = false, maximum = 9_223_372_036_854_775_807_u64)]
    pub quota_bytes: Option<Option<u64>>,
}

/// A field that was given, null or not.
#[expect(clippy::option_option, reason = "left out is one thing, null another")]
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The deployment in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    pub users: UserCounts,
    pub storage: TotalStorage,
    pub jobs: JobCounts,
}

/// Users, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserCounts {
    #[schema(example = 12)]
    pub total: u64,
    #[schema(example = 1)]
    pub suspended: u64,
    /// Suspended ones too.
    #[schema(example = 2)]
    pub admins: u64,
}

/// What all users keep together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TotalStorage {
    /// The sizes of their files.
    #[schema(example = 48213)]
    pub used_bytes: u64,
    /// Bytes reserved for uploads that are under way.
    #[schema(example = 0)]
    pub reserved_bytes: u64,
    #[schema(example = 1)]
    pub file_count: u64,
}

/// Jobs, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobCounts {
    /// Those that failed for good, and wait for an admin.
    #[schema(example = 0)]
    pub dead: u64,
}

/// A job of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a30")]
    pub id: Uuid,
    #[schema(example = "make_thumbnail")]
    pub kind: String,
    /// `waiting`, `running` or `dead`: a dead one failed for good.
    #[schema(example = "dead")]
    pub state: String,
    /// How often it was tried.
    #[schema(example = 5)]
    pub attempts: u32,
    /// When it was due first.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub run_at: DateTime<Utc>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Why this node can't run it, as with a job of a newer version.
    pub unreadable: Option<String>,
}

/// A page of jobs, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobList {
    pub items: Vec<Job>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// The job that does the work of a dead one anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobRetry {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a31")]
    pub id: Uuid,
}

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a20")]
    pub id: Uuid,
    /// When it happened.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub at: DateTime<Utc>,
    #[schema(example = "account.suspended")]
    pub action: String,
    /// The user who did it; null: a client that did not prove who it is, an operator, or the program itself.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub actor: Option<Uuid>,
    /// The account that it was done to or in. It may be gone.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a02")]
    pub account: Option<Uuid>,
    /// The file, session or job that the action names. It may be gone.
    pub target: Option<Uuid>,
    /// The address that it was done from.
    #[schema(example = "192.0.2.7")]
    pub ip: Option<String>,
    /// The first 512 characters of the `User-Agent`.
    #[schema(example = "Mozilla/5.0")]
    pub user_agent: Option<String>,
}

/// A page of the audit trail, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditList {
    pub items: Vec<AuditEntry>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests;
