//! Requests, as those who measure are told of them.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::{Method, StatusCode};
use tokio::time::Instant;

use super::log::Route;
use crate::state::State;
use crate::traffic::ObservedRequest;

/// A request in flight, which is told to the observer when this is dropped: a handler that is dropped midway had a client that
/// went away.
pub(super) struct MeasuredRequest {
    /// The worker's own: what workers share costs more with each of them.
    state: State,
    request: ObservedRequest,
    begun: Instant,
}

impl MeasuredRequest {
    pub(super) fn begin(state: State, method: &Method, begun: Instant) -> Self {
        state.traffic.request_begins();
        Self {
            state,
            request: ObservedRequest {
                route: None,
                method: method.clone(),
                status: None,
                took: Duration::ZERO,
            },
            begun,
        }
    }

    pub(super) fn end(mut self, request: &HttpRequest, status: StatusCode, took: Duration) {
        self.request.route = request.app_data::<Route>().map(|route| route.0);
        self.request.status = Some(status);
        self.request.took = took;
    }
}

impl Drop for MeasuredRequest {
    fn drop(&mut self) {
        if self.request.status.is_none() {
            self.request.took = self.begun.elapsed();
        }
        self.state.observer.ended(&self.request);
        self.state.traffic.request_ends();
    }
}
