//! What is asked of the application at a scrape: the queue, the stores, and what sweeps did.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_application::jobs::Swept;
use fm_application::wiring::UseCases;
use fm_domain::clock::Timestamp;
use fm_domain::jobs::{JobKind, JobState, QueueDepth};
use prometheus::{GaugeVec, IntCounterVec, IntGauge, IntGaugeVec, Result};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::Metrics;
use crate::metrics::{Families, Probe, raise, set};

/// How long the queue may take to be counted.
const COUNT_TIMEOUT: Duration = Duration::from_secs(2);
/// For how long a count is given again: it reads the whole queue.
const FRESH_FOR: Duration = Duration::from_secs(5);
/// What stands for kinds that this version does not know.
const OTHER_KIND: &str = "other";

/// The metrics of what is asked.
#[derive(Clone)]
pub(crate) struct ApplicationMetrics {
    jobs: IntGaugeVec,
    oldest_due: GaugeVec,
    queue_up: IntGauge,
    dependencies: IntGaugeVec,
    findings: IntCounterVec,
}

impl ApplicationMetrics {
    pub(crate) fn new(of: &Families) -> Result<Self> {
        Ok(Self {
            jobs: of.gauges(
                "file_manager_jobs",
                "Jobs in the queue, of all nodes together; absent while the queue is out of reach.",
                &["kind", "state"],
            )?,
            oldest_due: of.seconds_gauges(
                "file_manager_jobs_oldest_due_seconds",
                "For how long the longest due job has been due; 0 where none is.",
                &["kind"],
            )?,
            queue_up: of.gauge("file_manager_queue_up", "Whether the queue could be counted: 1 or 0.")?,
            dependencies: of.gauges(
                "file_manager_dependency_up",
                "Whether a store answered in time, as at /health/ready: 1 or 0.",
                &["dependency"],
            )?,
            findings: of.counters(
                "file_manager_sweep_findings_total",
                "What sweeps of this process cleaned up, and blobs that they could not delete (failed).",
                &["finding"],
            )?,
        })
    }
}

impl Metrics {
    /// Asks the queue and the stores of these use cases, with time-outs, whenever Prometheus asks; tells what their sweeps did.
    pub fn watch_application(&self, use_cases: &Arc<UseCases>) -> Result<()> {
        let kinds = use_cases.jobs.run_next.kinds();
        for kind in &kinds {
            self.jobs.expect(kind)?;
        }
        let metrics = self.application.clone();
        self.probe(Arc::new(QueueProbe {
            use_cases: Arc::clone(use_cases),
            kinds,
            metrics: metrics.clone(),
            counted: Mutex::default(),
        }));
        self.probe(Arc::new(StoreProbe { use_cases: Arc::clone(use_cases), metrics: metrics.clone() }));
        let use_cases = Arc::clone(use_cases);
        self.sample(move || tell_findings(&metrics.findings, &use_cases.jobs.run_next.swept()));
        Ok(())
    }
}

fn tell_findings(counters: &IntCounterVec, swept: &Swept) {
    let Swept { cancelled, deleted, failed, uploads, keys, sessions, audit, operations } = *swept;
    let findings = [
        ("cancelled", cancelled),
        ("deleted", deleted),
        ("failed", failed),
        ("uploads", uploads),
        ("keys", keys),
        ("sessions", sessions),
        ("audit", audit),
        ("operations", operations),
    ];
    for (finding, total) in findings {
        if let Ok(counter) = counters.get_metric_with_label_values(&[finding]) {
            raise(&counter, total);
        }
    }
}

/// Counts the queue.
struct QueueProbe {
    use_cases: Arc<UseCases>,
    kinds: Vec<JobKind>,
    metrics: ApplicationMetrics,
    /// When it was counted last, well or not.
    counted: Mutex<Option<Instant>>,
}

#[async_trait]
impl Probe for QueueProbe {
    async fn refresh(&self) {
        let mut counted = self.counted.lock().await;
        if counted.is_some_and(|at| at.elapsed() < FRESH_FOR) {
            return;
        }
        let count = timeout(COUNT_TIMEOUT, self.use_cases.jobs.measure.run()).await;
        *counted = Some(Instant::now());
        if let Ok(Ok((now, depths))) = count {
            self.tell(now, &depths);
            self.metrics.queue_up.set(1);
        } else {
            // Numbers of long ago would say that all is well.
            self.metrics.jobs.reset();
            self.metrics.oldest_due.reset();
            self.metrics.queue_up.set(0);
        }
    }
}

impl QueueProbe {
    fn tell(&self, now: Timestamp, depths: &[QueueDepth]) {
        for (kind, [waiting, running, dead], due_for) in by_kind(&self.kinds, now, depths) {
            let states = [(JobState::Waiting, waiting), (JobState::Running, running), (JobState::Dead, dead)];
            for (state, count) in states {
                if let Ok(gauge) = self.metrics.jobs.get_metric_with_label_values(&[kind, state.as_str()]) {
                    set(&gauge, count);
                }
            }
            if let Ok(gauge) = self.metrics.oldest_due.get_metric_with_label_values(&[kind]) {
                gauge.set(due_for.as_secs_f64());
            }
        }
    }
}

/// Of each kind that is known, and of all others together: jobs that wait, run and are dead, and for how long the longest due
/// is due.
fn by_kind<'k>(
    kinds: &'k [JobKind],
    now: Timestamp,
    depths: &[QueueDepth],
) -> Vec<(&'k str, [u64; 3], Duration)> {
    let names = kinds.iter().map(JobKind::as_str).chain([OTHER_KIND]);
    let mut counts: BTreeMap<&str, ([u64; 3], Duration)> =
        names.map(|name| (name, Default::default())).collect();
    for depth in depths {
        let known = kinds.iter().map(JobKind::as_str).find(|name| *name == depth.kind.as_str());
        let (jobs, longest) = counts.entry(known.unwrap_or(OTHER_KIND)).or_default();
        for (sum, count) in jobs.iter_mut().zip([depth.waiting, depth.running, depth.dead]) {
            *sum += count;
        }
        *longest = depth.oldest_due.map_or(*longest, |due| now.since(due).max(*longest));
    }
    counts.into_iter().map(|(name, (jobs, longest))| (name, jobs, longest)).collect()
}

/// Asks every store whether it is there.
struct StoreProbe {
    use_cases: Arc<UseCases>,
    metrics: ApplicationMetrics,
}

#[async_trait]
impl Probe for StoreProbe {
    async fn refresh(&self) {
        let ready = self.use_cases.operations.check_readiness.run().await;
        let stores = [
            ("database", ready.database),
            ("blob_store", ready.blob_store),
            ("session_store", ready.session_store),
        ];
        for (store, is_up) in stores {
            if let Ok(gauge) = self.metrics.dependencies.get_metric_with_label_values(&[store]) {
                gauge.set(i64::from(is_up));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, JobKind, QueueDepth, Timestamp, by_kind};

    fn depth(kind: &'static str, numbers: [u64; 3], due_at: Option<i64>) -> QueueDepth {
        let [waiting, running, dead] = numbers;
        let oldest_due = due_at.map(Timestamp::from_unix_seconds);
        QueueDepth { kind: JobKind::new(kind), waiting, running, dead, oldest_due }
    }

    #[test]
    fn kinds_that_are_not_known_are_counted_together_and_all_known_ones_are_told() {
        let kinds = [JobKind::new("paint"), JobKind::new("sweep")];
        let depths = [
            depth("index_words", [1, 2, 3], Some(40)),
            depth("paint", [4, 0, 0], Some(90)),
            depth("render_\"video\"", [10, 20, 30], Some(60)),
        ];
        let told = by_kind(&kinds, Timestamp::from_unix_seconds(100), &depths);
        let expected = [
            ("other", [11, 22, 33], Duration::from_mins(1)),
            ("paint", [4, 0, 0], Duration::from_secs(10)),
            ("sweep", [0, 0, 0], Duration::ZERO),
        ];
        assert_eq!(told, expected);
    }
}
