//! The end of sessions that should have ended with an answer already given.

use std::sync::Arc;

use super::{Done, JobError};
use crate::ports::Ports;
use fm_domain::clock::Timestamp;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::SessionStore;

/// Ends sessions.
pub(super) struct RevokeSessions {
    sessions: Arc<dyn SessionStore>,
}

impl RevokeSessions {
    pub(super) fn new(ports: &Ports) -> Self {
        Self { sessions: ports.sessions.clone() }
    }

    /// Ends them. Doing it twice is doing it once.
    pub(super) async fn run(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> Result<Done, JobError> {
        self.sessions.revoke_all(user, but, created_before).await?;
        Ok(Done::Moot)
    }
}
