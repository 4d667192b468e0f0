//! The poller: the one task of the process that queries the queue while no worker has anything to do.

use std::sync::Arc;
use std::time::Duration;

use fm_application::wiring::UseCases;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::jobs::{JobKind, JobSignal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{FAILURE_PAUSE, WakeSignals, Workers, warn};

/// Longest time between two polls when no job is due and no commit is reported. A signal that does not report every commit
/// ends its wait sooner.
const LONGEST_POLL_INTERVAL: Duration = Duration::from_secs(30);
/// Shortest time between two polls, however many commits are reported.
const SHORTEST_POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Wakes workers when a job may be due.
pub(super) struct QueuePoller {
    use_cases: Arc<UseCases>,
    signal: Arc<dyn JobSignal>,
    clock: Arc<dyn Clock>,
    signals: Arc<WakeSignals>,
    kinds: Vec<JobKind>,
}

impl QueuePoller {
    pub(super) fn new(workers: &Workers, signals: Arc<WakeSignals>) -> Self {
        Self {
            use_cases: Arc::clone(&workers.use_cases),
            signal: Arc::clone(&workers.signal),
            clock: Arc::clone(&workers.clock),
            signals,
            kinds: workers.use_cases.jobs.run_next.kinds(),
        }
    }

    /// Runs until `stop`. Wakes workers on every notification without querying; polls for work that no commit reports
    /// (retries, expired leases, missed notifications).
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut next_poll = Instant::now();
        while !stop.is_cancelled() {
            let now = Instant::now();
            let left = next_poll.saturating_duration_since(now);
            if left.is_zero() {
                let interval = self.poll().await;
                next_poll = Instant::now() + interval;
                continue;
            }
            tokio::select! {
                notified = self.signal.wait(left) => {
                    if notified {
                        self.signals.wake_workers();
                        next_poll = next_poll.min(Instant::now() + SHORTEST_POLL_INTERVAL);
                    } else {
                        next_poll = Instant::now();
                    }
                }
                () = self.signals.poller.notified() => {
                    next_poll = next_poll.min(now + SHORTEST_POLL_INTERVAL);
                }
                () = stop.cancelled() => {}
            }
        }
    }

    /// Polls once, and wakes workers if a job is due; the time until the next poll.
    async fn poll(&self) -> Duration {
        match self.use_cases.jobs.run_next.next_due(&self.kinds).await {
            Ok(next_due) => {
                let interval = poll_interval(self.clock.now(), next_due);
                if interval.is_zero() {
                    self.signals.wake_workers();
                }
                interval.max(SHORTEST_POLL_INTERVAL)
            }
            Err(error) => {
                warn(&error, "the job queue is out of reach");
                FAILURE_PAUSE
            }
        }
    }
}

/// Time until the next job is due, at most [`LONGEST_POLL_INTERVAL`].
fn poll_interval(now: Timestamp, next_due: Option<Timestamp>) -> Duration {
    next_due.map_or(LONGEST_POLL_INTERVAL, |due| due.since(now)).min(LONGEST_POLL_INTERVAL)
}
