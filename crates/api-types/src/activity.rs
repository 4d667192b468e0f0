//! The audit trail of an account.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What was done in the account, by the user or by others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a20")]
    pub id: Uuid,
    /// When it happened.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub at: DateTime<Utc>,
    /// What was done: see the parameter `action`. Later versions may have more.
    #[schema(example = "session.created")]
    pub action: String,
    /// The user who did it; null where the client did not prove who it is, as for a login that failed.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub actor: Option<Uuid>,
    /// The file or session that the action names; it may be gone.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a02")]
    pub target: Option<Uuid>,
    /// The address that it was done from; null where an admin did it.
    #[schema(example = "192.0.2.7")]
    pub ip: Option<String>,
    /// The first 512 characters of the `User-Agent`.
    #[schema(example = "Mozilla/5.0")]
    pub user_agent: Option<String>,
}

/// A page of what was done, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityList {
    pub items: Vec<Activity>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}
