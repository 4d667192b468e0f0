//! Redis.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::sessions::{SessionSignal, SessionStore};
use fm_redis::{RedisSessionSignal, RedisSessionStore};

use super::{OpenContext, OpenDatabase, SessionStoreFactory};
use crate::StartError;
use crate::config::{Reader, Variable};

/// `SESSION_STORE=redis`: sessions in the server of `REDIS_URL`.
#[derive(Debug, Clone, Copy)]
pub struct RedisSessions;

#[async_trait]
impl SessionStoreFactory for RedisSessions {
    fn name() -> &'static str {
        "redis"
    }

    fn variables() -> Vec<Variable> {
        vec![Variable::secret("REDIS_URL")]
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        // The section of the storage reads it.
        reader.require_named("REDIS_URL");
        Self
    }

    async fn open(
        &self,
        context: &mut OpenContext,
        _: &OpenDatabase,
    ) -> Result<Arc<dyn SessionStore>, StartError> {
        let redis = context.redis.clone().ok_or_else(|| {
            StartError::unworkable("SESSION_STORE=redis", "there is no Redis", "set REDIS_URL")
        })?;
        redis
            .ping()
            .await
            .map_err(|source| StartError::adapter("the Redis of REDIS_URL can't be used", source))?;
        Ok(Arc::new(RedisSessionStore::new(redis)))
    }

    fn signal(&self, context: &OpenContext, _: &OpenDatabase) -> Option<Arc<dyn SessionSignal>> {
        let redis = context.redis.clone()?;
        Some(Arc::new(RedisSessionSignal::new(redis)))
    }
}
