//! The workers: they run jobs until they are told to stop.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::clock::{Clock, Timestamp};
use fm_domain::job::{JobKind, JobSignal};
use fm_domain::store::{StoreError, chain};
use fm_domain::usecase::UseCases;
use fm_domain::usecase::job::Ran;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Without a signal, a worker looks this often: for jobs of other processes that no signal tells of.
const LONGEST_NAP: Duration = Duration::from_secs(5);
/// After a failure of the queue itself.
const RECOVERY: Duration = Duration::from_secs(2);
/// How often the sweep is due.
const SWEEP: Duration = Duration::from_mins(1);

/// What workers need.
#[derive(Clone)]
pub struct Workers {
    /// What they run.
    pub use_cases: Arc<UseCases>,
    /// What wakes them.
    pub signal: Arc<dyn JobSignal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How many jobs run at once, beside the one of housekeeping.
    pub count: usize,
}

/// What is never held up by thumbnails: one worker does nothing else.
const HOUSEKEEPING: [JobKind; 3] = [JobKind::RevokeSessions, JobKind::PurgeBlob, JobKind::SweepBlobs];

impl Workers {
    /// Starts them as tasks of `tracker`; each finishes its job and ends after `stop`.
    pub fn start(&self, tracker: &TaskTracker, stop: &CancellationToken) {
        for _ in 0..self.count {
            tracker.spawn(self.clone().work(&JobKind::ALL, stop.clone()));
        }
        tracker.spawn(self.clone().work(&HOUSEKEEPING, stop.clone()));
        tracker.spawn(self.clone().schedule(stop.clone()));
    }

    async fn work(self, kinds: &'static [JobKind], stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.use_cases.run_next_job.run(kinds).await {
                Ok(Ran::Job(_)) => {}
                Ok(Ran::Idle { next_due }) => {
                    let nap = nap(self.clock.now(), next_due);
                    tokio::select! {
                        () = self.signal.wait(nap) => {}
                        () = stop.cancelled() => {}
                    }
                }
                Err(error) => {
                    warn(&error, "the job queue is out of reach");
                    tokio::select! {
                        () = sleep(RECOVERY) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
    }

    async fn schedule(self, stop: CancellationToken) {
        let mut ticks = interval(SWEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            if let Err(error) = self.use_cases.schedule_sweep.run().await {
                warn(&error, "the sweep could not be scheduled");
            }
        }
    }
}

/// Until the next job is due, but not for ever, and not for nothing.
fn nap(now: Timestamp, next_due: Option<Timestamp>) -> Duration {
    let due = next_due.map_or(LONGEST_NAP, |due| due.since(now));
    due.clamp(Duration::from_millis(10), LONGEST_NAP)
}

fn warn(error: &StoreError, what: &'static str) {
    tracing::warn!(error = chain(error), "{what}");
}
