//! Sessions.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, NewSession, RefreshState, Session, SessionStore};

use crate::pool::PgPool;
use crate::rows::{SessionRow, moments};
use crate::schema::sessions;
use crate::shared::Shared;
use crate::sql::{fixed, statement, typed};
use crate::value::{Moment, text};

/// Sessions that another node is just renewing or purging are passed over.
const PURGE: &str = "WITH expired AS MATERIALIZED (\
        SELECT id FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED\
    ) DELETE FROM sessions AS gone USING expired WHERE gone.id = expired.id";

/// Sessions in PostgreSQL. Every answer was committed before it is given.
#[derive(Debug, Clone)]
pub struct PgSessionStore {
    pool: PgPool,
}

impl PgSessionStore {
    /// The sessions in the database that `pool` connects to.
    #[must_use]
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl SessionStore for PgSessionStore {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        let insert = diesel::insert_into(sessions::table).values(SessionRow::of(session));
        self.pool.lease().await?.run(|connection| insert.execute(connection)).await.map(|_one| ())
    }

    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        let find = |shared: Arc<Shared>| async move {
            let session = sessions::table.find(id.uuid()).filter(sessions::expires_at.gt(Moment(now)));
            session.select(SessionRow::as_select()).get_result(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(SessionRow::into_session).transpose()
    }

    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        let now = Moment(now);
        let session = sessions::table.find(id.uuid());
        let seen = sessions::last_seen_at.eq(greatest(sessions::last_seen_at, now));
        let mut lease = self.pool.lease().await?;
        let touched = if let Some(ip) = ip {
            let update = fixed(diesel::update(session).set((seen, sessions::ip.eq(text(&ip)))));
            lease.run(|connection| update.execute(connection)).await
        } else {
            let update = fixed(diesel::update(session).set(seen));
            lease.run(|connection| update.execute(connection)).await
        };
        touched.map(|_count| ())
    }

    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        let session =
            sessions::table.find(id.uuid()).filter(sessions::generation.eq(i64::from(seen.number())));
        let update = fixed(diesel::update(session).set((
            sessions::generation.eq(i64::from(next.generation.number())),
            sessions::salt.eq(next.salt.as_slice()),
            sessions::expires_at.eq(Moment(next.expires_at)),
            sessions::spent_at.eq(moments(next)),
        )));
        Ok(self.pool.lease().await?.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        let session = sessions::table.find(id.uuid()).filter(sessions::user_id.eq(user.uuid()));
        let delete = diesel::delete(session);
        Ok(self.pool.lease().await?.run(|connection| delete.execute(connection)).await? > 0)
    }

    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        let old = sessions::table
            .filter(sessions::user_id.eq(user.uuid()))
            .filter(sessions::created_at.lt(Moment(created_before)));
        let mut lease = self.pool.lease().await?;
        let revoked = match but {
            Some(but) => {
                let delete = diesel::delete(old.filter(sessions::id.ne(but.uuid())));
                lease.run(|connection| delete.execute(connection)).await
            }
            None => lease.run(|connection| diesel::delete(old).execute(connection)).await,
        };
        revoked.map(|_count| ())
    }

    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        let living = sessions::table
            .filter(sessions::user_id.eq(user.uuid()))
            .filter(sessions::expires_at.gt(Moment(now)))
            .order((sessions::created_at.desc(), sessions::id.desc()))
            .select(SessionRow::as_select());
        let rows = self.pool.lease().await?.run(|connection| living.load(connection)).await?;
        rows.into_iter().map(SessionRow::into_session).collect()
    }

    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let purge = statement::<(), _>(
            PURGE,
            (typed::<Timestamptz, _>(Moment(now)), typed::<BigInt, _>(i64::from(limit))),
        );
        let purged = self.pool.lease().await?.run(|connection| purge.execute(connection)).await?;
        Ok(u32::try_from(purged).unwrap_or(u32::MAX))
    }

    async fn ping(&self) -> PortResult<()> {
        self.pool.ping().await
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The later of two moments.
    fn greatest(left: Timestamptz, right: Timestamptz) -> Timestamptz;
}
