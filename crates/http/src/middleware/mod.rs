//! The middleware: the one layer that every request and every answer passes.
//!
//! It names the request, answers preflights, renders problems, turns `HEAD` into `GET` without a body, and writes the
//! line of the log.

mod cors;
mod failures;
mod head;
mod head_size;
mod log;
mod measure;
mod method;
mod request_id;
mod security;
mod trace;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use tokio::time::Instant;

pub(crate) use failures::FailureLines;
pub(crate) use head::IsHead;
pub(crate) use head_size::MAX_HEAD;
pub(crate) use log::Route;
pub(crate) use request_id::RequestId;
pub(crate) use security::{EMBEDDABLE, secure};

use crate::auth::find_client_address;
use crate::limits::describe_limits;
use crate::problem::{Code, Problem};
use crate::state::State;
use log::RequestLog;
use measure::MeasuredRequest;
use trace::RequestTrace;

/// A field that every answer of a route has.
#[derive(Clone)]
pub(crate) struct ResponseHeader(pub(crate) HeaderName, pub(crate) HeaderValue);

/// Passes a request on and finishes its answer.
pub(crate) async fn handle(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<State>().cloned() else {
        return Err(Problem::defect("the application has no state").into());
    };
    // The request and the trace that it begins have one name, where its caller gave neither.
    let fresh = state.ids.uuid();
    let id = RequestId::of(request.headers(), fresh);
    let client = find_client_address(&request, &state.settings.trusted_proxies);
    let begun = Instant::now();
    let measured = MeasuredRequest::begin(state.clone(), request.method(), begun);
    let trace = RequestTrace::begin(request.head(), &id, fresh);
    let log = RequestLog::begin(&id, trace.id(), request.head(), client, begun);
    let is_head = request.method() == Method::HEAD;
    if let Some(meant) = method::meant(request.head()) {
        request.head_mut().method = meant;
    }
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(IsHead);
    }
    let held = head::HeldBody::of(&mut request);
    let cors = cors::Cors::of(&state.settings.cors, request.headers());

    let is_too_large = head_size::is_too_large(request.head());

    let response = if is_too_large {
        request.error_response(Problem::of(Code::HeaderFieldsTooLarge))
    } else if let Some(preflight) = cors.preflight(request.method(), request.headers()) {
        request.into_response(preflight)
    } else {
        trace.run(next.call(request)).await?.map_into_boxed_body()
    };
    let (request, response) = response.into_parts();
    let (mut response, code) = match problem_of(&response) {
        Some(problem) => {
            log::failure(&state.failures, &id, trace.id(), &problem);
            (problem.render(id.as_str()), Some(problem.code()))
        }
        None => (response, None),
    };
    let size = response.body().size();
    if is_head {
        response = head::without_body(response);
    }
    if is_too_large {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    if let Some(held) = held {
        if !held.is_read() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response = held.until_written(response);
    }
    if let Some(ResponseHeader(name, value)) = request.app_data() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    describe_limits(&request, response.headers_mut());
    cors.decorate(response.headers_mut());
    secure(response.headers_mut(), &state.settings);
    response.headers_mut().insert(RequestId::HEADER, id.header());
    let took = begun.elapsed();
    measured.end(&request, response.status(), took);
    log.end(&request, &response, size, code, &trace, took);
    Ok(ServiceResponse::new(request, response))
}

/// The problem behind an answer: a handler's own, or one for an error of the server's.
fn problem_of(response: &HttpResponse) -> Option<Refusal<'_>> {
    let error = response.error()?;
    Some(match error.as_error::<Problem>() {
        Some(problem) => Refusal::Ours(problem),
        None => Refusal::Theirs(Problem::of(Code::of_status(error.as_response_error().status_code()))),
    })
}

/// A problem of ours, or one made for an error that is not.
enum Refusal<'a> {
    Ours(&'a Problem),
    Theirs(Problem),
}

impl std::ops::Deref for Refusal<'_> {
    type Target = Problem;

    fn deref(&self) -> &Problem {
        match self {
            Self::Ours(problem) => problem,
            Self::Theirs(problem) => problem,
        }
    }
}

/// Whether the client asked by `HEAD`.
pub(crate) fn is_head(request: &HttpRequest) -> bool {
    request.extensions().get::<IsHead>().is_some()
}
