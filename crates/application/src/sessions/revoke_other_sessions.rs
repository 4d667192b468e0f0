//! The end of every other session.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;
use fm_domain::access::Actor;
use fm_domain::audit::AuditAction;
use fm_domain::clock::Clock;
use fm_domain::error::{PortResult, chain};
use fm_domain::sessions::SessionStore;

/// How far another node's clock may be ahead: a session that it opened "in the future" ends too.
pub(crate) const CLOCK_SKEW: Duration = Duration::from_hours(1);

/// Ends all sessions of the caller but the one that asks.
pub struct RevokeOtherSessions {
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    trail: AuditTrail,
}

impl RevokeOtherSessions {
    pub(crate) fn new(ports: &Ports) -> Self {
        let (sessions, clock) = (ports.sessions.clone(), ports.clock.clone());
        Self { sessions, clock, trail: AuditTrail::new(ports) }
    }

    /// Ends them.
    pub async fn run(&self, actor: &Actor) -> PortResult<()> {
        let until = self.clock.now().plus(CLOCK_SKEW);
        self.sessions.revoke_all(actor.user(), Some(actor.session()), until).await?;
        self.trail.record(Act::by(actor, AuditAction::SESSIONS_REVOKED, None)).await;
        Ok(())
    }
}

/// What a committed change asked of the session store. What that could not do is left to the job that was committed
/// with the change: the change itself happened, and its caller is told so.
pub(crate) fn left_to_the_job(revoked: PortResult<()>) {
    if let Err(error) = revoked {
        tracing::warn!(error = chain(&error), "sessions end later, by a job");
    }
}
