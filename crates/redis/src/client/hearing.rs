//! What the tests of fail-overs hear of sessions.

use fm_domain::sessions::{EndedSessions, SessionListener};
use tokio::sync::watch;

/// Hears whether its signal is connected, and of which sessions it told.
#[derive(Default)]
pub(crate) struct Hearing {
    pub(crate) connected: watch::Sender<bool>,
    pub(crate) ended: watch::Sender<Option<EndedSessions>>,
}

impl SessionListener for Hearing {
    fn sessions_ended(&self, ended: EndedSessions) {
        self.ended.send_replace(Some(ended));
    }

    fn signal_connected(&self) {
        self.connected.send_replace(true);
    }

    fn signal_lost(&self) {
        self.connected.send_replace(false);
    }
}
