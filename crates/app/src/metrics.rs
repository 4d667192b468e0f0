//! Metrics of a program that serves or works.

use std::sync::Arc;

use fm_application::wiring::UseCases;
use fm_http::{ObserveRequests, ObservedRequest, Traffic};
use fm_metrics::{Metrics, MetricsError, MetricsServer, Requests, RouteLabels, TrafficUse};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::StartError;
use crate::config::Config;

/// The metrics of this process.
pub(crate) fn new() -> Result<Arc<Metrics>, StartError> {
    Metrics::new(env!("CARGO_PKG_VERSION")).map_err(unusable)
}

/// Serves them where `METRICS_ADDR` says, as a task of `tracker` until `stop`; nowhere where it says nothing.
pub(crate) fn serve(
    config: &Config,
    metrics: &Arc<Metrics>,
    use_cases: &Arc<UseCases>,
    tracker: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(), StartError> {
    let Some(wanted) = config.metrics.address else { return Ok(()) };
    let server = MetricsServer::listen(wanted)
        .map_err(|source| StartError::Listen { address: wanted.to_string(), source })?;
    metrics.watch_application(use_cases).map_err(unusable)?;
    tracing::info!(address = %server.address(), "metrics are served");
    let (metrics, stop) = (Arc::clone(metrics), stop.clone());
    tracker.spawn(async move {
        if let Err(error) = server.serve(metrics, stop).await {
            tracing::error!(%error, "metrics are not served any more");
        }
    });
    Ok(())
}

/// Counts the requests of a server with these use cases, and tells what goes through it.
pub(crate) fn observe_requests(
    metrics: &Metrics,
    use_cases: &UseCases,
    traffic: &Arc<Traffic>,
) -> Result<Arc<dyn ObserveRequests>, StartError> {
    let traffic = Arc::clone(traffic);
    metrics.watch_traffic(move || TrafficUse {
        received: traffic.received_bytes(),
        sent: traffic.sent_bytes(),
        requests: traffic.requests(),
        uploads: traffic.uploads(),
    });
    let routes: Vec<RouteLabels> = fm_http::routes(use_cases)
        .into_iter()
        .map(|route| RouteLabels {
            route: route.route,
            methods: route.methods.iter().map(ToString::to_string).collect(),
        })
        .collect();
    Ok(Arc::new(CountedRequests(metrics.requests(&routes).map_err(unusable)?)))
}

struct CountedRequests(Requests);

impl ObserveRequests for CountedRequests {
    fn ended(&self, request: &ObservedRequest) {
        let status = request.status.map(|status| status.as_u16());
        self.0.ended(request.route, request.method.as_str(), status, request.took);
    }
}

fn unusable(source: MetricsError) -> StartError {
    StartError::adapter("the metrics can't be set up", source)
}
