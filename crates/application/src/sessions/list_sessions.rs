//! Where the caller is logged in.

use std::sync::Arc;

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

    /// The living ones, newest first, and no more than a user may have: the oldest are left out until the next login
    /// ends them, but for the caller's own.
    pub async fn run(&self, actor: &Actor) -> PortResult<Vec<Session>> {
        let mut sessions = self.sessions.list(actor.user(), self.clock.now()).await?;
        let beyond = sessions.split_off(self.most.min(sessions.len()));
        if let Some(own) = beyond.into_iter().find(|session| session.id == actor.session()) {
            sessions.pop();
            sessions.push(own);
        }
        Ok(sessions)
    }
}
