//! The sessions of an account, for operators: listed, and ended one by one.

use std::sync::Arc;

use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;
use fm_domain::audit::AuditAction;
use fm_domain::clock::Clock;
use fm_domain::error::PortResult;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Session, SessionStore};

/// Lists the sessions of any account.
pub struct ListSessionsOf {
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
}

impl ListSessionsOf {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { sessions: ports.sessions.clone(), clock: ports.clock.clone() }
    }

    /// All that live, newest first.
    pub async fn run(&self, user: UserId) -> PortResult<Vec<Session>> {
        self.sessions.list(user, self.clock.now()).await
    }
}

/// Ends one session of any account.
pub struct EndSession {
    sessions: Arc<dyn SessionStore>,
    trail: AuditTrail,
}

impl EndSession {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { sessions: ports.sessions.clone(), trail: AuditTrail::new(ports) }
    }

    /// Ends it; false when the account has no such session.
    pub async fn run(&self, user: UserId, session: SessionId) -> PortResult<bool> {
        let is_ended = self.sessions.revoke(user, session).await?;
        if is_ended {
            let act = Act::of_operator(AuditAction::SESSION_REVOKED, Some(session.uuid()));
            self.trail.record(Act { account: Some(user), ..act }).await;
        }
        Ok(is_ended)
    }
}

#[cfg(test)]
mod tests;
