//! Accounts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Secret;

/// Who wants an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"email": "ada@example.org", "password": "correct horse", "name": "Ada"}))]
pub struct Registration {
    /// At most 254 characters; compared without regard to case.
    #[schema(format = Email)]
    pub email: String,
    /// Refused are the most common ones, one repeated character, plain sequences, and the account's own address and name.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub password: Secret,
    /// What to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub name: Option<String>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    pub id: Uuid,
    #[schema(format = Email, example = "ada@example.org")]
    pub email: String,
    /// What they want to be called.
    #[schema(example = "Ada")]
    pub name: Option<String>,
    /// `user` or `admin`.
    #[schema(example = "user")]
    pub role: String,
    /// When they registered.
    #[serde(with = "crate::time")]
    #[schema(example = "2026-01-31T12:00:00.000000Z")]
    pub created_at: DateTime<Utc>,
}

/// The caller's own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    #[serde(flatten)]
    pub user: User,
    pub storage: Storage,
}

/// What a user keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Storage {
    /// The sizes of their files together, those in the trash and old versions too.
    #[schema(example = 48213)]
    pub used_bytes: u64,
    /// The part of `used_bytes` that is in the trash: files and their versions.
    // Nodes of versions without a trash do not answer what has a default.
    #[serde(default)]
    #[schema(required = true, example = 0)]
    pub trash_bytes: u64,
    /// The part of `used_bytes` that is old versions of files that are not in the trash.
    #[serde(default)]
    #[schema(required = true, example = 0)]
    pub version_bytes: u64,
    /// Files that are not in the trash.
    #[schema(example = 1)]
    pub file_count: u64,
    /// How much they may keep; null: any amount.
    pub quota_bytes: Option<u64>,
}

/// What the caller wants to be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "Ada"}))]
pub struct AccountName {
    /// Null clears the name.
    #[schema(required = true, max_length = 255)]
    pub name: Option<String>,
}

/// The password, asked for again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"password": "correct horse"}))]
pub struct AccountRemoval {
    #[schema(value_type = String, format = Password)]
    pub password: Secret,
}

/// The password that is, and the one that shall be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"current_password": "correct horse", "new_password": "battery staple"}))]
pub struct PasswordChange {
    #[schema(value_type = String, format = Password)]
    pub current_password: Secret,
    /// Refused are the most common ones, one repeated character, plain sequences, and the account's own address and name.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub new_password: Secret,
}
