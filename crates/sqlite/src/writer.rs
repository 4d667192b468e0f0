//! The one thread that writes.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use fm_domain::error::PortResult;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{begin_error, connect_error, store_error};
use crate::open::{Location, OpenSqlite};
use crate::seal::refuse_sealed;
use crate::turnstile::Turnstile;

/// How long a unit of work may ask for nothing before it is rolled back, so that a forgotten one can't stop all others.
pub(crate) const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// What a unit of work asks for within its turn, or why that could not begin: it answers by itself, and breaks when the
/// turn is over.
pub(crate) type Operation = Box<dyn FnOnce(PortResult<&mut SqliteConnection>) -> ControlFlow<()> + Send>;

/// What waits for the writer.
pub(crate) enum Request {
    /// A unit of work: its first operation, and a channel of its next steps, which closes when the unit is dropped.
    Unit(Operation, Receiver<Step>),
    /// One change, in a transaction of its own.
    Change(Box<dyn FnOnce(&mut Writer) + Send>),
}

/// One thing that a unit of work asks for.
pub(crate) enum Step {
    /// Some statements.
    Run(Operation),
    /// The end, for good. Wakes the workers when the unit enqueued a job.
    Commit { wakes: bool, reply: oneshot::Sender<PortResult<()>> },
    /// The end, for nothing.
    Rollback { reply: oneshot::Sender<()> },
}

/// Serves one unit of work after the other, in the order they came.
pub(crate) struct Writer {
    location: Location,
    /// Open from one unit to the next, with its prepared statements; `None` after something went so wrong that its
    /// state is in doubt.
    connection: Option<SqliteConnection>,
    turnstile: Turnstile,
    requests: async_channel::Receiver<Request>,
    commits: watch::Sender<u64>,
    /// Whether a request is being served.
    is_writing: Arc<AtomicBool>,
    idle_limit: Duration,
    /// Ends when all readers have ended.
    readers_ended: mpsc::Receiver<()>,
    _alive: mpsc::Sender<()>,
}

impl Writer {
    /// Starts the thread. It ends after the readers, holds `alive` until then, and counts on `commits` those that added jobs.
    pub(crate) fn start(
        location: &Location,
        requests: async_channel::Receiver<Request>,
        commits: watch::Sender<u64>,
        is_writing: Arc<AtomicBool>,
        idle_limit: Duration,
        readers_ended: mpsc::Receiver<()>,
        alive: mpsc::Sender<()>,
    ) -> Result<(), OpenSqlite> {
        let mut writer = Self {
            location: location.clone(),
            connection: Some(location.connect().map_err(|error| location.refused(error))?),
            turnstile: Turnstile::of(location.path()),
            requests,
            commits,
            is_writing,
            idle_limit,
            readers_ended,
            _alive: alive,
        };
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(OpenSqlite::Thread)?;
        Ok(())
    }

    fn run(&mut self) {
        // Should this thread ever die, waiting callers must learn of it rather than wait for ever.
        let _last_act = AbandonOnDrop(self.requests.clone());
        while let Ok(request) = self.requests.recv_blocking() {
            self.is_writing.store(true, Ordering::Relaxed);
            let served = catch_unwind(AssertUnwindSafe(|| match request {
                Request::Unit(first, steps) => self.serve(first, &steps),
                Request::Change(change) => change(self),
            }));
            self.is_writing.store(false, Ordering::Relaxed);
            if served.is_err() {
                // Closing the connection rolls back whatever the panic left behind.
                self.connection = None;
            }
        }
        // The last one to close the file takes the log into it; of two that close it at once neither may.
        while self.readers_ended.blocking_recv().is_some() {}
    }

    fn serve(&mut self, first: Operation, steps: &Receiver<Step>) {
        if let Err(failure) = self.begin_unit() {
            let _it_ends: ControlFlow<()> = first(Err(failure));
            return;
        }
        let mut next = Ok(Step::Run(first));
        loop {
            match next {
                Ok(Step::Run(operation)) => {
                    let Some(connection) = &mut self.connection else { return };
                    if operation(Ok(connection)).is_break() {
                        return self.rollback();
                    }
                }
                Ok(Step::Commit { wakes, reply }) => {
                    let committed = self.commit();
                    if committed.is_ok() && wakes {
                        self.commits.send_modify(|count| *count = count.wrapping_add(1));
                    }
                    // A caller that stopped waiting reads back: the unit is committed wholly or not at all.
                    reply.send(committed).ok();
                    return;
                }
                Ok(Step::Rollback { reply }) => {
                    self.rollback();
                    reply.send(()).ok();
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return self.rollback(),
                Err(RecvTimeoutError::Timeout) => {
                    let idle_limit = self.idle_limit;
                    tracing::error!("a unit of work stayed idle for {idle_limit:?} and was rolled back");
                    return self.rollback();
                }
            }
            next = steps.recv_timeout(self.idle_limit);
        }
    }

    /// Makes one change in a transaction of its own.
    pub(crate) fn change<R>(
        &mut self,
        change: impl FnOnce(&mut SqliteConnection) -> PortResult<R>,
    ) -> PortResult<R> {
        self.begin()?;
        let changed = self.connection().and_then(change);
        match changed {
            Ok(answer) => self.commit().map(|()| answer),
            Err(error) => {
                self.rollback();
                Err(error)
            }
        }
    }

    /// Begins a unit of work, of which a sealed database takes none.
    fn begin_unit(&mut self) -> PortResult<()> {
        self.begin()?;
        let open = self.connection().and_then(refuse_sealed);
        if open.is_err() {
            self.rollback();
        }
        open
    }

    fn begin(&mut self) -> PortResult<()> {
        let connection = opened(&mut self.connection, &self.location)?;
        let begun = self.turnstile.pass(|| connection.batch_execute("BEGIN IMMEDIATE"));
        if begun.is_err() {
            self.connection = None;
        }
        begun.map_err(|error| begin_error(error, &self.location))
    }

    fn commit(&mut self) -> PortResult<()> {
        let committed = self.connection()?.batch_execute("COMMIT").map_err(store_error);
        if committed.is_err() {
            self.rollback();
        }
        committed
    }

    /// Undoes everything. SQLite itself may have done so after a failure; a connection of which that is not certain
    /// is closed, which undoes everything too.
    fn rollback(&mut self) {
        let undone = self.connection.as_mut().map(|connection| connection.batch_execute("ROLLBACK"));
        if let Some(Err(_in_doubt)) = undone {
            self.connection = None;
        }
    }

    fn connection(&mut self) -> PortResult<&mut SqliteConnection> {
        opened(&mut self.connection, &self.location)
    }
}

/// The connection, opened anew where there is none.
fn opened<'c>(
    connection: &'c mut Option<SqliteConnection>,
    location: &Location,
) -> PortResult<&'c mut SqliteConnection> {
    let opened = match connection.take() {
        Some(opened) => opened,
        None => location.connect().map_err(|error| connect_error(error, location))?,
    };
    Ok(connection.insert(opened))
}

/// Drops the waiting requests when the thread that serves them ends, in whatever way: a closed channel keeps them as
/// long as there are senders.
struct AbandonOnDrop(async_channel::Receiver<Request>);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        self.0.close();
        while self.0.try_recv().is_ok() {}
    }
}

#[cfg(test)]
mod tests;
