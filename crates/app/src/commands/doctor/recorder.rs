//! Steps as they are tried: each within a time of its own.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::report::{Outcome, Step};
use crate::adapters::{Checkup, Diagnosis, Verdict};
use crate::lifecycle::ShutdownHooks;

/// How long a step may take: a part that hangs is named within five seconds.
pub(super) const STEP_LIMIT: Duration = Duration::from_secs(4);

/// The steps of one part, in the order in which they were tried.
pub(super) struct Recorder {
    part: &'static str,
    limit: Duration,
    /// What to change where a step has no answer in time.
    when_silent: String,
    steps: Vec<Step>,
}

impl Recorder {
    pub(super) fn new(part: &'static str, when_silent: &str) -> Self {
        Self { part, limit: STEP_LIMIT, when_silent: when_silent.to_owned(), steps: Vec::new() }
    }

    /// The same with another time for each step.
    #[cfg(test)]
    pub(super) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// Tries a step that gives a value for those behind it; `None` where it failed.
    pub(super) async fn obtain<T>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<(T, Diagnosis), Diagnosis>>,
    ) -> Option<T> {
        let started = Instant::now();
        let (value, diagnosis) = match timeout(self.limit, work).await {
            Ok(Ok((value, diagnosis))) => (Some(value), diagnosis),
            Ok(Err(diagnosis)) => (None, diagnosis),
            Err(_elapsed) => {
                let detail = format!("there is no answer within {:?}", self.limit);
                (None, Diagnosis::failure(detail, self.when_silent.clone()))
            }
        };
        self.record(name, started.elapsed(), diagnosis);
        value
    }

    /// Tries a step; whether those behind it can be tried: it may be warned of.
    pub(super) async fn check(&mut self, name: &'static str, work: impl Future<Output = Diagnosis>) -> bool {
        let judged = async {
            let diagnosis = work.await;
            if diagnosis.verdict == Verdict::Failure { Err(diagnosis) } else { Ok(((), diagnosis)) }
        };
        self.obtain(name, judged).await.is_some()
    }

    /// Tries the steps of an adapter until one fails. An error says why nothing can be opened.
    pub(super) async fn check_adapter(
        &mut self,
        checkup: Option<Box<dyn Checkup>>,
    ) -> Result<(), &'static str> {
        let Some(checkup) = checkup else { return Ok(()) };
        self.when_silent = checkup.when_silent();
        let steps = checkup.steps();
        let mut outcome = if checkup.is_there() { Ok(()) } else { Err("what is not there yet") };
        for (index, step) in steps.iter().enumerate() {
            if !self.check(step, checkup.run(step)).await {
                self.skip(&steps[index + 1..], step);
                outcome = Err(step);
                break;
            }
        }
        // What hangs the report tells of already.
        let _in_time: Result<(), _> = timeout(self.limit, checkup.clean_up()).await;
        outcome
    }

    /// Notes steps that are left out, since `cause` failed.
    pub(super) fn skip(&mut self, names: &[&'static str], cause: &str) {
        for name in names {
            self.steps.push(Step {
                part: self.part,
                name,
                outcome: Outcome::Skip,
                took: Duration::ZERO,
                detail: format!("not tried, because of {cause}"),
                remedy: None,
            });
        }
    }

    /// Notes a step that took no time.
    pub(super) fn note(&mut self, name: &'static str, diagnosis: Diagnosis) {
        self.record(name, Duration::ZERO, diagnosis);
    }

    /// Ends what was opened, but waits for it no longer than for a step.
    pub(super) async fn shut_down(self, hooks: ShutdownHooks) -> Vec<Step> {
        let _in_time: Result<(), _> = timeout(self.limit, hooks.run()).await;
        self.steps
    }

    fn record(
        &mut self,
        name: &'static str,
        took: Duration,
        Diagnosis { verdict, detail, remedy }: Diagnosis,
    ) {
        self.steps.push(Step { part: self.part, name, outcome: verdict.into(), took, detail, remedy });
    }
}

#[cfg(test)]
mod tests;
