//! How long a session lives.

use std::time::Duration;

use crate::ports::Settings;
use fm_domain::clock::Timestamp;
use fm_domain::ids::SessionId;
use fm_domain::sessions::Session;

/// How long a session lives: so long after its latest refresh, and never longer than so long after its login.
pub(super) struct SessionLifetime {
    idle: Duration,
    whole: Option<Duration>,
}

impl SessionLifetime {
    pub(super) const fn new(settings: &Settings) -> Self {
        Self { idle: settings.refresh_token_ttl, whole: settings.session_max_ttl }
    }

    /// When a session that began at `created_at` and is opened or refreshed at `now` ends.
    pub(super) fn end(&self, created_at: Timestamp, now: Timestamp) -> Timestamp {
        let idle = now.plus(self.idle);
        self.whole.map_or(idle, |whole| idle.min(created_at.plus(whole)))
    }
}

/// Orders sessions by their latest use: of too many the first ones go.
pub(super) const fn last_use(session: &Session) -> (Timestamp, Timestamp, SessionId) {
    (session.last_seen_at, session.created_at, session.id)
}
