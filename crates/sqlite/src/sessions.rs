//! Sessions, in a table of the same file.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, NewSession, RefreshState, Session, SessionStore};

use crate::database::SqliteDatabase;
use crate::error::store_error;
use crate::rows::{Bytes, Id, SessionRow, spent_text};
use crate::schema::sessions;
use crate::sql::fixed;

/// Sessions beside the rest of a database. Each change is a transaction of its own.
#[derive(Clone)]
pub struct SqliteSessionStore {
    database: SqliteDatabase,
}

impl SqliteSessionStore {
    /// The sessions of this database.
    #[must_use]
    pub const fn new(database: SqliteDatabase) -> Self {
        Self { database }
    }
}

#[async_trait]
impl SessionStore for SqliteSessionStore {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        let row = SessionRow::from(session);
        self.database
            .change(move |connection| {
                diesel::insert_into(sessions::table)
                    .values(row)
                    .execute(connection)
                    .map(|_one| ())
                    .map_err(store_error)
            })
            .await
    }

    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        self.database
            .ask(move |connection| {
                sessions::table
                    .find(Id::of(id.uuid()))
                    .filter(sessions::expires_at.gt(now.unix_micros()))
                    .select(SessionRow::as_select())
                    .first(connection)
                    .optional()
                    .map_err(store_error)?
                    .map(Session::try_from)
                    .transpose()
            })
            .await
    }

    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        self.database
            .change(move |connection| {
                fixed(diesel::update(sessions::table.find(Id::of(id.uuid()))).set(
                    (
                        sessions::last_seen_at.eq(
                            sql::<BigInt>("max(last_seen_at, ").bind::<BigInt, _>(now.unix_micros()).sql(")"),
                        ),
                        sessions::ip.eq(
                            sql::<Nullable<Text>>("coalesce(").bind::<Nullable<Text>, _>(ip).sql(", ip)"),
                        ),
                    ),
                ))
                .execute(connection)
                .map(|_touched| ())
                .map_err(store_error)
            })
            .await
    }

    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        let next = next.clone();
        self.database
            .change(move |connection| {
                let stored = sessions::table
                    .find(Id::of(id.uuid()))
                    .filter(sessions::generation.eq(i64::from(seen.number())));
                fixed(diesel::update(stored).set((
                    sessions::generation.eq(i64::from(next.generation.number())),
                    sessions::salt.eq(Bytes(next.salt)),
                    sessions::expires_at.eq(next.expires_at.unix_micros()),
                    sessions::spent_at.eq(spent_text(&next)),
                )))
                .execute(connection)
                .map(|rotated| rotated > 0)
                .map_err(store_error)
            })
            .await
    }

    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        self.database
            .change(move |connection| {
                let stored =
                    sessions::table.find(Id::of(id.uuid())).filter(sessions::user_id.eq(Id::of(user.uuid())));
                diesel::delete(stored).execute(connection).map(|revoked| revoked > 0).map_err(store_error)
            })
            .await
    }

    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        self.database
            .change(move |connection| {
                let mut deleted = diesel::delete(sessions::table)
                    .filter(sessions::user_id.eq(Id::of(user.uuid())))
                    .filter(sessions::created_at.lt(created_before.unix_micros()))
                    .into_boxed();
                if let Some(but) = but {
                    deleted = deleted.filter(sessions::id.ne(Id::of(but.uuid())));
                }
                deleted.execute(connection).map(|_revoked| ()).map_err(store_error)
            })
            .await
    }

    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        self.database
            .ask(move |connection| {
                sessions::table
                    .filter(sessions::user_id.eq(Id::of(user.uuid())))
                    .filter(sessions::expires_at.gt(now.unix_micros()))
                    .order((sessions::created_at.desc(), sessions::id.desc()))
                    .select(SessionRow::as_select())
                    .load(connection)
                    .map_err(store_error)?
                    .into_iter()
                    .map(Session::try_from)
                    .collect()
            })
            .await
    }

    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32> {
        self.database
            .change(move |connection| {
                let expired = diesel::alias!(sessions as expired);
                let oldest = expired
                    .filter(expired.field(sessions::expires_at).lt(now.unix_micros()))
                    .order(expired.field(sessions::expires_at))
                    .limit(limit.into())
                    .select(expired.field(sessions::id));
                let purged = diesel::delete(sessions::table.filter(sessions::id.eq_any(oldest)))
                    .execute(connection)
                    .map_err(store_error)?;
                u32::try_from(purged).map_err(|error| PortError::Unexpected(Box::new(error)))
            })
            .await
    }

    async fn ping(&self) -> PortResult<()> {
        self.database.ping().await
    }
}
