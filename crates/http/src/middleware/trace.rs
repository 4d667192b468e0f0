//! The span of a request, and the trace that it belongs to (W3C Trace Context).

use std::future::Future;

use actix_web::dev::RequestHead;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::http::{Method, StatusCode};
use fm_domain::trace::{TraceContext, TraceId};
use tracing::Span;
use tracing::field::{Empty, display};
use uuid::Uuid;

use super::request_id::RequestId;
use crate::notes::KnownUser;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A request in its trace: its caller's, or a new one.
pub(super) struct RequestTrace {
    span: Span,
    context: TraceContext,
    method: Method,
}

impl RequestTrace {
    pub(super) fn begin(head: &RequestHead, id: &RequestId, fresh: Uuid) -> Self {
        let span = tracing::debug_span!(
            target: "fm::http",
            parent: None,
            "request",
            otel.kind = "server",
            otel.status_code = Empty,
            request.id = id.as_str(),
            http.request.method = head.method.as_str(),
            http.route = Empty,
            http.response.status_code = Empty,
            user.id = Empty,
            session.id = Empty,
        );
        let context = fm_traces::begin(&span, caller(&head.headers), || TraceContext::fresh(fresh));
        Self { span, context, method: head.method.clone() }
    }

    /// The id of the trace.
    pub(super) const fn id(&self) -> TraceId {
        self.context.trace()
    }

    /// Handles the request in its span.
    pub(super) async fn run<F: Future>(&self, handle: F) -> F::Output {
        fm_traces::within(self.context, self.span.clone(), handle).await
    }

    /// Says what became of the request.
    pub(super) fn end(&self, route: &str, status: StatusCode, known: Option<KnownUser>) {
        if self.span.is_disabled() {
            return;
        }
        fm_traces::rename(&self.span, format!("{} {route}", self.method));
        self.span.record("http.route", route);
        self.span.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.span.record("otel.status_code", "ERROR");
        }
        if let Some(KnownUser { user, session }) = known {
            self.span.record("user.id", display(user));
            self.span.record("session.id", display(session));
        }
    }
}

/// The span of the caller. A malformed field counts as absent, and so do two of them (section 3.2.1).
fn caller(headers: &HeaderMap) -> Option<TraceContext> {
    let mut fields = headers.get_all(TRACEPARENT);
    let (field, another) = (fields.next()?, fields.next());
    field.to_str().ok()?.parse().ok().filter(|_| another.is_none())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderMap, HeaderValue};

    use super::{TRACEPARENT, caller};

    const FIELD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn read(fields: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(TRACEPARENT, HeaderValue::from_static(field));
        }
        caller(&headers).map(|context| context.to_string())
    }

    #[test]
    fn the_span_of_the_caller_is_read() {
        assert_eq!(read(&[FIELD]).as_deref(), Some(FIELD));
    }

    #[test]
    fn a_malformed_field_and_two_of_them_count_as_absent() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["00-x"]), None);
        assert_eq!(read(&[FIELD, FIELD]), None);
    }
}
