//! Rate limits.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_contract::{Impossible, RateLimiterHarness};
use fm_domain::limits::RateLimiter;
use fm_redis::RedisRateLimiter;

use super::Server;

/// Limits on one server.
struct Limits {
    server: Server,
    limiter: Arc<RedisRateLimiter>,
}

impl Limits {
    fn on(server: Server) -> Self {
        Self { limiter: Arc::new(RedisRateLimiter::new(server.client())), server }
    }
}

#[async_trait]
impl RateLimiterHarness for Limits {
    async fn fresh() -> Self {
        Self::on(Server::start())
    }

    fn limiter(&self) -> Arc<dyn RateLimiter> {
        self.limiter.clone()
    }

    async fn pass(&self, time: Duration) {
        // The clock is that of Redis.
        tokio::time::sleep(time).await;
    }

    async fn stored_keys(&self) -> usize {
        self.server.keys().await.len()
    }

    async fn another_node(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        Ok(Arc::new(RedisRateLimiter::new(self.server.client())))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.server.kill();
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        Ok(Arc::new(RedisRateLimiter::new(self.server.stranger())))
    }
}

/// Limits on a cluster of three nodes.
struct ClusteredLimits(Limits);

#[async_trait]
impl RateLimiterHarness for ClusteredLimits {
    async fn fresh() -> Self {
        Self(Limits::on(Server::start_cluster()))
    }

    fn limiter(&self) -> Arc<dyn RateLimiter> {
        self.0.limiter()
    }

    async fn pass(&self, time: Duration) {
        self.0.pass(time).await;
    }

    async fn stored_keys(&self) -> usize {
        self.0.stored_keys().await
    }

    async fn another_node(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        self.0.another_node().await
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        self.0.with_wrong_credentials()
    }
}

mod rate_limiter {
    fm_contract::rate_limiter!(super::Limits);
}

mod rate_limiter_on_a_cluster {
    fm_contract::rate_limiter!(super::ClusteredLimits);
}
