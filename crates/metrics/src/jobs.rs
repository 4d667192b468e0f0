//! Jobs that were run.

use std::time::Duration;

use fm_application::jobs::JobOutcome;
use fm_domain::jobs::JobKind;
use prometheus::{HistogramVec, IntCounterVec, Result};

use crate::Metrics;
use crate::metrics::{Families, LONG};

/// Attempts of jobs, by kind.
pub(crate) struct JobMetrics {
    runs: IntCounterVec,
    durations: HistogramVec,
}

impl JobMetrics {
    pub(crate) fn new(families: &Families) -> Result<Self> {
        Ok(Self {
            runs: families.counters(
                "file_manager_job_runs_total",
                "Attempts of jobs by how they ended: done, retried, dead (failed for good) or lost (to another worker).",
                &["kind", "outcome"],
            )?,
            durations: families.histograms(
                "file_manager_job_duration_seconds",
                "Time that an attempt of a job took.",
                &["kind"],
                LONG,
            )?,
        })
    }

    /// Makes the metrics of this kind before its first job ends.
    pub(crate) fn expect(&self, kind: &JobKind) -> Result<()> {
        for outcome in JobOutcome::ALL {
            self.runs.get_metric_with_label_values(&[kind.as_str(), outcome.as_str()])?;
        }
        self.durations.get_metric_with_label_values(&[kind.as_str()]).map(drop)
    }
}

impl Metrics {
    /// An attempt of a job of this kind, one that this program knows, ended so after `took`.
    pub fn job_ended(&self, kind: &JobKind, outcome: JobOutcome, took: Duration) {
        let labels = [kind.as_str(), outcome.as_str()];
        if let Ok(runs) = self.jobs.runs.get_metric_with_label_values(&labels) {
            runs.inc();
        }
        if let Ok(duration) = self.jobs.durations.get_metric_with_label_values(&[kind.as_str()]) {
            duration.observe(took.as_secs_f64());
        }
    }
}
