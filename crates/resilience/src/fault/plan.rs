//! What happens, and to which call.

use std::time::Duration;

use super::Operation;

/// What happens to a call. Which operations can suffer it says [`Operation::suffers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call never reaches the adapter; the caller gets `PortError::Unavailable`. A wait for jobs wakes for
    /// nothing instead.
    FailBefore,
    /// The call never reaches the adapter; the caller gets `PortError::Contended`, as of a deadlock.
    Contend,
    /// The call reaches the adapter and has its effect; the caller gets `PortError::Unavailable`, whatever the
    /// answer was. A wait for jobs misses its signal and ends at its time instead.
    LoseAnswer,
    /// The call reaches the adapter after a pause.
    Delay(Duration),
    /// A stream ends with an error after this many bytes (of a list: blobs), if it is longer. An upload's body ends
    /// as if its sender went away, a download as if its source failed.
    Truncate {
        /// How much passes.
        after: u64,
    },
    /// The call is made twice and the second answer is given, as by a network layer that tried again. The body of a
    /// put is held in memory for it.
    Duplicate,
    /// The caller never gets an answer. A caller with a time limit drops the call.
    Hang(Moment),
    /// The process dies: this call and every later one through the handle never gets an answer.
    /// [`Faults::crashed`](super::Faults::crashed) ends then, so that the test drops the use case, as the death would.
    Crash(Moment),
    /// The process stands still, as a machine that sleeps: this call and every later one waits until
    /// [`Faults::resume`](super::Faults::resume). [`Faults::suspended`](super::Faults::suspended) ends then. The
    /// process keeps what it holds.
    Suspend(Moment),
}

/// Where in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before it reaches the adapter.
    Before,
    /// While its bytes pass: after the first chunk, or, of an empty stream, before its end is told.
    Midway,
    /// After the adapter has done it, before the caller knows.
    After,
}

/// Which call. Calls are counted from 1, since the handle was made or last [reset](super::Faults::reset).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This one of the calls of an operation.
    Nth(Operation, usize),
    /// Each call of an operation.
    Every(Operation),
    /// This one of all calls of all ports, in the order of [`Faults::calls`](super::Faults::calls).
    Call(usize),
    /// Some of all calls of all ports, one after the other.
    Calls {
        /// The first of them.
        first: usize,
        /// The last of them.
        last: usize,
    },
}
