//! Jobs: work that a unit of work leaves for later, durably.

mod model;
mod port;

pub use model::{ClaimedJob, JobKind, JobRecord, JobState, NewJob, Priority, Work};
pub use port::{DEAF_NAP, Enqueued, JobQueue, JobSignal};

#[cfg(any(test, feature = "mock"))]
pub use port::{MockJobQueue, MockJobSignal};
