//! Connections that many point reads share.
//!
//! A question is sent as soon as it is asked, whether or not those before it were answered (PostgreSQL answers in
//! order), and questions that come together leave in one system call. Nothing that locks, waits or takes long may be
//! asked here, for it would hold up the others. A future that is dropped leaves nothing behind: its answer is thrown
//! away when it comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use fm_domain::error::{PortError, PortResult};
use tokio::sync::Mutex;
use tokio::task::{AbortHandle, JoinSet};

use crate::address::PgAddress;
use crate::error::{from_diesel, is_loss};
use crate::pool::in_time;
use crate::timing::{SETUP, UNANSWERED};

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
    /// How often the connection could not be made.
    failures: AtomicUsize,
}

impl Slot {
    fn living(&self) -> Option<Arc<Shared>> {
        let current = self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        current.as_ref().filter(|shared| !shared.is_closed()).map(Arc::clone)
    }

    fn keep(&self, shared: Arc<Shared>) {
        *self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(shared);
    }

    fn forget_any(&self) {
        *self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }

    /// Forgets a connection, unless another has taken its place already.
    fn forget(&self, lost: &Arc<Shared>) {
        let mut current = self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if current.as_ref().is_some_and(|shared| Arc::ptr_eq(shared, lost)) {
            *current = None;
        }
    }
}

/// A question under way.
struct Asked<'a> {
    slot: &'a Slot,
    shared: &'a Arc<Shared>,
    since: Instant,
    is_answered: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if !self.is_answered && self.since.elapsed() >= UNANSWERED {
            self.slot.forget(self.shared);
        }
    }
}

/// The number of this thread, counted in the order in which threads ask for theirs.
pub(crate) fn thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

/// A few connections, of which each thread always asks the same: the task that drives it runs where the question was asked,
/// and an answer wakes no other thread. A broken one is replaced when it is asked next.
pub(crate) struct SharedConnections {
    address: PgAddress,
    setup: Arc<str>,
    slots: Vec<Slot>,
}

impl SharedConnections {
    pub(crate) fn new(address: PgAddress, setup: Arc<str>, count: usize) -> Self {
        let slots = std::iter::repeat_with(Slot::default).take(count).collect();
        Self { address, setup, slots }
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
        let Some(slot) = self.slots.get(thread() % self.slots.len().max(1)) else {
            return Err(PortError::Unexpected("no connections".into()));
        };
        for last in [false, true] {
            let shared = self.connect(slot).await?;
            let mut asked = Asked { slot, shared: &shared, since: Instant::now(), is_answered: false };
            let answered = tokio::time::timeout(limit, question(Arc::clone(&shared))).await;
            asked.is_answered = true;
            drop(asked);
            match answered {
                Ok(Err(error)) if is_loss(&error) => {
                    shared.driver.abort();
                    slot.forget(&shared);
                    if last {
                        return Err(from_diesel(error));
                    }
                }
                Ok(answer) => return answer.map_err(from_diesel),
                Err(elapsed) => {
                    // A server that hangs stops every question on its connections.
                    self.slots.iter().for_each(Slot::forget_any);
                    return Err(PortError::Unavailable(Box::new(elapsed)));
                }
            }
        }
        Err(PortError::Unavailable("the connection was lost twice".into()))
    }

    /// One question makes the connection, and others wait for the outcome: were each to try in turn, the last would
    /// wait for as many walks over hosts that hang.
    async fn connect(&self, slot: &Slot) -> PortResult<Arc<Shared>> {
        if let Some(shared) = slot.living() {
            return Ok(shared);
        }
        let failures = slot.failures.load(Ordering::SeqCst);
        // Where questions are dropped while they connect, the one after them begins anew.
        let limit = self.address.longest_connect().saturating_mul(2);
        let made = tokio::time::timeout(limit, async {
            let _one_at_a_time = slot.connecting.lock().await;
            if let Some(shared) = slot.living() {
                return Ok(shared);
            }
            if slot.failures.load(Ordering::SeqCst) != failures {
                return Err(PortError::Unavailable("the connection that was waited for was not made".into()));
            }
            let shared = self.open().await.inspect_err(|_| {
                slot.failures.fetch_add(1, Ordering::SeqCst);
            })?;
            let shared = Arc::new(shared);
            slot.keep(Arc::clone(&shared));
            Ok(shared)
        });
        made.await.unwrap_or_else(|elapsed| Err(PortError::Unavailable(Box::new(elapsed))))
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
        let connection = in_time(SETUP, ready).await;
        let connection = connection.map_err(|error| PortError::Unavailable(Box::new(error)))?;
        Ok(Shared { connection, driver, _tasks: tasks })
    }
}
