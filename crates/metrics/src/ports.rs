//! Calls of ports.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use fm_decorators::{Outcome, PortObserver};
use foldhash::fast::RandomState;
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, Result};

use crate::Metrics;
use crate::metrics::{Families, SHORT};

/// Operations that have metrics of their own at most; all others are counted together.
const MOST_OPERATIONS: usize = 400;
const OTHER: &str = "other";

/// Counts the calls of a thread by operation. The children of an operation are made at its first call.
pub(crate) struct PortCalls {
    calls: IntCounterVec,
    durations: HistogramVec,
    operations: RefCell<HashMap<&'static str, OperationMetrics, RandomState>>,
}

struct OperationMetrics {
    duration: Histogram,
    /// In the order of [`Outcome::ALL`].
    outcomes: Vec<IntCounter>,
}

impl OperationMetrics {
    fn count(&self, outcome: Outcome, took: Duration) {
        let place = Outcome::ALL.iter().position(|known| *known == outcome);
        if let Some(counter) = place.and_then(|place| self.outcomes.get(place)) {
            counter.inc();
        }
        self.duration.observe(took.as_secs_f64());
    }
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
            operations: RefCell::default(),
        };
        // There from the start, so that dashboards and alerts find the names.
        calls.add(OTHER)?;
        Ok(calls)
    }

    fn count(&self, operation: &'static str, outcome: Outcome, took: Duration) {
        if let Some(known) = self.operations.borrow().get(operation) {
            return known.count(outcome, took);
        }
        // A name that makes no metrics is counted nowhere.
        if let Ok(name) = self.add(operation)
            && let Some(added) = self.operations.borrow().get(name)
        {
            added.count(outcome, took);
        }
    }

    /// Makes the metrics of an operation; the name that they have.
    fn add(&self, operation: &'static str) -> Result<&'static str> {
        let mut operations = self.operations.borrow_mut();
        let name = if operations.len() < MOST_OPERATIONS { operation } else { OTHER };
        if operations.contains_key(name) {
            return Ok(name);
        }
        let outcome = |outcome: Outcome| self.calls.get_metric_with_label_values(&[name, outcome.as_str()]);
        let metrics = OperationMetrics {
            duration: self.durations.get_metric_with_label_values(&[name])?,
            outcomes: Outcome::ALL.into_iter().map(outcome).collect::<Result<_>>()?,
        };
        operations.insert(name, metrics);
        Ok(name)
    }
}

impl PortObserver for Metrics {
    fn called(&self, operation: &'static str, outcome: Outcome, took: Duration) {
        if let Some(ports) = self.ports.mine() {
            ports.count(operation, outcome, took);
        }
    }
}
