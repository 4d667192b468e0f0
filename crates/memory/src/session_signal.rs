//! The signal that sessions ended, inside of one process.

use std::sync::Weak;

use async_trait::async_trait;
use fm_domain::error::PortResult;
use fm_domain::sessions::{EndedSessions, SessionListener, SessionListeners, SessionSignal};

/// Tells the listeners of this process, before it answers.
pub struct MemorySessionSignal(SessionListeners);

impl MemorySessionSignal {
    /// A signal without listeners.
    #[must_use]
    pub fn new() -> Self {
        let listeners = SessionListeners::default();
        listeners.set_connected(true);
        Self(listeners)
    }
}

impl Default for MemorySessionSignal {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl SessionSignal for MemorySessionSignal {
    async fn publish(&self, ended: EndedSessions) -> PortResult<()> {
        self.0.tell(ended);
        Ok(())
    }

    fn subscribe(&self, listener: Weak<dyn SessionListener>) {
        self.0.add(listener);
    }
}
