//! Sessions.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, RefreshState, Session};

use super::{Bytes, Id, number};
use crate::error::corrupt;
use crate::schema::sessions;

/// A row of `sessions`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(Sqlite))]
pub(crate) struct SessionRow {
    id: Id,
    user_id: Id,
    created_at: i64,
    last_seen_at: i64,
    ip: Option<String>,
    user_agent: Option<String>,
    generation: i64,
    salt: Bytes<16>,
    expires_at: i64,
    spent_at: String,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        Self {
            id: Id::of(session.id.uuid()),
            user_id: Id::of(session.user.uuid()),
            created_at: session.created_at.unix_micros(),
            last_seen_at: session.last_seen_at.unix_micros(),
            ip: session.ip.clone(),
            user_agent: session.user_agent.clone(),
            generation: session.refresh.generation.number().into(),
            salt: Bytes(session.refresh.salt),
            expires_at: session.refresh.expires_at.unix_micros(),
            spent_at: spent_text(&session.refresh),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = PortError;

    fn try_from(row: SessionRow) -> PortResult<Self> {
        let spent: Vec<i64> = serde_json::from_str(&row.spent_at).map_err(corrupt("sessions.spent_at"))?;
        let refresh = RefreshState {
            generation: Generation::new(number("sessions.generation", row.generation)?),
            salt: row.salt.0,
            expires_at: Timestamp::from_unix_micros(row.expires_at),
            spent_at: spent.into_iter().map(Timestamp::from_unix_micros).collect(),
        };
        Ok(Self {
            id: SessionId::new(row.id.uuid()),
            user: UserId::new(row.user_id.uuid()),
            created_at: Timestamp::from_unix_micros(row.created_at),
            last_seen_at: Timestamp::from_unix_micros(row.last_seen_at),
            ip: row.ip,
            user_agent: row.user_agent,
            refresh,
        })
    }
}

/// When generations were spent, as a JSON array of microseconds.
pub(crate) fn spent_text(refresh: &RefreshState) -> String {
    let times: Vec<String> = refresh.spent_at.iter().map(|at| at.unix_micros().to_string()).collect();
    format!("[{}]", times.join(","))
}
