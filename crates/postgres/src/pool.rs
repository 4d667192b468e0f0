//! The connections.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use fm_domain::error::{PortError, PortResult};
use futures_util::FutureExt as _;

use crate::address::PgAddress;
use crate::error::{from_diesel, from_pool};
use crate::lease::PgLease;
use crate::shared::{Shared, SharedConnections};

/// How many connections there are, and how long they may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PgLimits {
    /// Pooled connections at most: units of work, lists and writes that run at the same time.
    pub pooled: usize,
    /// Connections that point reads share.
    pub shared: usize,
    /// How long a checkout waits for a free connection before it is [`PortError::Unavailable`].
    pub checkout: Duration,
    /// `statement_timeout`: how long the server works on one statement.
    pub statement: Duration,
    /// `idle_in_transaction_session_timeout`: how long a unit of work may lie idle.
    pub idle_in_transaction: Duration,
}

impl Default for PgLimits {
    fn default() -> Self {
        Self {
            pooled: 16,
            shared: 2,
            checkout: Duration::from_secs(5),
            statement: Duration::from_secs(15),
            idle_in_transaction: Duration::from_secs(30),
        }
    }
}

/// How long the answer to a statement may take beyond the server's own limit: only a server that hangs takes so long.
const ANSWER_GRACE: Duration = Duration::from_secs(5);

impl PgLimits {
    /// What every connection is told first. What an older server, or a user without the right to it, can't have is
    /// done without: noticing at once that a client hung up in the middle of a statement, and messages in English.
    fn setup(&self) -> String {
        format!(
            "SET statement_timeout = {statement}; SET idle_in_transaction_session_timeout = {idle}; \
             DO $$ BEGIN PERFORM set_config('client_connection_check_interval', '200ms', false); \
             EXCEPTION WHEN OTHERS THEN NULL; END $$; \
             DO $$ BEGIN PERFORM set_config('lc_messages', 'C', false); \
             EXCEPTION WHEN OTHERS THEN NULL; END $$",
            statement = self.statement.as_millis(),
            idle = self.idle_in_transaction.as_millis(),
        )
    }
}

/// All connections to one database, but for those that listen. Cheap to clone.
#[derive(Clone)]
pub struct PgPool {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool<AsyncPgConnection>,
    shared: SharedConnections,
    limits: PgLimits,
}

impl PgPool {
    /// Connections to `address`, each made when it is needed first.
    pub fn new(address: PgAddress, limits: PgLimits) -> PortResult<Self> {
        let setup: Arc<str> = limits.setup().into();
        let mut config = ManagerConfig::default();
        // Whether a connection was closed is seen without asking the server.
        config.recycling_method = RecyclingMethod::Fast;
        let (to, told) = (address.clone(), Arc::clone(&setup));
        config.custom_setup = Box::new(move |_no_url| {
            let (address, setup) = (to.clone(), Arc::clone(&told));
            async move { address.connect(&setup).await }.boxed()
        });
        // The manager keeps the URL it is given: it gets none, and so can't show one.
        let manager = AsyncDieselConnectionManager::new_with_config("", config);
        let built = Pool::builder(manager).max_size(limits.pooled.max(1)).build();
        let pool = built.map_err(|error| PortError::Unexpected(Box::new(error)))?;
        let shared = SharedConnections::new(address, setup, limits.shared.max(1));
        Ok(Self { inner: Arc::new(Inner { pool, shared, limits }) })
    }

    /// Takes a connection for oneself, or gives up in time.
    pub(crate) async fn lease(&self) -> PortResult<PgLease> {
        let connection = tokio::time::timeout(self.inner.limits.checkout, self.inner.pool.get()).await;
        let connection = connection.map_err(|elapsed| PortError::Unavailable(Box::new(elapsed)))?;
        Ok(PgLease::new(connection.map_err(from_pool)?, self.statement_limit()))
    }

    /// Asks a question on one of the connections that point reads share: it must neither lock nor take long, and
    /// may be asked twice.
    pub(crate) async fn ask<T, A>(&self, question: impl Fn(Arc<Shared>) -> A) -> PortResult<T>
    where
        A: Future<Output = QueryResult<T>>,
    {
        self.inner.shared.ask(self.statement_limit(), question).await
    }

    /// How many connections the pool holds: so many may have been broken without its knowledge.
    pub(crate) fn size(&self) -> usize {
        self.inner.pool.status().size
    }

    fn statement_limit(&self) -> Duration {
        self.inner.limits.statement.saturating_add(ANSWER_GRACE)
    }

    /// Asks the server for nothing but an answer.
    pub(crate) async fn ping(&self) -> PortResult<()> {
        let nothing = |shared: Arc<Shared>| async move { (&mut &**shared).batch_execute("").await };
        self.ask(nothing).await
    }
}

impl fmt::Debug for PgPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgPool").field("limits", &self.inner.limits).finish_non_exhaustive()
    }
}

/// The answer to a statement, if it comes in time.
pub(crate) async fn in_time<T>(
    limit: Duration,
    statement: impl Future<Output = QueryResult<T>>,
) -> PortResult<T> {
    match tokio::time::timeout(limit, statement).await {
        Ok(answer) => answer.map_err(from_diesel),
        Err(elapsed) => Err(PortError::Unavailable(Box::new(elapsed))),
    }
}
