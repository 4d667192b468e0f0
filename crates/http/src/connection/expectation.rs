//! `Expect: 100-continue` (RFC 9110, section 10.1.1): a client is told to send its body when the application wants the first
//! byte of it, so that a refusal that needs only the head comes instead.
//!
//! The HTTP library asks a service of its own what to do with an expectation, and sends `100 Continue` when that service
//! gives the request back. Here that service is the application itself. It runs until it has an answer, which is sent at
//! once, or until it waits for the body: then it is put aside inside of a request that stands for it, `100 Continue` is sent,
//! and it goes on where it was.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::Request;
use actix_web::HttpMessage as _;
use actix_web::body::BoxBody;
use actix_web::dev::{self, Service, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::web::Bytes;
use futures_util::future::{Either, LocalBoxFuture};
use futures_util::{FutureExt as _, Stream, StreamExt as _, TryFutureExt as _};

use super::watch::Watch;

type Response = dev::Response<BoxBody>;

/// An application that waits for the body of its request.
struct Suspended(LocalBoxFuture<'static, Result<Response, Response>>);

/// Has the application answer a request, or go on with it.
pub(crate) fn call<S>(
    request: Request,
    application: &S,
) -> impl Future<Output = Result<Response, Response>> + 'static + use<S>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Response>,
    S::Future: 'static,
{
    let suspended = request.extensions_mut().remove::<Suspended>();
    match suspended {
        Some(Suspended(application)) => Either::Left(application),
        None => Either::Right(begin(request, application)),
    }
}

/// Has the application go as far as it comes with the head of a request. An answer is the error: it is sent instead of
/// `100 Continue`.
pub(crate) fn until_the_body_is_wanted<S>(
    mut request: Request,
    application: &S,
) -> LocalBoxFuture<'static, Result<Request, Response>>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Response>,
    S::Future: 'static,
{
    let is_wanted = Rc::new(Cell::new(false));
    let body = ExpectedBody { body: request.take_payload(), is_wanted: Rc::clone(&is_wanted) };
    *request.payload() = dev::Payload::from(body.boxed_local());
    let mut application = Some(begin(request, application).boxed_local());
    poll_fn(move |cx| {
        let Some(mut running) = application.take() else { return Poll::Pending };
        if let Poll::Ready(Ok(answer) | Err(answer)) = running.as_mut().poll(cx) {
            return Poll::Ready(Err(answer));
        }
        if is_wanted.get() {
            let request = Request::new();
            request.extensions_mut().insert(Suspended(running));
            return Poll::Ready(Ok(request));
        }
        application = Some(running);
        Poll::Pending
    })
    .boxed_local()
}

fn begin<S>(
    mut request: Request,
    application: &S,
) -> impl Future<Output = Result<Response, Response>> + 'static + use<S>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Response>,
    S::Future: 'static,
{
    if let Some(watch) = request.conn_data::<Rc<Watch>>().cloned() {
        let body = request.take_payload();
        let has_body = !matches!(body, dev::Payload::None);
        watch.begin_request(request.method() == Method::HEAD, has_body);
        if has_body {
            if request.headers().contains_key(TRANSFER_ENCODING) {
                watch.begin_chunks();
            }
            *request.payload() = dev::Payload::from(UnwantedBody { body, watch }.boxed_local());
        }
    }
    application.call(request).map_ok(Into::into)
}

/// A body that its client holds back.
struct ExpectedBody {
    body: dev::Payload,
    /// Whether the application waits for it.
    is_wanted: Rc<Cell<bool>>,
}

impl Stream for ExpectedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.body).poll_next(cx);
        if next.is_pending() {
            self.is_wanted.set(true);
        }
        next
    }
}

/// A body of which little is read before the application wants it.
struct UnwantedBody {
    body: dev::Payload,
    watch: Rc<Watch>,
}

impl Stream for UnwantedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.watch.take_body();
        let next = Pin::new(&mut self.body).poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &next {
            self.watch.passed_on(bytes.len());
        }
        next
    }
}

impl Drop for UnwantedBody {
    fn drop(&mut self) {
        self.watch.end_chunks();
        self.watch.take_body();
    }
}
