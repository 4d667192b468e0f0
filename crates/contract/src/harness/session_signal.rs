//! What a team that writes a signal of sessions has to provide.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::sessions::SessionSignal;

use super::Impossible;

/// A signal that no other test uses.
#[async_trait]
pub trait SessionSignalHarness: Send + Sync + Sized + 'static {
    /// A signal.
    async fn fresh() -> Self;

    /// The signal.
    fn signal(&self) -> Arc<dyn SessionSignal>;

    /// A second adapter on the same signal that shares no memory with the first, as on another node.
    async fn another_node(&self) -> Result<Arc<dyn SessionSignal>, Impossible>;

    /// Takes away for good what carries the signal.
    async fn break_it(&self) -> Result<(), Impossible>;
}
