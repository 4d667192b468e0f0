//! Requests of clients, by route.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, Result};

use crate::Metrics;
use crate::metrics::{Families, SHORT};
use crate::threads::PerThread;

/// What stands for a path that is no route, and for a request whose client went away.
const UNKNOWN_ROUTE: &str = "unknown";
/// What stands for a method that its route does not have.
const OTHER_METHOD: &str = "other";
/// How a request ended: by the class of its status, or without an answer.
const STATUSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "abandoned"];
const ABANDONED: usize = 5;

/// A route and its methods, as labels.
#[derive(Debug, Clone)]
pub struct RouteLabels {
    /// Its template: `/v1/files/{id}`.
    pub route: &'static str,
    /// Its methods.
    pub methods: Vec<String>,
}

/// The families, without their children.
struct RequestFamilies {
    ended: IntCounterVec,
    durations: HistogramVec,
}

impl RequestFamilies {
    fn new(families: &Families) -> Result<Self> {
        Ok(Self {
            ended: families.counters(
                "file_manager_http_requests_total",
                "Requests that ended, by the class of their status; abandoned: the client went away before the answer.",
                &["route", "method", "status"],
            )?,
            durations: families.histograms(
                "file_manager_http_request_duration_seconds",
                "Time from the head of a request to the head of its answer.",
                &["route", "method"],
                SHORT,
            )?,
        })
    }

    fn of(&self, route: &str, method: &str) -> Result<MethodMetrics> {
        let status = |status| self.ended.get_metric_with_label_values(&[route, method, status]);
        Ok(MethodMetrics {
            duration: self.durations.get_metric_with_label_values(&[route, method])?,
            statuses: STATUSES.into_iter().map(status).collect::<Result<_>>()?,
        })
    }
}

/// The children of one method of a route.
struct MethodMetrics {
    duration: Histogram,
    /// In the order of [`STATUSES`].
    statuses: Vec<IntCounter>,
}

/// The children of a route.
struct RouteMetrics {
    route: &'static str,
    methods: Vec<(String, MethodMetrics)>,
    /// Made when it is needed first: most routes never see another method.
    other: OnceLock<Option<MethodMetrics>>,
}

/// Counts requests. All children of its routes are there from the start, so that counting allocates nothing.
pub struct Requests(Arc<PerThread<ThreadRequests>>);

/// The requests of one thread.
struct ThreadRequests {
    families: RequestFamilies,
    routes: HashMap<&'static str, RouteMetrics, RandomState>,
    unknown: RouteMetrics,
}

impl Metrics {
    /// Counts the requests of a server with these routes. To be called once: a second server would have families of the same name.
    pub fn requests(&self, routes: &[RouteLabels]) -> Result<Requests> {
        let routes = routes.to_vec();
        let requests = Arc::new(PerThread::new(move |families| ThreadRequests::new(families, &routes))?);
        self.gather(&requests);
        Ok(Requests(requests))
    }
}

impl Requests {
    /// A request ended after `took`: of the route with this template, by this method, with this status or without an answer.
    pub fn ended(&self, route: Option<&str>, method: &str, status: Option<u16>, took: Duration) {
        if let Some(requests) = self.0.mine() {
            requests.ended(route, method, status, took);
        }
    }
}

impl ThreadRequests {
    fn new(families: &Families, routes: &[RouteLabels]) -> Result<Self> {
        let families = RequestFamilies::new(families)?;
        let measured = |labels: &RouteLabels| {
            let of = |method: &String| Ok((method.clone(), families.of(labels.route, method)?));
            let methods = labels.methods.iter().map(of).collect::<Result<_>>()?;
            Ok((labels.route, RouteMetrics { route: labels.route, methods, other: OnceLock::new() }))
        };
        let routes = routes.iter().map(measured).collect::<Result<_>>()?;
        let unknown = RouteMetrics { route: UNKNOWN_ROUTE, methods: Vec::new(), other: OnceLock::new() };
        Ok(Self { families, routes, unknown })
    }

    fn ended(&self, route: Option<&str>, method: &str, status: Option<u16>, took: Duration) {
        let route = route.and_then(|route| self.routes.get(route)).unwrap_or(&self.unknown);
        let known = route.methods.iter().find(|(name, _)| name == method).map(|(_, metrics)| metrics);
        let other = || {
            let made = route.other.get_or_init(|| self.families.of(route.route, OTHER_METHOD).ok());
            made.as_ref()
        };
        let Some(metrics) = known.or_else(other) else { return };
        let class = status.map_or(ABANDONED, |status| usize::from(status / 100).clamp(1, 5) - 1);
        if let Some(counter) = metrics.statuses.get(class) {
            counter.inc();
        }
        metrics.duration.observe(took.as_secs_f64());
    }
}
