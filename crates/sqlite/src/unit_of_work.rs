//! The unit of work: a turn at the writer.

use std::ops::ControlFlow;
use std::sync::mpsc::{Sender, channel};

use async_trait::async_trait;
use diesel::SqliteConnection;
use fm_domain::blob::BlobRepo;
use fm_domain::file::FileRepo;
use fm_domain::idempotency::KeyRepo;
use fm_domain::job::JobQueue;
use fm_domain::store::{Repos, StoreError, Stored, UnitOfWork};
use fm_domain::upload::UploadRepo;
use fm_domain::user::UserRepo;
use tokio::sync::oneshot;

use crate::error::hung_up;
use crate::queue::Queue;
use crate::writer::{Request, Step};

/// A unit of work in SQLite. It is the only one that is open: others wait for their turn.
#[derive(Debug)]
pub struct SqliteUnitOfWork {
    /// Dropping it is what tells the writer to roll back.
    steps: Sender<Step>,
    /// A statement failed, or its caller did not wait for what became of it.
    failed: bool,
    /// There is a reason to wake workers.
    pub(crate) enqueued: bool,
}

impl SqliteUnitOfWork {
    /// Asks for a turn. The first statement waits for it, and learns if it could not begin: waking the caller only to
    /// hear of that statement costs more than most of them. Whoever drops the unit gives its turn up.
    pub(crate) fn begin(requests: &Queue<Request>) -> Stored<Self> {
        let (steps, asked) = channel();
        if requests.push(Request::Turn(asked)) {
            Ok(Self { steps, failed: false, enqueued: false })
        } else {
            Err(hung_up())
        }
    }

    /// Runs statements on the writer. An error poisons the unit, and so does a caller who stops waiting: nobody could
    /// say then what became of the statement.
    pub(crate) async fn run<R: Send + 'static>(
        &mut self,
        statements: impl FnOnce(&mut SqliteConnection) -> Stored<R> + Send + 'static,
    ) -> Stored<R> {
        if self.failed {
            return Err(StoreError::Poisoned);
        }
        self.failed = true;
        let (reply, answer) = oneshot::channel();
        let operation = Box::new(move |connection: Stored<&mut SqliteConnection>| {
            if reply.is_closed() {
                return ControlFlow::Break(());
            }
            let answer = connection.and_then(statements);
            let fine = answer.is_ok();
            if reply.send(answer).is_ok() && fine {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        self.steps.send(Step::Run(operation)).map_err(|_gone| hung_up())?;
        let answer = answer.await.map_err(|_gone| hung_up())??;
        self.failed = false;
        Ok(answer)
    }
}

impl Repos for SqliteUnitOfWork {
    fn users(&mut self) -> &mut dyn UserRepo {
        self
    }

    fn files(&mut self) -> &mut dyn FileRepo {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobRepo {
        self
    }

    fn keys(&mut self) -> &mut dyn KeyRepo {
        self
    }

    fn uploads(&mut self) -> &mut dyn UploadRepo {
        self
    }

    fn jobs(&mut self) -> &mut dyn JobQueue {
        self
    }
}

#[async_trait]
impl UnitOfWork for SqliteUnitOfWork {
    async fn commit(self: Box<Self>) -> Stored<()> {
        if self.failed {
            return Err(StoreError::Poisoned);
        }
        let (reply, committed) = oneshot::channel();
        // Refused when the writer gave the unit up: then it was rolled back.
        let asked = self.steps.send(Step::Commit { wakes: self.enqueued, reply });
        asked.map_err(|_gone| StoreError::Poisoned)?;
        committed.await.map_err(|_gone| hung_up())?
    }

    async fn rollback(self: Box<Self>) -> Stored<()> {
        let (reply, undone) = oneshot::channel();
        if self.steps.send(Step::Rollback { reply }).is_ok() {
            // A writer that is gone has rolled back as it went.
            undone.await.ok();
        }
        Ok(())
    }
}
