//! The lookout: the only one in the process that looks at the queue while there is nothing to do.

use std::sync::Arc;
use std::time::Duration;

use fm_application::wiring::UseCases;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::jobs::{JobKind, JobSignal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Bells, RECOVERY, Workers, warn};

/// How long it sleeps when no job is due and it hears of none. A signal that does not hear of every commit wakes it
/// sooner.
const LONGEST_NAP: Duration = Duration::from_secs(30);
/// How long it sleeps at least before it looks again, however much happens.
const SHORTEST_NAP: Duration = Duration::from_millis(250);

/// Rings when a job may be due.
pub(super) struct Lookout {
    use_cases: Arc<UseCases>,
    signal: Arc<dyn JobSignal>,
    clock: Arc<dyn Clock>,
    bells: Arc<Bells>,
}

impl Lookout {
    pub(super) fn new(workers: &Workers, bells: Arc<Bells>) -> Self {
        Self {
            use_cases: Arc::clone(&workers.use_cases),
            signal: Arc::clone(&workers.signal),
            clock: Arc::clone(&workers.clock),
            bells,
        }
    }

    /// Looks until `stop`. What is heard of is rung for at once, unseen; looking tells what is due without a sound: the
    /// next try of what failed, the end of a lease, what nobody heard of.
    pub(super) async fn watch(self, stop: CancellationToken) {
        let mut next_look = Instant::now();
        while !stop.is_cancelled() {
            let now = Instant::now();
            let left = next_look.saturating_duration_since(now);
            if left.is_zero() {
                let nap = self.look().await;
                next_look = Instant::now() + nap;
                continue;
            }
            tokio::select! {
                heard = self.signal.wait(left) => {
                    if heard {
                        self.bells.ring();
                        next_look = next_look.min(Instant::now() + SHORTEST_NAP);
                    } else {
                        next_look = Instant::now();
                    }
                }
                () = self.bells.lookout.notified() => next_look = next_look.min(now + SHORTEST_NAP),
                () = stop.cancelled() => {}
            }
        }
    }

    /// Looks once, and rings if a job is due; how long to sleep then.
    async fn look(&self) -> Duration {
        match self.use_cases.jobs.run_next.next_due(&JobKind::ALL).await {
            Ok(next_due) => {
                let nap = nap(self.clock.now(), next_due);
                if nap.is_zero() {
                    self.bells.ring();
                }
                nap.max(SHORTEST_NAP)
            }
            Err(error) => {
                warn(&error, "the job queue is out of reach");
                RECOVERY
            }
        }
    }
}

/// Until the next job is due, but not for ever.
fn nap(now: Timestamp, next_due: Option<Timestamp>) -> Duration {
    next_due.map_or(LONGEST_NAP, |due| due.since(now)).min(LONGEST_NAP)
}
