//! Users.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::accounts::{Account, DisplayName, Email, PasswordHash, StorageUse, User};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;

use super::{Id, number, size, stored_number, stored_size};
use crate::error::corrupt;
use crate::schema::users;

/// What is read of a row of `users`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Sqlite))]
pub(crate) struct UserRow {
    id: Id,
    email: String,
    name: Option<String>,
    role: String,
    password_hash: String,
    #[diesel(embed)]
    storage: StorageRow,
    created_at: i64,
    suspended_at: Option<i64>,
    quota_bytes: Option<i64>,
}

/// The row of a new user, who keeps nothing yet: counters begin at zero.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub(crate) struct NewUserRow {
    id: Id,
    email: String,
    email_key: String,
    name: Option<String>,
    role: String,
    password_hash: String,
    created_at: i64,
}

/// The counters of what a user keeps.
#[derive(Queryable, Selectable, QueryableByName, AsChangeset)]
#[diesel(table_name = users, check_for_backend(Sqlite))]
pub(crate) struct StorageRow {
    used_bytes: i64,
    trash_bytes: i64,
    version_bytes: i64,
    reserved_bytes: i64,
    file_count: i64,
}

/// The row of a user as that of their drive.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Sqlite))]
pub(crate) struct CounterRow {
    #[diesel(embed)]
    pub(crate) storage: StorageRow,
    pub(crate) node_count: i64,
    pub(crate) seq: i64,
    pub(crate) quota_bytes: Option<i64>,
}

impl From<&User> for NewUserRow {
    fn from(user: &User) -> Self {
        Self {
            id: Id::of(user.id.uuid()),
            email: user.email.as_str().to_owned(),
            email_key: user.email.key().to_owned(),
            name: user.name.as_ref().map(|name| name.as_str().to_owned()),
            role: user.role.as_str().to_owned(),
            password_hash: user.password_hash.expose().to_owned(),
            created_at: user.created_at.unix_micros(),
        }
    }
}

impl From<StorageUse> for StorageRow {
    fn from(storage: StorageUse) -> Self {
        Self {
            used_bytes: stored_size(storage.used),
            trash_bytes: stored_size(storage.trash),
            version_bytes: stored_size(storage.versions),
            reserved_bytes: stored_size(storage.reserved),
            file_count: stored_number(storage.file_count),
        }
    }
}

impl TryFrom<StorageRow> for StorageUse {
    type Error = PortError;

    fn try_from(row: StorageRow) -> PortResult<Self> {
        Ok(Self {
            used: size("users.used_bytes", row.used_bytes)?,
            trash: size("users.trash_bytes", row.trash_bytes)?,
            versions: size("users.version_bytes", row.version_bytes)?,
            reserved: size("users.reserved_bytes", row.reserved_bytes)?,
            file_count: number("users.file_count", row.file_count)?,
        })
    }
}

impl TryFrom<UserRow> for Account {
    type Error = PortError;

    fn try_from(row: UserRow) -> PortResult<Self> {
        let storage = StorageUse::try_from(row.storage)?;
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
