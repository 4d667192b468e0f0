//! The connections.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
use diesel::sql_types::Text;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use fm_streaming::{CheckoutMeter, PoolUse};
use futures_util::FutureExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::address::PgAddress;
use crate::error::{from_diesel, from_pool};
use crate::gather::Gathered;
use crate::lease::PgLease;
use crate::rows::UserRow;
use crate::shared::{Shared, SharedConnections};
use crate::sql::{statement, typed};
use crate::timing::ANSWER_GRACE;

const READ_ONLY: &str = "SELECT current_setting(?)";

/// How many connections there are, and how long they may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PgLimits {
    /// Pooled connections at most: units of work, lists and writes that run at the same time.
    pub pooled: usize,
    /// Connections that point reads share.
    pub shared: usize,
    /// How long a checkout waits until fewer than `pooled` connections are in use before it is
    /// [`PortError::Unavailable`]; as long as making one takes while one is being made.
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

impl PgLimits {
    /// What every connection is told first. Statements are short, so that compiling one costs more than running it, and a wrong
    /// estimate must not start that. Each has its index, and plans are kept: one that reads the whole table, as is cheapest while
    /// that is empty, would still do so among millions of rows. Statements of archives are about all rows, and undo that. What an
    /// older server, or a user without the right to it, can't have is done without: noticing at once that a client hung up in the
    /// middle of a statement, and messages in English.
    fn setup(&self) -> String {
        format!(
            "SET statement_timeout = {statement}; SET idle_in_transaction_session_timeout = {idle}; SET jit = off; \
             SET enable_seqscan = off; \
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
    address: PgAddress,
    pool: Pool<AsyncPgConnection>,
    /// As many as the pool has connections, so that the pool itself is never waited for: a checkout that waits for others
    /// has another limit than one that makes a connection.
    slots: Arc<Semaphore>,
    shared: SharedConnections,
    accounts: Gathered,
    limits: PgLimits,
    checkouts: CheckoutMeter,
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
        let most = limits.pooled.max(1);
        let built = Pool::builder(manager).max_size(most).build();
        let pool = built.map_err(|error| PortError::Unexpected(Box::new(error)))?;
        let shared = SharedConnections::new(address.clone(), setup, limits.shared.max(1));
        let accounts = Gathered::new(limits.shared.max(1));
        let slots = Arc::new(Semaphore::new(most));
        let checkouts = CheckoutMeter::default();
        Ok(Self { inner: Arc::new(Inner { address, pool, slots, shared, accounts, limits, checkouts }) })
    }

    /// Takes a connection for oneself, or gives up in time. A new connection takes as long as the walk over the hosts.
    pub(crate) async fn lease(&self) -> PortResult<PgLease> {
        let slot = {
            let _waiting = self.inner.checkouts.begin();
            self.slot().await?
        };
        Ok(PgLease::new(self.connection().await?, slot, self.statement_limit()))
    }

    /// A pooled connection, for one who has a slot.
    pub(crate) async fn connection(&self) -> PortResult<Object<AsyncPgConnection>> {
        self.inner.pool.get().await.map_err(from_pool)
    }

    async fn slot(&self) -> PortResult<OwnedSemaphorePermit> {
        let Inner { address, slots, limits, .. } = &*self.inner;
        let limit = if address.is_connecting() {
            limits.checkout.max(address.longest_connect())
        } else {
            limits.checkout
        };
        let slot = tokio::time::timeout(limit, Arc::clone(slots).acquire_owned()).await;
        let slot = slot.map_err(|elapsed| PortError::Unavailable(Box::new(elapsed)))?;
        slot.map_err(|closed| PortError::Unexpected(Box::new(closed)))
    }

    /// Closes the pooled connections that no caller has: the server left one of them without an answer.
    pub(crate) fn close_idle(&self) {
        self.inner.pool.retain(|_, _| false);
    }

    /// Asks a question on one of the connections that point reads share: it must neither lock nor take long, and
    /// may be asked twice.
    pub(crate) async fn ask<T, A>(&self, question: impl Fn(Arc<Shared>) -> A) -> PortResult<T>
    where
        A: Future<Output = QueryResult<T>>,
    {
        self.inner.shared.ask(self.statement_limit(), question).await
    }

    /// The row of a user who is not marked as removed, asked for together with others.
    pub(crate) async fn account(&self, id: UserId) -> PortResult<Option<UserRow>> {
        self.inner.accounts.find(self, id).await
    }

    /// How the pooled connections are used now. Waits are those for fewer than `pooled` in use, not for a new connection.
    #[must_use]
    pub fn pool_use(&self) -> PoolUse {
        let Inner { slots, limits, checkouts, .. } = &*self.inner;
        let limit = limits.pooled.max(1);
        let in_use = limit.saturating_sub(slots.available_permits());
        checkouts.pool_use(limit as u64, self.size() as u64, in_use as u64)
    }

    /// How many connections the pool holds: so many may have been broken without its knowledge.
    pub(crate) fn size(&self) -> usize {
        self.inner.pool.status().size
    }

    fn statement_limit(&self) -> Duration {
        self.inner.limits.statement.saturating_add(ANSWER_GRACE)
    }

    /// Asks whether the server takes writes: a standby does not, nor a primary that is told not to.
    pub(crate) async fn ping(&self) -> PortResult<()> {
        let setting = |shared: Arc<Shared>| async move {
            let question = statement::<(Text,), _>(READ_ONLY, (typed::<Text, _>("transaction_read_only"),));
            question.get_result::<(String,)>(&mut &**shared).await
        };
        let (is_read_only,) = self.ask(setting).await?;
        if is_read_only == "on" {
            return Err(PortError::Unavailable(
                "the database takes no writes: it is a standby, or default_transaction_read_only is on"
                    .into(),
            ));
        }
        Ok(())
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
