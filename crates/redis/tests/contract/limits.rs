//! Rate limits.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_contract::{Impossible, RateLimiterHarness};
use fm_domain::limits::RateLimiter;
use fm_redis::RedisRateLimiter;

use super::Server;
use fm_testkit::redis::RedisServer;

/// Limits on a cluster of one node, which is as strict about keys as one of many.
struct Limits {
    server: Server,
    limiter: Arc<RedisRateLimiter>,
}

#[async_trait]
impl RateLimiterHarness for Limits {
    async fn fresh() -> Self {
        let server = Server::new(RedisServer::start_cluster());
        Self { limiter: Arc::new(RedisRateLimiter::new(server.client())), server }
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

mod rate_limiter {
    fm_contract::rate_limiter!(super::Limits);
}
