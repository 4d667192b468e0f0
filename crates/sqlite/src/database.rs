//! The database as the domain sees it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_streaming::{CheckoutMeter, PoolUse};
use tokio::sync::{Mutex, mpsc, oneshot, watch};

use crate::error::{hung_up, store_error};
use crate::open::{Location, OpenSqlite, REQUEST_LOCK_WAIT};
use crate::readers::Readers;
use crate::signal::SqliteJobSignal;
use crate::turns::Turns;
use crate::unit_of_work::SqliteUnitOfWork;
use crate::writer::{IDLE_LIMIT, Request, Writer};

/// A SQLite database in one file. Clones are the same database; when the last is dropped its threads end.
#[derive(Clone)]
pub struct SqliteDatabase {
    core: Arc<Core>,
}

struct Core {
    location: Location,
    requests: async_channel::Sender<Request>,
    readers: Arc<Readers>,
    commits: watch::Receiver<u64>,
    /// Waits for the writer.
    turns: CheckoutMeter,
    /// Which user's job is claimed next.
    job_turns: Turns,
    is_writing: Arc<AtomicBool>,
    /// Ends when all threads have ended: the writer is the last one.
    threads: Mutex<mpsc::Receiver<()>>,
}

impl SqliteDatabase {
    /// Opens the database at `path`, and makes the file (mode 0600) and its folder (mode 0700) where they are missing.
    /// It does not run migrations: see [`crate::migrate`]. Blocks on the file system. A file that another process has locked is waited
    /// for as long as clients wait ([`REQUEST_LOCK_WAIT`]).
    pub fn open(path: &Path) -> Result<Self, OpenSqlite> {
        Self::open_waiting(path, REQUEST_LOCK_WAIT)
    }

    /// The same, with a limit of its own on how long a file that another process has locked is waited for, each time: by each unit of
    /// work and each change.
    pub fn open_waiting(path: &Path, lock_wait: Duration) -> Result<Self, OpenSqlite> {
        Self::open_with(path, lock_wait, IDLE_LIMIT)
    }

    /// Opens it with a limit of its own, too, on how long a unit of work may be idle.
    pub(crate) fn open_with(
        path: &Path,
        lock_wait: Duration,
        idle_limit: Duration,
    ) -> Result<Self, OpenSqlite> {
        let location = Location::prepare(path, lock_wait)?;
        let (alive, threads) = mpsc::channel(1);
        let (reading, readers_ended) = mpsc::channel(1);
        let (signals, commits) = watch::channel(0);
        let (requests, served) = async_channel::unbounded();
        let is_writing = Arc::new(AtomicBool::new(false));
        // From here on a failure drops what was started, which ends it.
        let core = Core {
            readers: Arc::new(Readers::start(&location, reader_count(), &reading)?),
            requests,
            commits,
            turns: CheckoutMeter::default(),
            job_turns: Turns::default(),
            is_writing: Arc::clone(&is_writing),
            threads: Mutex::new(threads),
            location,
        };
        Writer::start(&core.location, served, signals, is_writing, idle_limit, readers_ended, alive)?;
        Ok(Self { core: Arc::new(core) })
    }

    /// Tells of jobs that were committed through this database.
    #[must_use]
    pub fn job_signal(&self) -> SqliteJobSignal {
        SqliteJobSignal::new(self.core.commits.clone())
    }

    /// How the one connection that writes is used now, and how long units and changes wait for their turn at it.
    #[must_use]
    pub fn writer_use(&self) -> PoolUse {
        self.core.turns.pool_use(1, 1, u64::from(self.core.is_writing.load(Ordering::Relaxed)))
    }

    /// Ends in good order: takes no more calls, waits until the open unit of work and all that waits are done, and
    /// until the file is closed. Later calls are [`PortError::Unavailable`]. Without it nothing that was committed
    /// is lost either.
    pub async fn close(&self) {
        self.core.requests.close();
        self.core.readers.close();
        while self.core.threads.lock().await.recv().await.is_some() {}
    }

    /// A unit of work that has not begun.
    pub(crate) fn unit(&self) -> PortResult<SqliteUnitOfWork> {
        SqliteUnitOfWork::new(&self.core.requests, &self.core.turns, &self.core.job_turns)
    }

    pub(crate) fn location(&self) -> &Location {
        &self.core.location
    }

    /// Reads, each by one of the readers.
    pub(crate) fn reads(&self) -> SqliteReadRepos {
        SqliteReadRepos { readers: Arc::clone(&self.core.readers) }
    }

    /// Asks one of the readers.
    pub(crate) async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut SqliteConnection) -> PortResult<R> + Send + 'static,
    ) -> PortResult<R> {
        self.core.readers.ask(question).await
    }

    /// Makes one change in a transaction of its own; `Ok` means durable.
    pub(crate) async fn change<R: Send + 'static>(
        &self,
        change: impl FnOnce(&mut SqliteConnection) -> PortResult<R> + Send + 'static,
    ) -> PortResult<R> {
        let (reply, answer) = oneshot::channel();
        let waiting = self.core.turns.begin();
        let request = Request::Change(Box::new(move |writer| {
            drop(waiting);
            if !reply.is_closed() {
                reply.send(writer.change(change)).ok();
            }
        }));
        self.core.requests.try_send(request).map_err(|_closed| hung_up())?;
        answer.await.map_err(|_gone| hung_up())?
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.requests.close();
        self.readers.close();
    }
}

/// One reader keeps a core busy; more than a few only take memory.
fn reader_count() -> usize {
    available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8)
}

#[async_trait]
impl Database for SqliteDatabase {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        Ok(Box::new(self.unit()?))
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        Ok(Box::new(self.reads()))
    }

    async fn ping(&self) -> PortResult<()> {
        let path = self.core.location.path().to_owned();
        self.ask(move |connection| {
            // An open file goes on working after it was removed, until it is closed and everything is gone.
            std::fs::metadata(path).map_err(|error| PortError::Unavailable(Box::new(error)))?;
            diesel::sql_query("SELECT 1 FROM sqlite_schema LIMIT 1")
                .execute(connection)
                .map(|_rows| ())
                .map_err(store_error)
        })
        .await
    }
}

/// Reads from SQLite. Each sees all that was committed before it.
pub struct SqliteReadRepos {
    readers: Arc<Readers>,
}

impl SqliteReadRepos {
    pub(crate) async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut SqliteConnection) -> PortResult<R> + Send + 'static,
    ) -> PortResult<R> {
        self.readers.ask(question).await
    }
}
