//! The end of sessions that should have ended with an answer already given.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::job::{Done, Job, JobContext, JobError, Lane};
use crate::sessions::CLOCK_SKEW;
use fm_domain::clock::Timestamp;
use fm_domain::events::{Change, Event};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::jobs::{ClaimedJob, Priority};

/// Ends the sessions of a user that were created before a moment: the backstop of an answer already given. Doing it twice
/// is doing it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeSessions {
    /// The user.
    pub user: UserId,
    /// The one session that goes on.
    pub but: Option<SessionId>,
    /// Microseconds since 1970.
    pub created_before: i64,
}

#[async_trait]
impl Job for RevokeSessions {
    const NAME: &'static str = "revoke_sessions";
    const PRIORITY: Priority = Priority::HIGH;
    const LANE: Lane = Lane::Housekeeping;
    const TIME_LIMIT: Duration = Duration::from_mins(1);

    fn unique_name(&self) -> String {
        format!("{}:{}:{}", Self::NAME, self.user, self.created_before)
    }

    fn after(event: &Event<'_>) -> Option<Self> {
        let (user, but, created_before) = match event.change {
            Change::PasswordChanged { user, session } => (user, Some(session), event.at),
            // Those of the new password go on.
            Change::PasswordReset { user } => (user, None, event.at),
            // No further log-in can succeed, so a session from "the future" is one of another node's clock.
            Change::AccountRemoved { user } | Change::AccountSuspended { user } => {
                (user, None, event.at.plus(CLOCK_SKEW))
            }
            _ => return None,
        };
        Some(Self { user, but, created_before: created_before.unix_micros() })
    }

    async fn run(&self, context: &JobContext, _claimed: &ClaimedJob) -> Result<Done, JobError> {
        let created_before = Timestamp::from_unix_micros(self.created_before);
        context.ports.sessions.revoke_all(self.user, self.but, created_before).await?;
        Ok(Done::Moot)
    }
}

#[cfg(test)]
mod tests;
