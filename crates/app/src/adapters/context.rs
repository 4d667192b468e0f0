//! What adapters are opened with.

use std::path::PathBuf;
use std::sync::Arc;

use fm_domain::clock::Clock;
use fm_metrics::Metrics;
use fm_redis::RedisClient;
use fm_streaming::{BufferBudget, PoolUse};

use crate::lifecycle::ShutdownHooks;

/// What a command needs of the adapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To answer clients, with copies of sessions for which it listens to other nodes.
    Serve,
    /// To run jobs or to change what is stored.
    Work,
    /// To look at what is there: nothing is migrated, created or tidied up.
    Look,
}

impl Purpose {
    /// Whether the command may change what is there.
    #[must_use]
    pub fn changes(self) -> bool {
        self != Self::Look
    }
}

/// What adapters are opened with, on the runtime that they live on.
#[non_exhaustive]
pub struct OpenContext {
    /// What the command needs of them.
    pub purpose: Purpose,
    /// `DATA_DIR`: home of what is stored on this machine. It may not exist yet.
    pub data_dir: PathBuf,
    /// `DATABASE_POOL_SIZE`: connections to the database at most.
    pub database_pool_size: usize,
    /// What stands before the names of the adapter's variables: `FALLBACK_` for the store that blobs are moved from.
    pub prefix: &'static str,
    /// The memory that the buffers of all uploads come out of.
    pub budget: BufferBudget,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where the numbers of adapters go.
    pub(crate) metrics: Arc<Metrics>,
    /// The server of `REDIS_URL`.
    pub(crate) redis: Option<RedisClient>,
    /// What runs when the process ends and nothing uses the adapters any more.
    pub shutdown: ShutdownHooks,
}

impl OpenContext {
    /// The whole name of a variable that the adapter has read, for messages.
    #[must_use]
    pub fn variable(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Has the metrics tell how the connections of the database are used: `read` is called whenever Prometheus asks.
    pub fn watch_pool(&self, read: impl Fn() -> PoolUse + Send + Sync + 'static) {
        self.metrics.watch_pool(read);
    }
}
