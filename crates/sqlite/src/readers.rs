//! The threads that read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use async_channel::{Receiver, Sender, unbounded};
use diesel::SqliteConnection;
use fm_domain::error::PortResult;
use tokio::sync::{mpsc, oneshot};

use crate::error::{connect_error, hung_up};
use crate::open::{Location, OpenSqlite};

type Question = Box<dyn FnOnce(PortResult<&mut SqliteConnection>) + Send>;

/// A few threads, each with a connection of its own. A question goes to whichever is free.
pub(crate) struct Readers {
    questions: Sender<Question>,
}

impl Readers {
    /// Starts `count` threads. Each holds `alive` until it ends.
    pub(crate) fn start(
        location: &Location,
        count: usize,
        alive: &mpsc::Sender<()>,
    ) -> Result<Self, OpenSqlite> {
        let (sender, questions) = unbounded();
        // From here on a failure closes the channel, which ends the threads that were started.
        let readers = Self { questions: sender };
        for _ in 0..count {
            let mut reader = Reader {
                location: location.clone(),
                connection: Some(location.connect_to_read().map_err(|error| location.refused(error))?),
                questions: questions.clone(),
                _alive: alive.clone(),
            };
            thread::Builder::new()
                .name("sqlite-reader".to_owned())
                .spawn(move || reader.run())
                .map_err(OpenSqlite::Thread)?;
        }
        Ok(readers)
    }

    /// Asks, and waits for the answer. A question whose caller has stopped waiting is not asked.
    pub(crate) async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut SqliteConnection) -> PortResult<R> + Send + 'static,
    ) -> PortResult<R> {
        let (reply, answer) = oneshot::channel();
        let question: Question = Box::new(move |connection| {
            if !reply.is_closed() {
                // The caller may have stopped waiting meanwhile: the answer is dropped then.
                reply.send(connection.and_then(question)).ok();
            }
        });
        self.questions.try_send(question).map_err(|_closed| hung_up())?;
        answer.await.map_err(|_gone| hung_up())?
    }

    /// Takes no more questions; the threads end with the last of those that wait.
    pub(crate) fn close(&self) {
        self.questions.close();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.close();
    }
}

struct Reader {
    location: Location,
    connection: Option<SqliteConnection>,
    questions: Receiver<Question>,
    _alive: mpsc::Sender<()>,
}

impl Reader {
    fn run(&mut self) {
        while let Ok(question) = self.questions.recv_blocking() {
            if catch_unwind(AssertUnwindSafe(|| question(self.connection()))).is_err() {
                // The panic may have left it in any state.
                self.connection = None;
            }
        }
    }

    fn connection(&mut self) -> PortResult<&mut SqliteConnection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.location.connect_to_read().map_err(|error| connect_error(error, &self.location))?,
        };
        Ok(self.connection.insert(connection))
    }
}
