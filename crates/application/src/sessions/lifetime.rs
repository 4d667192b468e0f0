//! How long a session lives.

use std::time::Duration;

use crate::ports::Settings;
use fm_domain::clock::Timestamp;

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
