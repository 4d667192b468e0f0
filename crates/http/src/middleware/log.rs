//! The line of the log that every request leaves, and the one that a failure leaves besides.
//!
//! Never in it: the query string, headers that carry credentials, bodies, names.

use std::time::Duration;

use actix_web::body::BodySize;
use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use fm_domain::error::{PortError, chain};
use fm_domain::trace::TraceId;
use tokio::time::Instant;

use super::failures::FailureLines;
use super::request_id::RequestId;
use super::trace::RequestTrace;
use crate::client_address::ClientAddress;
use crate::notes::noted;
use crate::problem::{Code, Problem};

/// The template of the route that a request was routed to: `/v1/files/{id}`.
#[derive(Clone, Copy)]
pub(crate) struct Route(pub(crate) &'static str);

/// Writes the line at the end of the request, or when its client goes away before.
pub(super) struct RequestLog<'a> {
    id: &'a RequestId,
    trace: TraceId,
    method: Method,
    client: Option<ClientAddress>,
    received: Option<u64>,
    begun: Instant,
    ended: bool,
}

impl<'a> RequestLog<'a> {
    pub(super) fn begin(
        id: &'a RequestId,
        trace: TraceId,
        head: &RequestHead,
        client: Option<ClientAddress>,
        begun: Instant,
    ) -> Self {
        let length = head.headers.get(header::CONTENT_LENGTH);
        Self {
            id,
            trace,
            method: head.method.clone(),
            client,
            received: length.and_then(|value| value.to_str().ok()?.parse().ok()),
            begun,
            ended: false,
        }
    }

    pub(super) fn end(
        mut self,
        request: &HttpRequest,
        response: &HttpResponse,
        size: BodySize,
        code: Option<Code>,
        trace: &RequestTrace,
        took: Duration,
    ) {
        self.ended = true;
        let route = request.app_data::<Route>().map_or("unknown", |route| route.0);
        let known = noted(request, |notes| notes.user);
        trace.end(route, response.status(), known);
        let sent = match size {
            BodySize::Sized(size) => Some(size),
            BodySize::None | BodySize::Stream => None,
        };
        // Texts alone, in buffers where they are made: what the log formats itself, a message too, takes several times as long.
        let (mut trace_id, mut user_id, mut session_id) = ([0; 32], [0; 36], [0; 36]);
        tracing::info!(
            message = "request",
            request.id = self.id.as_str(),
            trace_id = self.trace.encode(&mut trace_id),
            client.address = self.client.as_ref().map(ClientAddress::as_str),
            http.method = self.method.as_str(),
            http.route = route,
            http.status = response.status().as_u16(),
            duration_ms = took.as_secs_f64() * 1000.0,
            received_bytes = self.received,
            size_bytes = sent,
            user.id = known.map(|known| &*known.user.uuid().hyphenated().encode_lower(&mut user_id)),
            session.id = known.map(|known| &*known.session.uuid().hyphenated().encode_lower(&mut session_id)),
            problem.code = code.map(Code::name),
        );
    }
}

/// A handler that is dropped midway had a client that went away.
impl Drop for RequestLog<'_> {
    fn drop(&mut self) {
        if !self.ended {
            tracing::info!(
                request.id = self.id.as_str(),
                trace_id = %self.trace,
                client.address = self.client.as_ref().map(|client| tracing::field::display(client.as_str())),
                http.method = %self.method,
                duration_ms = self.begun.elapsed().as_secs_f64() * 1000.0,
                received_bytes = self.received,
                "request abandoned by its client"
            );
        }
    }
}

/// Writes down a failure of ours with the chain of its causes, at ERROR: so many of them a minute. Refusals leave no line of
/// their own, and neither does a load that clients make.
pub(super) fn failure(lines: &FailureLines, id: &RequestId, trace: TraceId, problem: &Problem) {
    if !problem.code().status().is_server_error() {
        return;
    }
    if problem.cause().is_some_and(PortError::is_overload) {
        return tracing::debug!(
            request.id = id.as_str(),
            trace_id = %trace,
            error = problem.cause().map(|cause| chain(cause)),
            "request refused for want of room"
        );
    }
    let Some(left_out) = lines.admit(problem.code()) else { return };
    tracing::error!(
        request.id = id.as_str(),
        trace_id = %trace,
        problem.code = problem.code().name(),
        error = problem.cause().map(|cause| chain(cause)),
        left_out = (left_out > 0).then_some(left_out),
        "request failed"
    );
}
