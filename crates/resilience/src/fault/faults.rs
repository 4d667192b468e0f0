//! The handle that plans faults, records calls and injects the one into the other.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fm_domain::error::{PortError, PortResult};
use tokio::sync::watch;

use super::{Fault, Moment, Operation, When};

/// Plans faults and records calls, for all the decorators that it was given to. Clones share everything.
#[derive(Clone)]
pub struct Faults {
    record: Arc<Mutex<Record>>,
    life: watch::Sender<Life>,
}

/// How the process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Runs,
    /// It stands still in this call.
    Suspended(Operation),
    /// It died in this call.
    Dead(Operation),
}

#[derive(Debug, Default)]
struct Record {
    plans: Vec<(When, Fault)>,
    calls: Vec<Operation>,
    injected: Vec<(Operation, Fault)>,
}

impl Record {
    /// Notes a call; the first fault that was planned for it.
    fn note(&mut self, operation: Operation) -> Option<Fault> {
        self.calls.push(operation);
        let nth = self.calls.iter().filter(|call| **call == operation).count();
        let meant = |when: &When| match when {
            When::Nth(of, n) => *of == operation && *n == nth,
            When::Every(of) => *of == operation,
            When::Call(n) => *n == self.calls.len(),
            When::Calls { first, last } => (*first..=*last).contains(&self.calls.len()),
        };
        let (_, fault) = self.plans.iter().find(|(when, fault)| meant(when) && operation.suffers(*fault))?;
        self.injected.push((operation, *fault));
        Some(*fault)
    }
}

impl Faults {
    /// A handle that injects nothing until something is planned.
    #[must_use]
    pub fn new() -> Self {
        Self { record: Arc::default(), life: watch::Sender::new(Life::Runs) }
    }

    /// Plans a fault. Of several that are planned for one call the first is injected.
    ///
    /// # Panics
    /// When the operation that is named can't [suffer](Operation::suffers) the fault: such a test would show nothing.
    pub fn plan(&self, when: When, fault: Fault) {
        if let When::Nth(operation, _) | When::Every(operation) = when {
            assert!(operation.suffers(fault), "{operation} can't suffer {fault:?}");
        }
        self.record().plans.push((when, fault));
    }

    /// Every call so far, in order, also those that never reached their adapter.
    #[must_use]
    pub fn calls(&self) -> Vec<Operation> {
        self.record().calls.clone()
    }

    /// How often the operation was called.
    #[must_use]
    pub fn count(&self, operation: Operation) -> usize {
        self.record().calls.iter().filter(|call| **call == operation).count()
    }

    /// Which faults really happened, in order: a test whose fault never happened has shown nothing.
    #[must_use]
    pub fn injected(&self) -> Vec<(Operation, Fault)> {
        self.record().injected.clone()
    }

    /// Forgets plans and calls, and brings a process that crashed or stands still back.
    pub fn reset(&self) {
        *self.record() = Record::default();
        self.life.send_replace(Life::Runs);
    }

    /// Waits until a planned crash was reached; in which call.
    pub async fn crashed(&self) -> Operation {
        self.until(|life| if let Life::Dead(operation) = life { Some(operation) } else { None }).await
    }

    /// Waits until a planned suspension was reached; in which call.
    pub async fn suspended(&self) -> Operation {
        self.until(|life| if let Life::Suspended(operation) = life { Some(operation) } else { None }).await
    }

    /// Lets a process that stands still go on.
    pub fn resume(&self) {
        self.life.send_if_modified(|life| {
            let stood = matches!(life, Life::Suspended(_));
            if stood {
                *life = Life::Runs;
            }
            stood
        });
    }

    /// A call begins: notes it and lets it pass, or not.
    pub(super) async fn enter(&self, operation: Operation) -> PortResult<Passage> {
        self.running().await;
        let passage = self.enter_at_once(operation)?;
        match passage.fault {
            Some(Fault::Delay(pause)) => tokio::time::sleep(pause).await,
            Some(fault) => passage.halt(fault, Moment::Before).await,
            None => {}
        }
        Ok(passage)
    }

    /// The same for a call whose answer is not awaited.
    pub(super) fn enter_at_once(&self, operation: Operation) -> PortResult<Passage> {
        let fault = self.record().note(operation);
        match fault {
            Some(Fault::FailBefore) => Err(lost(operation)),
            Some(Fault::Contend) => {
                Err(PortError::Contended(format!("{operation}: a planned deadlock").into()))
            }
            _ => Ok(Passage { faults: self.clone(), operation, fault }),
        }
    }

    /// Waits until the process runs; the dead wait for ever.
    async fn running(&self) {
        self.until(|life| (life == Life::Runs).then_some(())).await;
    }

    async fn until<T>(&self, seen: impl Fn(Life) -> Option<T>) -> T {
        let mut life = self.life.subscribe();
        loop {
            let seen = seen(*life.borrow_and_update());
            if let Some(seen) = seen {
                return seen;
            }
            if life.changed().await.is_err() {
                // The handle holds the sender, so the channel can't be closed.
                return std::future::pending().await;
            }
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows what is planned and what was called.
impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("record", &*self.record()).finish_non_exhaustive()
    }
}

/// What the caller gets instead of an answer.
pub(super) fn lost(operation: Operation) -> PortError {
    PortError::Unavailable(format!("{operation}: a planned fault").into())
}

/// A call that may go to its adapter.
pub(super) struct Passage {
    faults: Faults,
    operation: Operation,
    fault: Option<Fault>,
}

impl Passage {
    /// Whether the call is to be made once more.
    pub(super) fn repeats(&self) -> bool {
        self.fault == Some(Fault::Duplicate)
    }

    /// Whether the caller will not get the adapter's answer.
    pub(super) fn loses_answer(&self) -> bool {
        self.fault == Some(Fault::LoseAnswer)
    }

    /// How much of a stream passes, if it is cut.
    pub(super) fn cut(&self) -> Option<u64> {
        if let Some(Fault::Truncate { after }) = self.fault { Some(after) } else { None }
    }

    /// What a stream waits for after its first chunk, if anything.
    pub(super) fn stall(&self) -> Option<Stall> {
        let fault = self.fault.filter(|fault| moment_of(*fault) == Some(Moment::Midway))?;
        let (faults, operation) = (self.faults.clone(), self.operation);
        Some(Stall(Self { faults, operation, fault: Some(fault) }))
    }

    /// The adapter has answered: gives the answer to the caller, or not.
    pub(super) async fn leave<T, E: From<PortError>>(self, answer: Result<T, E>) -> Result<T, E> {
        match self.fault {
            Some(fault @ (Fault::Hang(Moment::After) | Fault::Crash(Moment::After))) => {
                drop(answer);
                self.halt(fault, Moment::After).await;
                std::future::pending().await
            }
            Some(fault) => {
                self.halt(fault, Moment::After).await;
                self.leave_at_once(answer)
            }
            None => answer,
        }
    }

    /// The same for a call whose answer is not awaited.
    pub(super) fn leave_at_once<T, E: From<PortError>>(self, answer: Result<T, E>) -> Result<T, E> {
        if self.loses_answer() { Err(lost(self.operation).into()) } else { answer }
    }

    /// Halts for as long as the fault has it, if it does so at this moment.
    async fn halt(&self, fault: Fault, moment: Moment) {
        if moment_of(fault) != Some(moment) {
            return;
        }
        match fault {
            Fault::Crash(_) => self.faults.life.send_replace(Life::Dead(self.operation)),
            Fault::Suspend(_) => self.faults.life.send_replace(Life::Suspended(self.operation)),
            _ => return std::future::pending().await,
        };
        self.faults.running().await;
    }
}

/// When a fault halts a call, if it does.
const fn moment_of(fault: Fault) -> Option<Moment> {
    match fault {
        Fault::Hang(moment) | Fault::Crash(moment) | Fault::Suspend(moment) => Some(moment),
        _ => None,
    }
}

/// A halt in the middle of a stream.
pub(super) struct Stall(Passage);

impl Stall {
    /// Halts; for ever, but for a process that is resumed.
    pub(super) async fn wait(self) {
        if let Some(fault) = self.0.fault {
            self.0.halt(fault, Moment::Midway).await;
        }
    }
}
