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
///
/// Nodes' clocks differ, and the moment is of the clock of one. While the user is suspended or gone no login can succeed, so that
/// sessions end too that a node whose clock is ahead created "in the future". Once the user may log in again those of new logins
/// can't be told from these by their times, and only what was created before the moment itself ends.
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
        let (user, but) = match event.change {
            Change::PasswordChanged { user, session } => (user, Some(session)),
            Change::PasswordReset { user }
            | Change::AccountRemoved { user }
            | Change::AccountSuspended { user } => (user, None),
            _ => return None,
        };
        Some(Self { user, but, created_before: event.at.unix_micros() })
    }

    async fn run(&self, context: &JobContext, _claimed: &ClaimedJob) -> Result<Done, JobError> {
        // Read when the job runs, which may be long after the change that it follows from.
        let account = context.ports.db.read().await?.users().find(self.user).await?;
        let may_log_in = account.is_some_and(|account| !account.is_suspended());
        let moment = Timestamp::from_unix_micros(self.created_before);
        let created_before = if may_log_in { moment } else { moment.plus(CLOCK_SKEW) };
        context.ports.sessions.revoke_all(self.user, self.but, created_before).await?;
        Ok(Done::Moot)
    }
}

#[cfg(test)]
mod tests;
