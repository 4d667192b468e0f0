//! The queue of a unit of work, under either decorator of the database: a job that is enqueued in a trace gets its place in the
//! trace.

use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, Enqueued, JobKind, JobQueue, JobRecord, NewJob};

use crate::database::ObservedUnit;
use crate::decorate::{decorate, forward};
use crate::observe::{observe, port_span};
use crate::traced_jobs::TracedUnit;

/// Implements the queue of a unit by `decorate` or `forward`, but for `enqueue`, which follows.
macro_rules! queue {
    ($calls:ident for $unit:ident; $($enqueue:tt)+) => {
        $calls! {
            impl JobQueue for $unit, self: &mut Self, by self.inner.jobs(), at DEBUG;
            claim(kinds: &[JobKind], now: Timestamp, lease_until: Timestamp, limit: u32)
                -> PortResult<Vec<ClaimedJob>> = "database.jobs.claim";
            renew(id: JobId, attempt: u32, lease_until: Timestamp) -> PortResult<bool> = "database.jobs.renew";
            complete(id: JobId, attempt: u32) -> PortResult<bool> = "database.jobs.complete";
            fail(id: JobId, attempt: u32, retry_at: Option<Timestamp>, reason: &str)
                -> PortResult<bool> = "database.jobs.fail";
            put_back(id: JobId, attempt: u32, retry_at: Timestamp, reason: &str)
                -> PortResult<bool> = "database.jobs.put_back";
            next_due(kinds: &[JobKind]) -> PortResult<Option<Timestamp>> = "database.jobs.next_due";
            count_living() -> PortResult<u64> = "database.jobs.count_living";
            take_dead(id: JobId) -> PortResult<Option<JobRecord>> = "database.jobs.take_dead";
            { $($enqueue)+ }
        }
    };
}

queue! {
    decorate for ObservedUnit;
    async fn enqueue(&mut self, job: &NewJob) -> PortResult<Enqueued> {
        let span = port_span!(DEBUG, "database.jobs.enqueue");
        let job = span.in_scope(|| traced(job));
        let call = self.inner.jobs().enqueue(&job);
        observe(self.observer.as_ref(), "database.jobs.enqueue", span, call).await
    }
}

queue! {
    forward for TracedUnit;
    async fn enqueue(&mut self, job: &NewJob) -> PortResult<Enqueued> {
        self.inner.jobs().enqueue(&traced(job)).await
    }
}

/// The job, with the trace that it is enqueued in where it has none.
fn traced(job: &NewJob) -> NewJob {
    NewJob { trace: job.trace.or_else(fm_traces::current), ..job.clone() }
}
