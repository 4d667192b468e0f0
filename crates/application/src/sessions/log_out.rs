//! A logout.

use std::sync::Arc;

use crate::ports::Ports;
use fm_domain::access::Actor;
use fm_domain::error::PortResult;
use fm_domain::sessions::SessionStore;

/// Ends the caller's own session, and with it every token of it.
pub struct LogOut {
    sessions: Arc<dyn SessionStore>,
}

impl LogOut {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { sessions: ports.sessions.clone() }
    }

    /// Ends it. A session that is gone already is fine.
    pub async fn run(&self, actor: &Actor) -> PortResult<()> {
        self.sessions.revoke(actor.user(), actor.session()).await.map(|_was_there| ())
    }
}
