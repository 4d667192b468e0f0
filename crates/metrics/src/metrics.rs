//! All metrics of a process.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::join_all;
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, Result, TextEncoder,
};

use crate::application::ApplicationMetrics;
use crate::decorators::DecoratorMetrics;
use crate::jobs::JobMetrics;
use crate::ports::PortCalls;
use crate::process;
use crate::sources::Sources;
use crate::threads::PerThread;

/// Upper bounds in seconds for what clients and ports wait for.
pub(crate) const SHORT: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Upper bounds in seconds for work in the background.
pub(crate) const LONG: &[f64] =
    &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

/// Something that is asked, with a time-out of its own, whenever Prometheus asks.
#[async_trait]
pub(crate) trait Probe: Send + Sync {
    async fn refresh(&self);
}

/// Reads values that are counted elsewhere.
type Sampler = Box<dyn Fn() + Send + Sync>;

/// Adds up what threads counted.
type Sum = Box<dyn Fn() -> Vec<MetricFamily> + Send + Sync>;

/// All metrics of a process.
pub struct Metrics {
    registry: Registry,
    samplers: Mutex<Vec<Sampler>>,
    sums: Mutex<Vec<Sum>>,
    probes: Mutex<Vec<Arc<dyn Probe>>>,
    /// One scrape after the other: samplers add the difference to the last.
    scrapes: tokio::sync::Mutex<()>,
    pub(crate) application: ApplicationMetrics,
    pub(crate) sources: Sources,
    pub(crate) ports: Arc<PerThread<PortCalls>>,
    pub(crate) jobs: JobMetrics,
    pub(crate) decorators: DecoratorMetrics,
}

impl Metrics {
    /// The metrics of this process, which runs this version of the program.
    pub fn new(version: &str) -> Result<Arc<Self>> {
        let registry = Registry::new();
        let families = Families::in_registry(&registry);
        let build = families.gauges(
            "file_manager_build_info",
            "Always 1; its label tells the version.",
            &["version"],
        )?;
        build.get_metric_with_label_values(&[version])?.set(1);
        let metrics = Self {
            application: ApplicationMetrics::new(&families)?,
            sources: Sources::new(&families)?,
            ports: Arc::new(PerThread::new(PortCalls::new)?),
            jobs: JobMetrics::new(&families)?,
            decorators: DecoratorMetrics::new(&families)?,
            samplers: Mutex::default(),
            sums: Mutex::default(),
            probes: Mutex::default(),
            scrapes: tokio::sync::Mutex::default(),
            registry,
        };
        metrics.sample(process::sampler(&families)?);
        metrics.gather(&metrics.ports);
        Ok(Arc::new(metrics))
    }

    /// All of them in the text format of Prometheus (version 0.0.4). What is asked of the application for it takes three seconds
    /// at most.
    pub async fn text(&self) -> Result<String> {
        let _one_by_one = self.scrapes.lock().await;
        let probes = self.probes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        join_all(probes.iter().map(|probe| probe.refresh())).await;
        for sampler in self.samplers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            sampler();
        }
        let mut families = self.registry.gather();
        for sum in self.sums.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            families.extend(sum());
        }
        families.sort_by(|one, another| one.name().cmp(another.name()));
        TextEncoder::new().encode_to_string(&families)
    }

    /// Has `sampler` run before every scrape.
    pub(crate) fn sample(&self, sampler: impl Fn() + Send + Sync + 'static) {
        self.samplers.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(sampler));
    }

    /// Tells what threads counted in these at every scrape.
    pub(crate) fn gather<M: Send + 'static>(&self, sets: &Arc<PerThread<M>>) {
        let sets = Arc::clone(sets);
        let sum = Box::new(move || sets.gather());
        self.sums.lock().unwrap_or_else(PoisonError::into_inner).push(sum);
    }

    /// Asks `probe` before every scrape, beside all others.
    pub(crate) fn probe(&self, probe: Arc<dyn Probe>) {
        self.probes.lock().unwrap_or_else(PoisonError::into_inner).push(probe);
    }
}

/// Brings a counter to a total that is counted elsewhere.
pub(crate) fn raise(counter: &IntCounter, total: u64) {
    counter.inc_by(total.saturating_sub(counter.get()));
}

/// Sets a gauge to a number of whatever type.
pub(crate) fn set(gauge: &IntGauge, number: u64) {
    gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
}

/// Makes metrics and adds them to the registry.
pub(crate) struct Families(Registry);

impl Families {
    pub(crate) fn in_registry(registry: &Registry) -> Self {
        Self(registry.clone())
    }

    fn add<C: Collector + Clone + 'static>(&self, made: Result<C>) -> Result<C> {
        let made = made?;
        self.0.register(Box::new(made.clone()))?;
        Ok(made)
    }

    pub(crate) fn counter(&self, name: &str, help: &str) -> Result<IntCounter> {
        self.add(IntCounter::new(name, help))
    }

    pub(crate) fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec> {
        self.add(IntCounterVec::new(Opts::new(name, help), labels))
    }

    pub(crate) fn seconds_counter(&self, name: &str, help: &str) -> Result<prometheus::Counter> {
        self.add(prometheus::Counter::new(name, help))
    }

    pub(crate) fn gauge(&self, name: &str, help: &str) -> Result<IntGauge> {
        self.add(IntGauge::new(name, help))
    }

    pub(crate) fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec> {
        self.add(IntGaugeVec::new(Opts::new(name, help), labels))
    }

    pub(crate) fn seconds_gauge(&self, name: &str, help: &str) -> Result<Gauge> {
        self.add(Gauge::new(name, help))
    }

    pub(crate) fn seconds_gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec> {
        self.add(GaugeVec::new(Opts::new(name, help), labels))
    }

    pub(crate) fn histograms(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        bounds: &[f64],
    ) -> Result<HistogramVec> {
        self.add(HistogramVec::new(HistogramOpts::new(name, help).buckets(bounds.to_vec()), labels))
    }
}
