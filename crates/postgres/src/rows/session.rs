//! Rows of `sessions`.

use diesel::prelude::*;
use fm_domain::error::PortResult;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, RefreshState, Session};
use uuid::Uuid;

use crate::error::corrupt;
use crate::schema::sessions;
use crate::value::{Moment, text};

/// A session, as it is read and written.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg), treat_none_as_default_value = false)]
pub(crate) struct SessionRow {
    id: Uuid,
    user_id: Uuid,
    created_at: Moment,
    last_seen_at: Moment,
    ip: Option<String>,
    user_agent: Option<String>,
    generation: i64,
    salt: Vec<u8>,
    expires_at: Moment,
    spent_at: Vec<Moment>,
}

impl SessionRow {
    /// The row that holds this session.
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            id: session.id.uuid(),
            user_id: session.user.uuid(),
            created_at: Moment(session.created_at),
            last_seen_at: Moment(session.last_seen_at),
            ip: session.ip.as_deref().map(text),
            user_agent: session.user_agent.as_deref().map(text),
            generation: i64::from(session.refresh.generation.number()),
            salt: session.refresh.salt.to_vec(),
            expires_at: Moment(session.refresh.expires_at),
            spent_at: moments(&session.refresh),
        }
    }

    /// The session that the row holds.
    pub(crate) fn into_session(self) -> PortResult<Session> {
        let generation = u32::try_from(self.generation).map_err(corrupt("sessions.generation"))?;
        Ok(Session {
            id: SessionId::new(self.id),
            user: UserId::new(self.user_id),
            created_at: self.created_at.0,
            last_seen_at: self.last_seen_at.0,
            ip: self.ip,
            user_agent: self.user_agent,
            refresh: RefreshState {
                generation: Generation::new(generation),
                salt: self.salt.as_slice().try_into().map_err(corrupt("sessions.salt"))?,
                expires_at: self.expires_at.0,
                spent_at: self.spent_at.into_iter().map(|moment| moment.0).collect(),
            },
        })
    }
}

/// When the latest generations were spent.
pub(crate) fn moments(refresh: &RefreshState) -> Vec<Moment> {
    refresh.spent_at.iter().copied().map(Moment).collect()
}
