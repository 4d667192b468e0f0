//! A logout.

use std::sync::Arc;

use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;
use fm_domain::access::Actor;
use fm_domain::audit::AuditAction;
use fm_domain::error::PortResult;
use fm_domain::sessions::SessionStore;

/// Ends the caller's own session, and with it every token of it.
pub struct LogOut {
    sessions: Arc<dyn SessionStore>,
    trail: AuditTrail,
}

impl LogOut {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { sessions: ports.sessions.clone(), trail: AuditTrail::new(ports) }
    }

    /// Ends it. A session that is gone already is fine.
    pub async fn run(&self, actor: &Actor) -> PortResult<()> {
        if self.sessions.revoke(actor.user(), actor.session()).await? {
            let session = Some(actor.session().uuid());
            self.trail.record(Act::by(actor, AuditAction::SESSION_REVOKED, session)).await;
        }
        Ok(())
    }
}
