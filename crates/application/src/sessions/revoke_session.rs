//! The end of one session.

use std::sync::Arc;

use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;
use fm_domain::access::Actor;
use fm_domain::audit::AuditAction;
use fm_domain::error::PortError;
use fm_domain::ids::SessionId;
use fm_domain::sessions::SessionStore;

/// Why no session was ended.
#[derive(Debug, thiserror::Error)]
pub enum RevokeSessionError {
    /// The caller has no such session.
    #[error("there is no such session")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Ends one of the caller's sessions.
pub struct RevokeSession {
    sessions: Arc<dyn SessionStore>,
    trail: AuditTrail,
}

impl RevokeSession {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { sessions: ports.sessions.clone(), trail: AuditTrail::new(ports) }
    }

    /// Ends it, and every token of it.
    pub async fn run(&self, actor: &Actor, id: SessionId) -> Result<(), RevokeSessionError> {
        if !self.sessions.revoke(actor.user(), id).await? {
            return Err(RevokeSessionError::NotFound);
        }
        self.trail.record(Act::by(actor, AuditAction::SESSION_REVOKED, Some(id.uuid()))).await;
        Ok(())
    }
}
