//! Where the caller is logged in.

use std::sync::Arc;

use super::Caller;
use crate::clock::Clock;
use crate::session::{Session, SessionStore};
use crate::store::Stored;
use crate::usecase::Ports;

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
    pub async fn run(&self, caller: &Caller) -> Stored<Vec<Session>> {
        self.sessions.list(caller.user, self.clock.now()).await
    }
}
