//! Users.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::accounts::{Account, DisplayName, Email, PasswordHash, StorageUse, User};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;

use super::{Id, number, size};
use crate::error::corrupt;
use crate::schema::users;

/// A row of `users`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(Sqlite))]
pub(crate) struct UserRow {
    id: Id,
    email: String,
    email_key: String,
    name: Option<String>,
    role: String,
    password_hash: String,
    used_bytes: i64,
    reserved_bytes: i64,
    file_count: i64,
    created_at: i64,
    suspended_at: Option<i64>,
    quota_bytes: Option<i64>,
}

impl UserRow {
    /// A user who keeps nothing yet.
    pub(crate) fn fresh(user: &User) -> Self {
        Self {
            id: Id::of(user.id.uuid()),
            email: user.email.as_str().to_owned(),
            email_key: user.email.key().to_owned(),
            name: user.name.as_ref().map(|name| name.as_str().to_owned()),
            role: user.role.as_str().to_owned(),
            password_hash: user.password_hash.expose().to_owned(),
            used_bytes: 0,
            reserved_bytes: 0,
            file_count: 0,
            created_at: user.created_at.unix_micros(),
            suspended_at: None,
            quota_bytes: None,
        }
    }
}

impl TryFrom<UserRow> for Account {
    type Error = fm_domain::error::PortError;

    fn try_from(row: UserRow) -> PortResult<Self> {
        let storage = counters((row.used_bytes, row.reserved_bytes, row.file_count))?;
        let name = row.name.as_deref().map(DisplayName::from_stored).transpose();
        let user = User {
            id: UserId::new(row.id.uuid()),
            email: Email::from_stored(&row.email).map_err(corrupt("users.email"))?,
            name: name.map_err(corrupt("users.name"))?,
            role: row.role.parse().map_err(corrupt("users.role"))?,
            password_hash: PasswordHash::new(row.password_hash),
            created_at: Timestamp::from_unix_micros(row.created_at),
        };
        let quota = row.quota_bytes.map(|bytes| size("users.quota_bytes", bytes)).transpose()?;
        let suspended_at = row.suspended_at.map(Timestamp::from_unix_micros);
        Ok(Self { user, storage, quota, suspended_at })
    }
}

/// Used and reserved bytes and the count of files, in this order.
pub(crate) fn counters((used, reserved, files): (i64, i64, i64)) -> PortResult<StorageUse> {
    Ok(StorageUse {
        used: size("users.used_bytes", used)?,
        reserved: size("users.reserved_bytes", reserved)?,
        file_count: number("users.file_count", files)?,
    })
}
