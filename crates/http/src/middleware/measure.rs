//! Requests, as those who measure are told of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::{Method, StatusCode};

use super::log::Route;
use crate::state::AppState;
use crate::traffic::{InFlight, ObserveRequests, ObservedRequest};

/// A request in flight, which is told to the observer when this is dropped: a handler that is dropped midway had a client that
/// went away.
pub(super) struct MeasuredRequest {
    observer: Arc<dyn ObserveRequests>,
    request: ObservedRequest,
    begun: Instant,
    _in_flight: InFlight,
}

impl MeasuredRequest {
    pub(super) fn begin(state: &AppState, method: &Method) -> Self {
        Self {
            observer: Arc::clone(&state.observer),
            request: ObservedRequest {
                route: None,
                method: method.clone(),
                status: None,
                took: Duration::ZERO,
            },
            begun: Instant::now(),
            _in_flight: state.traffic.begin_request(),
        }
    }

    pub(super) fn end(mut self, request: &HttpRequest, status: StatusCode) {
        self.request.route = request.app_data::<Route>().map(|route| route.0);
        self.request.status = Some(status);
    }
}

impl Drop for MeasuredRequest {
    fn drop(&mut self) {
        self.request.took = self.begun.elapsed();
        self.observer.ended(&self.request);
    }
}
