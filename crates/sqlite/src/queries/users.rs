//! Questions about users.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use fm_domain::accounts::{Account, Email, Kept, Tally, UserQueries};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use uuid::Uuid;

use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{Id, UserRow, number, size};
use crate::schema::users;

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

/// One statement, so that both sides are of one moment.
const TALLY: &str = "SELECT id, used_bytes, file_count, \
    (SELECT coalesce(sum(size), 0) FROM files WHERE owner = users.id) AS bytes, \
    (SELECT count(*) FROM files WHERE owner = users.id) AS files \
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
            counted: Kept { bytes: size("files.size", row.bytes)?, files: number("files", row.files)? },
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
            let page = diesel::sql_query(TALLY).bind::<Binary, _>(after).bind::<BigInt, _>(i64::from(limit));
            let rows = page.load::<TallyRow>(connection).map_err(store_error)?;
            rows.into_iter().map(Tally::try_from).collect()
        })
        .await
    }
}
