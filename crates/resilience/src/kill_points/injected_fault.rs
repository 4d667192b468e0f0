//! What happens to a scenario, and where.

use std::fmt;

use crate::fault::{Fault, Moment, Operation, When};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// The process is killed.
    Kill(Moment),
    /// The process lives, and the call has this fault.
    Fault(Fault),
    /// The process lives, and this many calls, beginning with this one, have this fault.
    Outage(Fault, usize),
    /// The process stands still, and goes on after something else has happened.
    Pause(Moment, Meanwhile),
}

/// What happens while a process stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    /// Its leases run out, and another process recovers and sweeps. Less time passes than a write may take.
    Recovery,
    /// Another process does the same for the same client.
    TheSame,
    /// The file that it is about is removed, and its bytes purged.
    Removal,
    /// The account that it is about is removed, and its bytes swept.
    Leaving,
}

impl InjectedFault {
    /// The process is killed before the call, while its bytes pass, or after it.
    pub const KILLS: &[Self] =
        &[Self::Kill(Moment::Before), Self::Kill(Moment::Midway), Self::Kill(Moment::After)];

    /// The process lives, but the call fails, loses its answer, loses a race, is cut or is made twice, or it and the
    /// next one, or all from then on, fail or lose their answers.
    pub const FAULTS: &[Self] = &[
        Self::Fault(Fault::FailBefore),
        Self::Fault(Fault::LoseAnswer),
        Self::Fault(Fault::Contend),
        Self::Fault(Fault::Truncate { after: 1 }),
        Self::Fault(Fault::Duplicate),
        Self::Outage(Fault::FailBefore, 2),
        Self::Outage(Fault::LoseAnswer, 2),
        Self::Outage(Fault::FailBefore, usize::MAX),
        Self::Outage(Fault::LoseAnswer, usize::MAX),
    ];

    /// The process stands still before the call, while its bytes pass, or after it, while others work.
    pub const PAUSES: &[Self] = &[
        Self::Pause(Moment::Before, Meanwhile::Recovery),
        Self::Pause(Moment::Midway, Meanwhile::Recovery),
        Self::Pause(Moment::After, Meanwhile::Recovery),
        Self::Pause(Moment::Before, Meanwhile::TheSame),
        Self::Pause(Moment::Midway, Meanwhile::TheSame),
        Self::Pause(Moment::After, Meanwhile::TheSame),
        Self::Pause(Moment::Before, Meanwhile::Removal),
        Self::Pause(Moment::Midway, Meanwhile::Removal),
        Self::Pause(Moment::After, Meanwhile::Removal),
        Self::Pause(Moment::Before, Meanwhile::Leaving),
        Self::Pause(Moment::Midway, Meanwhile::Leaving),
        Self::Pause(Moment::After, Meanwhile::Leaving),
    ];

    /// The fault that it is.
    pub(super) const fn fault(self) -> Fault {
        match self {
            Self::Kill(moment) => Fault::Crash(moment),
            Self::Fault(fault) | Self::Outage(fault, _) => fault,
            Self::Pause(moment, _) => Fault::Suspend(moment),
        }
    }

    /// To which calls it happens, beginning with this one.
    pub(super) const fn when(self, call: usize) -> When {
        match self {
            Self::Outage(_, calls) => When::Calls { first: call, last: call.saturating_add(calls - 1) },
            Self::Kill(_) | Self::Fault(_) | Self::Pause(..) => When::Call(call),
        }
    }

    /// Whether it can happen to the operation, and tells something there.
    pub(super) fn fits(self, operation: Operation) -> bool {
        operation.suffers(self.fault())
            && match self {
                Self::Kill(_) | Self::Outage(..) => true,
                // The statements of a unit of work are not made twice: a connection that is cut takes its unit along.
                Self::Fault(fault) => fault != Fault::Duplicate || !operation.is_of_a_unit(),
                // A process that stands still inside a unit holds its locks: others wait until they are lost.
                Self::Pause(moment, _) => match operation {
                    Operation::DatabaseBegin => moment == Moment::Before,
                    Operation::UnitCommit | Operation::UnitRollback => moment == Moment::After,
                    _ => !operation.is_of_a_unit(),
                },
            }
    }
}

/// Where a fault was injected, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InjectionPoint {
    /// The number of the call among all calls of ports, starting at 1.
    pub call: usize,
    /// The operation that was called.
    pub operation: Operation,
    /// The fault.
    pub fault: InjectedFault,
}

/// What, and where.
impl fmt::Display for InjectionPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, operation, fault } = self;
        match fault {
            InjectedFault::Fault(fault) => write!(f, "{fault:?} at call {call}, {operation}"),
            fault => write!(f, "{fault:?} at call {call}, {operation}"),
        }
    }
}
