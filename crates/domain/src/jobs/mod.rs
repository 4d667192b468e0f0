//! Jobs: work that a unit of work leaves for later, durably.

mod model;
mod port;

pub use model::{ClaimedJob, JobKind, JobPayload, JobRecord, JobState, NewJob, Priority, QueueDepth};
pub use port::{Enqueued, JobQueries, JobQueue, JobSignal, MAX_UNNOTIFIED_WAIT};

#[cfg(any(test, feature = "mock"))]
pub use port::{MockJobQueries, MockJobQueue, MockJobSignal};
