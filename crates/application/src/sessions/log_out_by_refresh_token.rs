//! A logout by a client whose access token is gone.

use std::sync::Arc;

use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;
use fm_domain::access::Client;
use fm_domain::audit::AuditAction;
use fm_domain::clock::Clock;
use fm_domain::error::PortResult;
use fm_domain::mac::MacSigner;
use fm_domain::sessions::{RefreshToken, SessionStore};

/// Ends the session of a refresh token.
pub struct LogOutByRefreshToken {
    sessions: Arc<dyn SessionStore>,
    macs: Arc<dyn MacSigner>,
    clock: Arc<dyn Clock>,
    trail: AuditTrail,
}

impl LogOutByRefreshToken {
    pub(crate) fn new(ports: &Ports) -> Self {
        let (sessions, macs, clock) = (ports.sessions.clone(), ports.macs.clone(), ports.clock.clone());
        Self { sessions, macs, clock, trail: AuditTrail::new(ports) }
    }

    /// Ends it, by a spent token too: ending a session is all that a late token could do anyway. A session that is
    /// gone already is fine, and a forged token ends nothing.
    pub async fn run(&self, token: &str, client: &Client) -> PortResult<()> {
        let Some(token) = RefreshToken::parse(token) else { return Ok(()) };
        let Some(session) = self.sessions.find(token.session, self.clock.now()).await? else { return Ok(()) };
        if token.is_genuine(&session.refresh.salt, self.macs.as_ref())
            && self.sessions.revoke(session.user, session.id).await?
        {
            let (action, target) = (AuditAction::SESSION_REVOKED, Some(session.id.uuid()));
            let user = Some(session.user);
            self.trail.record(Act { action, actor: user, account: user, target, client }).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
