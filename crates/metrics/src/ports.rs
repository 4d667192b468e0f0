//! Calls of ports.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use fm_decorators::{Outcome, PortObserver};
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, Result};

use crate::Metrics;
use crate::metrics::{Families, SHORT};

/// Operations that have metrics of their own at most; all others are counted together.
const MOST_OPERATIONS: usize = 400;
const OTHER: &str = "other";

/// Counts calls by operation. The children of an operation are made at its first call.
pub(crate) struct PortCalls {
    calls: IntCounterVec,
    durations: HistogramVec,
    operations: RwLock<HashMap<&'static str, Arc<OperationMetrics>>>,
}

struct OperationMetrics {
    duration: Histogram,
    /// In the order of [`Outcome::ALL`].
    outcomes: Vec<IntCounter>,
}

impl PortCalls {
    pub(crate) fn new(families: &Families) -> Result<Self> {
        let calls = Self {
            calls: families.counters(
                "file_manager_port_calls_total",
                "Calls of databases, stores and other adapters, by how they ended.",
                &["operation", "outcome"],
            )?,
            durations: families.histograms(
                "file_manager_port_call_duration_seconds",
                "Time that a call of an adapter took.",
                &["operation"],
                SHORT,
            )?,
            operations: RwLock::default(),
        };
        // There from the start, so that dashboards and alerts find the names.
        calls.add(OTHER)?;
        Ok(calls)
    }

    fn of(&self, operation: &'static str) -> Option<Arc<OperationMetrics>> {
        let known = self.operations.read().unwrap_or_else(PoisonError::into_inner).get(operation).cloned();
        known.or_else(|| self.add(operation).ok())
    }

    fn add(&self, operation: &'static str) -> Result<Arc<OperationMetrics>> {
        let mut operations = self.operations.write().unwrap_or_else(PoisonError::into_inner);
        let name = if operations.len() < MOST_OPERATIONS { operation } else { OTHER };
        if let Some(known) = operations.get(name) {
            return Ok(Arc::clone(known));
        }
        let outcome = |outcome: Outcome| self.calls.get_metric_with_label_values(&[name, outcome.as_str()]);
        let metrics = Arc::new(OperationMetrics {
            duration: self.durations.get_metric_with_label_values(&[name])?,
            outcomes: Outcome::ALL.into_iter().map(outcome).collect::<Result<_>>()?,
        });
        operations.insert(name, Arc::clone(&metrics));
        Ok(metrics)
    }
}

impl PortObserver for Metrics {
    fn called(&self, operation: &'static str, outcome: Outcome, took: Duration) {
        let Some(metrics) = self.ports.of(operation) else { return };
        let place = Outcome::ALL.iter().position(|known| *known == outcome);
        if let Some(counter) = place.and_then(|place| metrics.outcomes.get(place)) {
            counter.inc();
        }
        metrics.duration.observe(took.as_secs_f64());
    }
}
