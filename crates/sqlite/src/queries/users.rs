//! Questions about users.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::sqlite::Sqlite;
use fm_domain::accounts::{
    Account, Email, Kept, Role, StorageUse, Tally, UserCounts, UserFilter, UserQueries,
};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use uuid::Uuid;

use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{Id, StorageRow, UserRow, number, size};
use crate::schema::users;
use crate::sql::fixed;

/// The user with this id.
pub(crate) fn find(connection: &mut SqliteConnection, id: UserId) -> PortResult<Option<Account>> {
    users::table
        .find(Id::of(id.uuid()))
        .filter(users::removed_at.is_null())
        .select(UserRow::as_select())
        .first(connection)
        .optional()
        .map_err(store_error)?
        .map(Account::try_from)
        .transpose()
}

/// The admins who are not suspended, by their ids.
pub(crate) fn admins(connection: &mut SqliteConnection) -> PortResult<Vec<UserId>> {
    let admins = users::table
        .filter(users::role.eq(Role::Admin.as_str()))
        .filter(users::suspended_at.is_null())
        .filter(users::removed_at.is_null())
        .order(users::id)
        .select(users::id);
    let ids: Vec<Id> = admins.load(connection).map_err(store_error)?;
    Ok(ids.into_iter().map(|id| UserId::new(id.uuid())).collect())
}

diesel::define_sql_function! {
    /// Where a part begins in a text, from 1; 0 where it does not occur.
    fn instr(text: Text, part: Text) -> Integer;
}

/// A page of users along the primary key.
pub(crate) fn list(
    connection: &mut SqliteConnection,
    filter: UserFilter,
    after: Option<UserId>,
    limit: u32,
) -> PortResult<Vec<Account>> {
    // No UUIDv7 is as large as the largest UUID.
    let after = Id::of(after.map_or(Uuid::max(), UserId::uuid));
    let mut query = users::table
        .select(UserRow::as_select())
        .filter(users::id.lt(after))
        .filter(users::removed_at.is_null())
        .order(users::id.desc())
        .limit(limit.into())
        .into_boxed::<Sqlite>();
    if let Some(part) = filter.address_contains {
        query = query.filter(instr(users::email_key, part).gt(0));
    }
    let rows: Vec<UserRow> = query.load(connection).map_err(store_error)?;
    rows.into_iter().map(Account::try_from).collect()
}

const COUNT: &str = "SELECT count(*) AS users, count(suspended_at) AS suspended, \
    count(*) FILTER (WHERE role = 'admin') AS admins, coalesce(sum(used_bytes), 0) AS used_bytes, \
    coalesce(sum(trash_bytes), 0) AS trash_bytes, coalesce(sum(version_bytes), 0) AS version_bytes, \
    coalesce(sum(reserved_bytes), 0) AS reserved_bytes, coalesce(sum(file_count), 0) AS file_count \
    FROM users WHERE removed_at IS NULL";

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    users: i64,
    #[diesel(sql_type = BigInt)]
    suspended: i64,
    #[diesel(sql_type = BigInt)]
    admins: i64,
    #[diesel(embed)]
    storage: StorageRow,
}

impl TryFrom<CountRow> for UserCounts {
    type Error = PortError;

    fn try_from(row: CountRow) -> PortResult<Self> {
        Ok(Self {
            users: number("users", row.users)?,
            suspended: number("users.suspended_at", row.suspended)?,
            admins: number("users.role", row.admins)?,
            storage: StorageUse::try_from(row.storage)?,
        })
    }
}

/// One statement, so that both sides are of one moment. What is in the trash and old versions count as bytes, living files alone as files.
const TALLY: &str = "SELECT id, used_bytes, file_count, \
    (SELECT coalesce(sum(size), 0) FROM nodes WHERE drive = users.id) \
        + (SELECT coalesce(sum(file_versions.size), 0) FROM nodes CROSS JOIN file_versions ON file = nodes.id \
           WHERE drive = users.id) AS bytes, \
    (SELECT count(*) FROM nodes WHERE drive = users.id AND kind = 'file' AND trash IS NULL) AS files \
    FROM users WHERE id > ? AND removed_at IS NULL ORDER BY id LIMIT ?";

#[derive(QueryableByName)]
struct TallyRow {
    #[diesel(sql_type = Binary)]
    id: Id,
    #[diesel(sql_type = BigInt)]
    used_bytes: i64,
    #[diesel(sql_type = BigInt)]
    file_count: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
    #[diesel(sql_type = BigInt)]
    files: i64,
}

impl TryFrom<TallyRow> for Tally {
    type Error = PortError;

    fn try_from(row: TallyRow) -> PortResult<Self> {
        Ok(Self {
            user: UserId::new(row.id.uuid()),
            recorded: Kept {
                bytes: size("users.used_bytes", row.used_bytes)?,
                files: number("users.file_count", row.file_count)?,
            },
            counted: Kept { bytes: size("nodes.size", row.bytes)?, files: number("nodes", row.files)? },
        })
    }
}

#[async_trait]
impl UserQueries for SqliteReadRepos {
    async fn find(&mut self, id: UserId) -> PortResult<Option<Account>> {
        self.ask(move |connection| find(connection, id)).await
    }

    async fn find_by_email(&mut self, email: &Email) -> PortResult<Option<Account>> {
        let key = email.key().to_owned();
        self.ask(move |connection| {
            users::table
                .filter(users::email_key.eq(key))
                .filter(users::removed_at.is_null())
                .select(UserRow::as_select())
                .first(connection)
                .optional()
                .map_err(store_error)?
                .map(Account::try_from)
                .transpose()
        })
        .await
    }

    async fn tally(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Tally>> {
        // UUIDv7 begin with the time, so none of them is nil.
        let after = Id::of(after.map_or(Uuid::nil(), UserId::uuid));
        self.ask(move |connection| {
            let page =
                fixed(diesel::sql_query(TALLY).bind::<Binary, _>(after).bind::<BigInt, _>(i64::from(limit)));
            let rows = page.load::<TallyRow>(connection).map_err(store_error)?;
            rows.into_iter().map(Tally::try_from).collect()
        })
        .await
    }

    async fn list(
        &mut self,
        filter: &UserFilter,
        after: Option<UserId>,
        limit: u32,
    ) -> PortResult<Vec<Account>> {
        let filter = filter.clone();
        self.ask(move |connection| list(connection, filter, after, limit)).await
    }

    async fn count(&mut self) -> PortResult<UserCounts> {
        self.ask(|connection| {
            fixed(diesel::sql_query(COUNT))
                .get_result::<CountRow>(connection)
                .map_err(store_error)?
                .try_into()
        })
        .await
    }
}
