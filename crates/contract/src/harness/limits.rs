//! What a team that writes a limiter has to provide.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::limits::RateLimiter;

use super::Impossible;

/// A limiter that has counted nothing yet.
#[async_trait]
pub trait RateLimiterHarness: Send + Sync + Sized + 'static {
    /// A limiter on a store that no other test uses.
    async fn fresh() -> Self;

    /// The limiter.
    fn limiter(&self) -> Arc<dyn RateLimiter>;

    /// Waits until this much time has passed by the clock of the limiter. A clock of the test's own is moved on; a clock
    /// that only the store has is waited for.
    async fn pass(&self, time: Duration);

    /// How many keys take room in the store.
    async fn stored_keys(&self) -> usize;

    /// A second adapter on the same store that shares no memory with the first, as on another node.
    async fn another_node(&self) -> Result<Arc<dyn RateLimiter>, Impossible>;

    /// Takes the store away for good. Every later call of every node has to fail as
    /// [`fm_domain::error::PortError::Unavailable`].
    async fn break_it(&self) -> Result<(), Impossible>;

    /// An adapter on the same store whose credentials the store refuses.
    fn with_wrong_credentials(&self) -> Result<Arc<dyn RateLimiter>, Impossible>;
}
