//! The workers: they run jobs until they are told to stop.
//!
//! An idle worker does not query the queue: it waits for a wake signal. One poller in each process waits for commits and
//! for the next job to be due, and wakes workers. A worker that claimed a job wakes the next one, so that as many are awake
//! as there are jobs.

mod queue_poller;

use std::sync::Arc;
use std::time::Duration;

use fm_application::jobs::{JobOutcome, Lane, PeriodicJob};
use fm_application::wiring::UseCases;
use fm_domain::clock::Clock;
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::jobs::{ClaimedJob, JobKind, JobSignal};
use fm_domain::trace::TraceContext;
use fm_metrics::Metrics;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::wire::Wired;
use queue_poller::QueuePoller;

/// Pause after the queue itself failed.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);

/// What workers need.
#[derive(Clone)]
pub struct Workers {
    /// What they run.
    pub use_cases: Arc<UseCases>,
    /// What reports commits.
    pub signal: Arc<dyn JobSignal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How many jobs run at once, beside the one of housekeeping.
    pub count: usize,
    /// Who counts how jobs end.
    pub metrics: Arc<Metrics>,
}

/// Wakes workers and the poller. Each signal that is sent while its receiver is busy is kept until it waits again.
#[derive(Debug, Default)]
struct WakeSignals {
    /// For the workers that run every kind: a job may be due.
    any: Notify,
    /// For the worker that runs [`Lane::Housekeeping`] alone: a job may be due.
    housekeeping: Notify,
    /// For the poller: a worker ran out of jobs. One that it ran may have failed and be due again soon.
    poller: Notify,
}

impl WakeSignals {
    fn wake_workers(&self) {
        self.any.notify_one();
        self.housekeeping.notify_one();
    }
}

impl Workers {
    /// The workers of a wired program, which run these use cases.
    pub(crate) fn of(config: &Config, wired: &Wired, use_cases: Arc<UseCases>) -> Self {
        Self {
            use_cases,
            signal: wired.signal.clone(),
            clock: wired.clock(),
            count: config.jobs.workers,
            metrics: Arc::clone(&wired.metrics),
        }
    }

    /// Starts them as tasks of `tracker`; each finishes its job and ends after `stop`.
    pub fn start(&self, tracker: &TaskTracker, stop: &CancellationToken) {
        let signals = Arc::new(WakeSignals::default());
        for _ in 0..self.count {
            tracker.spawn(self.clone().work(Arc::clone(&signals), false, stop.clone()));
        }
        tracker.spawn(self.clone().work(Arc::clone(&signals), true, stop.clone()));
        let poller = QueuePoller::new(self, signals);
        tracker.spawn(poller.run(stop.clone()));
        for periodic in self.use_cases.jobs.schedule.periodic() {
            tracker.spawn(self.clone().schedule(periodic.clone(), stop.clone()));
        }
    }

    /// One worker.
    async fn work(self, signals: Arc<WakeSignals>, only_housekeeping: bool, stop: CancellationToken) {
        let queue = &self.use_cases.jobs.run_next;
        let (signal, kinds) = if only_housekeeping {
            (&signals.housekeeping, queue.kinds_of(Lane::Housekeeping))
        } else {
            (&signals.any, queue.kinds())
        };
        loop {
            tokio::select! {
                () = signal.notified() => {}
                () = stop.cancelled() => return,
            }
            while !stop.is_cancelled() {
                match self.run(&kinds, signal).await {
                    Ok(true) => signals.poller.notify_one(),
                    Ok(false) => break,
                    Err(error) => {
                        warn(&error, "the job queue is out of reach");
                        tokio::select! {
                            () = sleep(FAILURE_PAUSE) => {}
                            () = stop.cancelled() => return,
                        }
                    }
                }
            }
        }
    }

    /// Runs one job, if one is due.
    async fn run(&self, kinds: &[JobKind], signal: &Notify) -> PortResult<bool> {
        let queue = &self.use_cases.jobs.run_next;
        let Some(job) = queue.claim(kinds).await? else { return Ok(false) };
        // More jobs may be due, and another worker idle.
        signal.notify_one();
        let begun = Instant::now();
        let run = async {
            let outcome = queue.finish(&job).await?;
            log_end(job.claimed(), outcome, begun.elapsed());
            Ok::<JobOutcome, PortError>(outcome)
        };
        let outcome = in_its_trace(job.claimed(), run).await?;
        self.metrics.job_ended(&job.claimed().kind, outcome, begun.elapsed());
        Ok(true)
    }

    /// Enqueues a job at its interval, the first time at once.
    async fn schedule(self, periodic: PeriodicJob, stop: CancellationToken) {
        let mut ticks = interval(periodic.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            if let Err(error) = self.use_cases.jobs.schedule.run(&periodic).await {
                tracing::warn!(
                    job = periodic.kind.as_str(),
                    error = chain(&error),
                    "a periodic job could not be enqueued"
                );
            }
        }
    }
}

/// Runs a job in the trace of what asked for it. A job that nothing asked for, but the clock, begins a trace, which has the
/// job's own id where spans are not exported. The span of a job that failed says so.
async fn in_its_trace(
    job: &ClaimedJob,
    run: impl Future<Output = PortResult<JobOutcome>>,
) -> PortResult<JobOutcome> {
    let span = tracing::debug_span!(
        target: "fm::jobs",
        parent: None,
        "job.run",
        otel.kind = "consumer",
        otel.status_code = tracing::field::Empty,
        job.id = %job.id,
        job.kind = job.kind.as_str(),
        job.attempt = job.attempt,
    );
    let trace = fm_traces::begin(&span, job.trace, || TraceContext::fresh(job.id.uuid()));
    let ended = fm_traces::within(trace, span.clone(), run).await;
    match &ended {
        Ok(JobOutcome::Done | JobOutcome::Lost) => {}
        Ok(JobOutcome::Retried | JobOutcome::Dead) | Err(_) => {
            span.record("otel.status_code", "ERROR");
        }
    }
    ended
}

/// The line of the log that a job leaves, as every request does. That of a job which nothing asked for, but the clock, is left at DEBUG.
fn log_end(job: &ClaimedJob, outcome: JobOutcome, took: Duration) {
    let (id, kind, attempt) = (job.id, job.kind.as_str(), job.attempt);
    let trace_id = fm_traces::of_task().map(|trace| trace.trace());
    macro_rules! log_at {
        ($level:ident) => {
            tracing::$level!(
                job.id = %id,
                job.kind = kind,
                job.attempt = attempt,
                job.outcome = outcome.as_str(),
                trace_id = trace_id.map(tracing::field::display),
                duration_ms = took.as_secs_f64() * 1000.0,
                "job"
            )
        };
    }
    if job.trace.is_some() { log_at!(info) } else { log_at!(debug) }
}

fn warn(error: &PortError, what: &'static str) {
    tracing::warn!(error = chain(error), "{what}");
}

#[cfg(test)]
mod tests;
