//! The end of every other session.

use std::sync::Arc;
use std::time::Duration;

use crate::ports::Ports;
use fm_domain::access::Actor;
use fm_domain::clock::Clock;
use fm_domain::error::{PortResult, chain};
use fm_domain::sessions::SessionStore;

/// How far another node's clock may be ahead: a session that it opened "in the future" ends too.
pub(crate) const CLOCK_SKEW: Duration = Duration::from_hours(1);

/// Ends all sessions of the caller but the one that asks.
pub struct RevokeOtherSessions {
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
}

impl RevokeOtherSessions {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { sessions: ports.sessions.clone(), clock: ports.clock.clone() }
    }

    /// Ends them.
    pub async fn run(&self, actor: &Actor) -> PortResult<()> {
        self.sessions.revoke_all(actor.user(), Some(actor.session()), self.clock.now().plus(CLOCK_SKEW)).await
    }
}

/// What a committed change asked of the session store. What that could not do is left to the job that was committed
/// with the change: the change itself happened, and its caller is told so.
pub(crate) fn left_to_the_job(revoked: PortResult<()>) {
    if let Err(error) = revoked {
        tracing::warn!(error = chain(&error), "sessions end later, by a job");
    }
}
