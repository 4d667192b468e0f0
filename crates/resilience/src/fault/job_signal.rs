//! The signal of the queue.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::error::PortError;
use fm_domain::jobs::JobSignal;
use tokio::time::{Instant, sleep_until};

use super::{Faults, Operation};

/// A signal with faults. It has no error to answer with: one that fails wakes for nothing, one whose answer is lost
/// ends at its time.
pub struct FaultyJobSignal {
    inner: Arc<dyn JobSignal>,
    faults: Faults,
}

impl FaultyJobSignal {
    /// `inner`, with whatever is planned in `faults`.
    #[must_use]
    pub fn new(inner: Arc<dyn JobSignal>, faults: &Faults) -> Self {
        Self { inner, faults: faults.clone() }
    }
}

#[async_trait]
impl JobSignal for FaultyJobSignal {
    async fn wait(&self, at_most: Duration) -> bool {
        let end = Instant::now() + at_most;
        let Ok(passage) = self.faults.enter(Operation::JobSignalWait).await else { return false };
        let heard = self.inner.wait(at_most).await;
        let told = passage.leave(Ok::<_, PortError>(heard)).await;
        if told.is_err() {
            sleep_until(end).await;
        }
        told.unwrap_or(false)
    }
}
