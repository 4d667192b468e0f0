//! Connections that many point reads share.
//!
//! A question is sent as soon as it is asked, whether or not those before it were answered (PostgreSQL answers in
//! order), and questions that come together leave in one system call. Nothing that locks, waits or takes long may be
//! asked here, for it would hold up the others. A future that is dropped leaves nothing behind: its answer is thrown
//! away when it comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use fm_domain::error::{PortError, PortResult};
use tokio::sync::Mutex;
use tokio::task::{AbortHandle, JoinSet};

use crate::address::PgAddress;
use crate::error::{from_diesel, is_loss};
use crate::pool::in_time;

/// How long a question waits for a connection, also one that another question is just making. Without this limit each
/// question in turn would wait for a server that hangs.
const CONNECTING: Duration = Duration::from_secs(10);

/// One connection and the task that drives it, which ends when this is dropped.
pub(crate) struct Shared {
    connection: AsyncPgConnection,
    driver: AbortHandle,
    _tasks: JoinSet<()>,
}

impl Shared {
    fn is_closed(&self) -> bool {
        self.driver.is_finished()
    }
}

impl std::ops::Deref for Shared {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.connection
    }
}

#[derive(Default)]
struct Slot {
    current: std::sync::RwLock<Option<Arc<Shared>>>,
    connecting: Mutex<()>,
}

impl Slot {
    fn living(&self) -> Option<Arc<Shared>> {
        let current = self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        current.as_ref().filter(|shared| !shared.is_closed()).map(Arc::clone)
    }

    fn keep(&self, shared: Arc<Shared>) {
        *self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(shared);
    }

    /// Forgets a connection, unless another has taken its place already.
    fn forget(&self, lost: &Arc<Shared>) {
        let mut current = self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if current.as_ref().is_some_and(|shared| Arc::ptr_eq(shared, lost)) {
            *current = None;
        }
    }
}

/// A few connections, asked in turn. A broken one is replaced when it is asked next.
pub(crate) struct SharedConnections {
    address: PgAddress,
    setup: Arc<str>,
    slots: Vec<Slot>,
    turn: AtomicUsize,
}

impl SharedConnections {
    pub(crate) fn new(address: PgAddress, setup: Arc<str>, count: usize) -> Self {
        let slots = std::iter::repeat_with(Slot::default).take(count).collect();
        Self { address, setup, slots, turn: AtomicUsize::new(0) }
    }

    /// Asks a question that may be asked twice: when the connection turns out to be closed, it is asked once more,
    /// on a new one.
    pub(crate) async fn ask<T, A>(
        &self,
        limit: Duration,
        question: impl Fn(Arc<Shared>) -> A,
    ) -> PortResult<T>
    where
        A: Future<Output = QueryResult<T>>,
    {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let Some(slot) = self.slots.get(turn) else {
            return Err(PortError::Unexpected("no connections".into()));
        };
        for last in [false, true] {
            let shared = tokio::time::timeout(CONNECTING, self.connect(slot)).await;
            let shared = shared.map_err(|elapsed| PortError::Unavailable(Box::new(elapsed)))??;
            match tokio::time::timeout(limit, question(Arc::clone(&shared))).await {
                Ok(Err(error)) if is_loss(&error) => {
                    shared.driver.abort();
                    slot.forget(&shared);
                    if last {
                        return Err(from_diesel(error));
                    }
                }
                Ok(answer) => return answer.map_err(from_diesel),
                Err(elapsed) => {
                    // A server that hangs stops every question on the shared connection.
                    slot.forget(&shared);
                    return Err(PortError::Unavailable(Box::new(elapsed)));
                }
            }
        }
        Err(PortError::Unavailable("the connection was lost twice".into()))
    }

    async fn connect(&self, slot: &Slot) -> PortResult<Arc<Shared>> {
        if let Some(shared) = slot.living() {
            return Ok(shared);
        }
        let _one_at_a_time = slot.connecting.lock().await;
        if let Some(shared) = slot.living() {
            return Ok(shared);
        }
        let shared = Arc::new(self.open().await?);
        slot.keep(Arc::clone(&shared));
        Ok(shared)
    }

    async fn open(&self) -> PortResult<Shared> {
        let (client, connection) = self.address.open().await?;
        let mut tasks = JoinSet::new();
        let driver = tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(error = %error, "a shared connection to PostgreSQL was lost");
            }
        });
        let ready = async {
            let mut connection = AsyncPgConnection::try_from(client)
                .await
                .map_err(|error| diesel::result::Error::QueryBuilderError(Box::new(error)))?;
            connection.batch_execute(&self.setup).await?;
            Ok(connection)
        };
        let connection = in_time(Duration::from_secs(5), ready).await;
        let connection = connection.map_err(|error| PortError::Unavailable(Box::new(error)))?;
        Ok(Shared { connection, driver, _tasks: tasks })
    }
}
