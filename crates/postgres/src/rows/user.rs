//! Rows of `users`.

use diesel::prelude::*;
use fm_domain::accounts::{Account, DisplayName, Email, PasswordHash, StorageUse, User};
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;
use uuid::Uuid;

use crate::error::corrupt;
use crate::schema::users;
use crate::value::{Moment, count, size};

/// A user with their counters, as it is read.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(crate) struct UserRow {
    id: Uuid,
    email: String,
    name: Option<String>,
    role: String,
    password_hash: String,
    used_bytes: i64,
    trash_bytes: i64,
    version_bytes: i64,
    reserved_bytes: i64,
    file_count: i64,
    created_at: Moment,
    suspended_at: Option<Moment>,
    quota_bytes: Option<i64>,
}

impl UserRow {
    /// The user's id.
    pub(crate) const fn id(&self) -> Uuid {
        self.id
    }

    /// The account that the row holds.
    pub(crate) fn into_account(self) -> PortResult<Account> {
        let name = self.name.as_deref().map(DisplayName::from_stored).transpose();
        Ok(Account {
            user: User {
                id: UserId::new(self.id),
                email: Email::from_stored(&self.email).map_err(corrupt("users.email"))?,
                name: name.map_err(corrupt("users.name"))?,
                role: self.role.parse().map_err(corrupt("users.role"))?,
                password_hash: PasswordHash::new(self.password_hash),
                created_at: self.created_at.0,
            },
            storage: StorageUse {
                used: size("users.used_bytes", self.used_bytes)?,
                trash: size("users.trash_bytes", self.trash_bytes)?,
                versions: size("users.version_bytes", self.version_bytes)?,
                reserved: size("users.reserved_bytes", self.reserved_bytes)?,
                file_count: count("users.file_count", self.file_count)?,
            },
            quota: self.quota_bytes.map(|bytes| size("users.quota_bytes", bytes)).transpose()?,
            suspended_at: self.suspended_at.map(|moment| moment.0),
        })
    }
}
