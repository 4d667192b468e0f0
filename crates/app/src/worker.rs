//! The workers: they run jobs until they are told to stop.
//!
//! An idle worker does not look at the queue: it waits for its bell. One lookout in each process waits for commits and
//! for the next job to be due, and rings. A worker that took a job rings for the next one, so that as many are awake as
//! there are jobs.

mod lookout;

use std::sync::Arc;
use std::time::Duration;

use fm_application::wiring::UseCases;
use fm_domain::clock::Clock;
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::jobs::{JobKind, JobSignal};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use lookout::Lookout;

/// After a failure of the queue itself.
const RECOVERY: Duration = Duration::from_secs(2);
/// How often the sweep is due.
const SWEEP: Duration = Duration::from_mins(1);

/// What workers need.
#[derive(Clone)]
pub struct Workers {
    /// What they run.
    pub use_cases: Arc<UseCases>,
    /// What tells of commits.
    pub signal: Arc<dyn JobSignal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How many jobs run at once, beside the one of housekeeping.
    pub count: usize,
}

/// What is never held up by thumbnails: one worker does nothing else.
const HOUSEKEEPING: [JobKind; 3] = [JobKind::RevokeSessions, JobKind::PurgeBlob, JobKind::SweepBlobs];

/// What wakes those who wait. Each bell remembers that it was rung while nobody waited.
#[derive(Debug, Default)]
struct Bells {
    /// There may be a job of any kind.
    any: Notify,
    /// There may be a job of [`HOUSEKEEPING`].
    housekeeping: Notify,
    /// A worker ran out of jobs: one that it ran may have failed, and be due again soon.
    lookout: Notify,
}

impl Bells {
    fn ring(&self) {
        self.any.notify_one();
        self.housekeeping.notify_one();
    }
}

impl Workers {
    /// Starts them as tasks of `tracker`; each finishes its job and ends after `stop`.
    pub fn start(&self, tracker: &TaskTracker, stop: &CancellationToken) {
        let bells = Arc::new(Bells::default());
        for _ in 0..self.count {
            tracker.spawn(self.clone().work(Arc::clone(&bells), false, stop.clone()));
        }
        tracker.spawn(self.clone().work(Arc::clone(&bells), true, stop.clone()));
        let lookout = Lookout::new(self, bells);
        tracker.spawn(lookout.watch(stop.clone()));
        tracker.spawn(self.clone().schedule(stop.clone()));
    }

    /// One worker.
    async fn work(self, bells: Arc<Bells>, only_housekeeping: bool, stop: CancellationToken) {
        let (bell, kinds) = if only_housekeeping {
            (&bells.housekeeping, &HOUSEKEEPING[..])
        } else {
            (&bells.any, &JobKind::ALL[..])
        };
        loop {
            tokio::select! {
                () = bell.notified() => {}
                () = stop.cancelled() => return,
            }
            while !stop.is_cancelled() {
                match self.run(kinds, bell).await {
                    Ok(true) => bells.lookout.notify_one(),
                    Ok(false) => break,
                    Err(error) => {
                        warn(&error, "the job queue is out of reach");
                        tokio::select! {
                            () = sleep(RECOVERY) => {}
                            () = stop.cancelled() => return,
                        }
                    }
                }
            }
        }
    }

    /// Runs one job, if there is one.
    async fn run(&self, kinds: &[JobKind], bell: &Notify) -> PortResult<bool> {
        let queue = &self.use_cases.jobs.run_next;
        let Some(job) = queue.claim(kinds).await? else { return Ok(false) };
        // There may be more, and somebody with nothing to do.
        bell.notify_one();
        queue.finish(&job).await?;
        Ok(true)
    }

    async fn schedule(self, stop: CancellationToken) {
        let mut ticks = interval(SWEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            if let Err(error) = self.use_cases.jobs.schedule_sweep.run().await {
                warn(&error, "the sweep could not be scheduled");
            }
        }
    }
}

fn warn(error: &PortError, what: &'static str) {
    tracing::warn!(error = chain(error), "{what}");
}
