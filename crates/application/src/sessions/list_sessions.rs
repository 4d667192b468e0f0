//! Where the caller is logged in.

use std::sync::Arc;

use crate::ports::Ports;
use fm_domain::access::Actor;
use fm_domain::clock::Clock;
use fm_domain::error::PortResult;
use fm_domain::sessions::{Session, SessionStore};

/// Lists the caller's sessions.
pub struct ListSessions {
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
}

impl ListSessions {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { sessions: ports.sessions.clone(), clock: ports.clock.clone() }
    }

    /// The living ones, newest first.
    pub async fn run(&self, actor: &Actor) -> PortResult<Vec<Session>> {
        self.sessions.list(actor.user(), self.clock.now()).await
    }
}
