//! JOB: twenty workers on one queue, some of whom die, and some of whom stand still for longer than their lease.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use fm_domain::clock::Timestamp;
use fm_domain::error::{PortResult, Retry};
use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, JobKind, JobRecord, NewJob};
use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::sleep;
use uuid::Uuid;

use crate::fixture::database::{Given, given};
use crate::fixture::poll::cut_after;
use crate::fixture::{at, fill};
use crate::harness::DatabaseHarness;

/// As many as every adapter gets through in a debug build in good time. `scripts/bench jobs` takes 10,000, with
/// processes.
const JOBS: usize = 4_000;
const WORKERS: usize = 20;
const LEASE: Duration = Duration::from_mins(1);
/// How often a worker stands still at most.
const STALLS: usize = 3;
/// A queue that gives one job so often never comes to an end.
const MOST_ATTEMPTS: u32 = 100;
const KIND: [JobKind; 1] = [fill::PAINT];

/// What the workers share, and their clock.
struct Concurrency {
    given: Given,
    micros: AtomicI64,
    /// Held by the one worker that stands still: the others go on, for it waits until one of them takes over its job.
    standing: Mutex<()>,
    /// Answers that were refused because they came late.
    refused: AtomicUsize,
}

/// The effect of a job: another one, of a kind that no worker claims here.
fn receipt(job: &ClaimedJob) -> NewJob {
    assert_eq!(job.kind, fill::PAINT, "another kind was asked for: {job:?}");
    NewJob { payload: job.payload.clone(), run_at: at(1_000_000), ..fill::job_of(fill::RECEIPT) }
}

impl Concurrency {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.micros.load(Ordering::SeqCst))
    }

    fn pass(&self, until: Timestamp) {
        self.micros.fetch_max(until.unix_micros(), Ordering::SeqCst);
    }

    /// Works until nothing is left.
    async fn work(self: Arc<Self>, number: usize) {
        let mut stalls = 0;
        for turn in number.. {
            let jobs = retry_conflicts(|| self.claim(number).boxed()).await;
            if jobs.is_empty() && !self.wait(number).await {
                return;
            }
            match turn % 23 {
                // It dies, and what it holds is left to its lease.
                0 => continue,
                // It dies in the middle of a unit.
                1 => {
                    for job in &jobs {
                        cut_after(turn % 7, self.complete(job)).await;
                    }
                    continue;
                }
                // It stands still until its leases have run out, and goes on as if nothing had happened.
                2 if stalls < STALLS && !jobs.is_empty() => {
                    if let Ok(_alone) = self.standing.try_lock() {
                        stalls += 1;
                        self.pass(self.now().plus(LEASE));
                        self.stand_still(&jobs[0]).await;
                    }
                }
                _ => {}
            }
            for job in &jobs {
                retry_conflicts(|| self.complete(job).boxed()).await;
            }
        }
    }

    /// Waits until another worker has taken over this job, however busy the machine is.
    async fn stand_still(&self, held: &ClaimedJob) {
        while self.holds(held).await {
            sleep(Duration::from_millis(1)).await;
        }
    }

    async fn holds(&self, job: &ClaimedJob) -> bool {
        let before = JobId::new(Uuid::from_u128(job.id.uuid().as_u128() - 1));
        let next = self.given.read().await.jobs().list(None, Some(before), 1).await.unwrap();
        next.iter().any(|found| found.id == job.id && found.attempt == job.attempt)
    }

    async fn claim(&self, number: usize) -> PortResult<Vec<ClaimedJob>> {
        let (now, limit) = (self.now(), if number.is_multiple_of(2) { 1 } else { 4 });
        let mut unit = self.given.db.begin().await?;
        let jobs = unit.jobs().claim(&KIND, now, now.plus(LEASE), limit).await?;
        unit.commit().await?;
        let again = jobs.iter().find(|job| job.attempt > MOST_ATTEMPTS);
        assert_eq!(again, None, "a job is given again and again");
        Ok(jobs)
    }

    /// Waits for what others hold and for what is not due, which the first worker lets pass; whether anything is left.
    async fn wait(&self, number: usize) -> bool {
        let mut unit = self.given.unit().await;
        let next_due = unit.jobs().next_due(&KIND).await.unwrap();
        unit.rollback().await.unwrap();
        let Some(next_due) = next_due else { return false };
        sleep(Duration::from_millis(10)).await;
        if number == 0 {
            self.pass(next_due);
        }
        true
    }

    /// The effect and the completion in one unit; nothing if the job is not held any more.
    async fn complete(&self, job: &ClaimedJob) -> PortResult<()> {
        let mut unit = self.given.db.begin().await?;
        unit.jobs().enqueue(&receipt(job)).await?;
        if unit.jobs().complete(job.id, job.attempt).await? {
            return unit.commit().await;
        }
        self.refused.fetch_add(1, Ordering::SeqCst);
        unit.rollback().await
    }
}

/// Again whenever a race for a lock was lost.
async fn retry_conflicts<'a, T>(unit: impl Fn() -> BoxFuture<'a, PortResult<T>>) -> T {
    loop {
        match unit().await {
            Ok(value) => return value,
            Err(error) => assert_eq!(error.retry(), Retry::Now, "{error:?}"),
        }
    }
}

/// All that is in the queue.
async fn everything(given: &Given) -> Vec<JobRecord> {
    let mut all: Vec<JobRecord> = Vec::new();
    loop {
        let after = all.last().map(|job| job.id);
        let page = given.read().await.jobs().list(None, after, 1000).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub(crate) async fn job_21_each_of_many_jobs_takes_effect_once_though_workers_die_and_stall<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    // They become due in groups, so that leases run out while there is more to do.
    let jobs: Vec<NewJob> = (0..20)
        .flat_map(|group| (0..JOBS / 20).map(move |_| NewJob { run_at: at(group * 90), ..fill::job() }))
        .collect();
    given.jobs(&jobs).await;
    let concurrency = Arc::new(Concurrency {
        given: given.clone(),
        micros: AtomicI64::new(at(0).unix_micros()),
        standing: Mutex::new(()),
        refused: AtomicUsize::new(0),
    });
    let mut workers = JoinSet::new();
    for number in 0..WORKERS {
        workers.spawn(Arc::clone(&concurrency).work(number));
    }
    workers.join_all().await;

    let mut effects: HashMap<String, usize> = HashMap::new();
    for job in everything(&given).await {
        assert_eq!(job.kind, fill::RECEIPT, "a job is left: {job:?}");
        *effects.entry(job.payload.json()["blob"].to_string()).or_default() += 1;
    }
    assert_eq!(effects.len(), JOBS, "jobs were lost");
    let double = effects.values().filter(|times| **times > 1).count();
    assert_eq!(double, 0, "jobs took effect twice");
    assert!(concurrency.refused.load(Ordering::SeqCst) > 0, "no answer was late: this rule shows nothing");
}
