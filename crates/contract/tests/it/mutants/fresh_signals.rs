//! Signals of queues with one fault.

use std::time::Duration;

use async_trait::async_trait;
use fm_domain::jobs::JobSignal;
use fm_memory::MemoryJobSignal;

/// A signal that is never given.
pub(crate) struct Sleeper;

#[async_trait]
impl JobSignal for Sleeper {
    async fn wait(&self, at_most: Duration) -> bool {
        tokio::time::sleep(at_most).await;
        false
    }
}

/// A signal that reaches only the workers that wait when it is given.
pub(crate) struct Deaf(pub(crate) MemoryJobSignal);

#[async_trait]
impl JobSignal for Deaf {
    async fn wait(&self, at_most: Duration) -> bool {
        self.0.wait(Duration::ZERO).await;
        self.0.wait(at_most).await
    }
}
