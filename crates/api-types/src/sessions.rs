//! Sessions and their tokens.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Secret, User};

/// Who wants to log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"email": "ada@example.org", "password": "correct horse"}))]
pub struct Login {
    #[schema(format = Email)]
    pub email: String,
    #[schema(value_type = String, format = Password)]
    pub password: Secret,
}

/// What renews the session. Without it the cookie does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"refresh_token": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a02.0.…"}))]
pub struct Refresh {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub refresh_token: Option<Secret>,
}

/// The tokens of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenPair {
    /// A JWT, for `Authorization: Bearer`.
    #[schema(value_type = String, example = "eyJhbGciOiJIUzI1NiIs…")]
    pub access_token: Secret,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds that the access token is good for.
    #[schema(example = 900)]
    pub expires_in: u64,
    /// Renews the session, once.
    #[schema(value_type = String, example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a02.0.…")]
    pub refresh_token: Secret,
    /// Seconds that the session lives unless it is refreshed.
    #[schema(example = 2_592_000)]
    pub refresh_expires_in: u64,
    pub user: User,
}

/// A place where the caller is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a02")]
    pub id: Uuid,
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub created_at: DateTime<Utc>,
    /// When it was last used, to about a minute.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:30:00.000000Z")]
    pub last_seen_at: DateTime<Utc>,
    /// When it ends unless it is refreshed before.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-03-02T12:00:00.000000Z")]
    pub expires_at: DateTime<Utc>,
    /// The address it was last used from.
    #[schema(example = "192.0.2.7")]
    pub ip: Option<String>,
    #[schema(example = "Mozilla/5.0")]
    pub user_agent: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The caller's sessions, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    pub items: Vec<Session>,
}
