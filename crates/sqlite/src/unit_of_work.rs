//! The unit of work: a turn at the writer.

use std::ops::ControlFlow;
use std::sync::mpsc::{Sender, channel};

use async_trait::async_trait;
use diesel::SqliteConnection;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::tree::Seq;
use fm_streaming::CheckoutMeter;
use tokio::sync::oneshot;

use crate::error::hung_up;
use crate::rows::Id;
use crate::turns::Turns;
use crate::writer::{Operation, Request, Step};

/// A unit of work in SQLite. From its first statement on it is the only one that is open: others wait for their turn.
pub struct SqliteUnitOfWork {
    requests: async_channel::Sender<Request>,
    turns: CheckoutMeter,
    /// From the first statement on. Dropping it is what tells the writer to roll back.
    turn: Option<Sender<Step>>,
    /// A statement failed, or its caller did not wait for what became of it.
    failed: bool,
    /// There is a reason to wake workers.
    pub(crate) enqueued: bool,
    pub(crate) job_turns: Turns,
    /// The drives that it has entered.
    pub(crate) entered: EnteredDrives,
}

/// The drives that a unit of work has entered, with the numbers of its changes of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnteredDrives(Vec<(Id, Seq)>);

impl EnteredDrives {
    /// The number of the unit's change of a drive, if it has entered it.
    pub(crate) fn seq(&self, drive: Id) -> Option<Seq> {
        self.0.iter().find(|(of, _)| *of == drive).map(|(_, seq)| *seq)
    }

    /// The number of the unit's change of a drive, which it has to have entered.
    pub(crate) fn inside(&self, drive: Id) -> PortResult<Seq> {
        let outside = || PortError::Unexpected("a change in a drive that was not entered".into());
        self.seq(drive).ok_or_else(outside)
    }

    pub(crate) fn add(&mut self, drive: Id, seq: Seq) {
        self.0.push((drive, seq));
    }
}

impl SqliteUnitOfWork {
    /// The first statement asks for a turn, waits for it, and learns if it could not begin: waking the caller only to
    /// hear of that costs more than most statements do, and a unit that asks for nothing yet makes no other one wait.
    pub(crate) fn new(
        requests: &async_channel::Sender<Request>,
        turns: &CheckoutMeter,
        job_turns: &Turns,
    ) -> PortResult<Self> {
        if requests.is_closed() {
            return Err(hung_up());
        }
        let (requests, turns, job_turns) = (requests.clone(), turns.clone(), job_turns.clone());
        let entered = EnteredDrives::default();
        Ok(Self { requests, turns, turn: None, failed: false, enqueued: false, job_turns, entered })
    }

    /// Hands the operation to the writer. False when there is no writer to answer it.
    fn ask(&mut self, operation: Operation) -> bool {
        if let Some(turn) = &self.turn {
            return turn.send(Step::Run(operation)).is_ok();
        }
        let (turn, steps) = channel();
        self.turn = Some(turn);
        let waiting = self.turns.begin();
        let first: Operation = Box::new(move |connection| {
            drop(waiting);
            operation(connection)
        });
        self.requests.try_send(Request::Unit(first, steps)).is_ok()
    }

    /// Runs statements on the writer. An error poisons the unit, and so does a caller that stops waiting: what became
    /// of its statement is unknown.
    pub(crate) async fn run<R: Send + 'static>(
        &mut self,
        statements: impl FnOnce(&mut SqliteConnection) -> PortResult<R> + Send + 'static,
    ) -> PortResult<R> {
        if self.failed {
            return Err(PortError::Poisoned);
        }
        self.failed = true;
        let (reply, answer) = oneshot::channel();
        let operation = Box::new(move |connection: PortResult<&mut SqliteConnection>| {
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
        if !self.ask(operation) {
            return Err(hung_up());
        }
        let answer = answer.await.map_err(|_gone| hung_up())??;
        self.failed = false;
        Ok(answer)
    }

    /// Fails as a statement does: the unit is rolled back, and can't be committed from now on.
    pub(crate) async fn fail(&mut self, why: &'static str) -> PortError {
        let failed: PortResult<()> = self.run(move |_| Err(PortError::Unexpected(why.into()))).await;
        failed.err().unwrap_or(PortError::Poisoned)
    }
}

#[async_trait]
impl UnitOfWork for SqliteUnitOfWork {
    async fn commit(self: Box<Self>) -> PortResult<()> {
        if self.failed {
            return Err(PortError::Poisoned);
        }
        let Some(turn) = self.turn else { return Ok(()) };
        let (reply, committed) = oneshot::channel();
        // Refused when the writer gave the unit up: then it was rolled back.
        let asked = turn.send(Step::Commit { wakes: self.enqueued, reply });
        asked.map_err(|_gone| PortError::Poisoned)?;
        committed.await.map_err(|_gone| hung_up())?
    }

    async fn rollback(self: Box<Self>) -> PortResult<()> {
        let Some(turn) = self.turn else { return Ok(()) };
        let (reply, undone) = oneshot::channel();
        if turn.send(Step::Rollback { reply }).is_ok() {
            // A writer that is gone has rolled back as it went.
            undone.await.ok();
        }
        Ok(())
    }
}
