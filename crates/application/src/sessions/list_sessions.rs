//! Where the caller is logged in.

use std::cmp::Reverse;
use std::sync::Arc;

use super::lifetime::last_use;
use crate::ports::{Ports, Settings};
use fm_domain::access::Actor;
use fm_domain::clock::Clock;
use fm_domain::error::PortResult;
use fm_domain::sessions::{Session, SessionStore};

/// Lists the caller's sessions.
pub struct ListSessions {
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    most: usize,
}

impl ListSessions {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            sessions: ports.sessions.clone(),
            clock: ports.clock.clone(),
            most: settings.max_sessions_per_user,
        }
    }

    /// The living ones, newest first, and no more than a user may have: those that the next login ends are left out, but
    /// for the caller's own.
    pub async fn run(&self, actor: &Actor) -> PortResult<Vec<Session>> {
        let mut sessions = self.sessions.list(actor.user(), self.clock.now()).await?;
        if sessions.len() > self.most {
            sessions.sort_by_key(|session| Reverse((session.id == actor.session(), last_use(session))));
            sessions.truncate(self.most);
            sessions.sort_by_key(|session| Reverse((session.created_at, session.id)));
        }
        Ok(sessions)
    }
}
