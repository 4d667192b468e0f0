//! `HEAD`, and answers to bodies that were not read.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::{self, Bytes};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

/// The request came as `HEAD`: it is routed as `GET`, and its answer has no body.
pub(crate) struct IsHead;

/// The body of the request, which its handler may leave unread.
///
/// The server decides how to go on when the answer is written: with a body that still has an owner it closes the
/// connection after a moment in which it takes and throws away what comes; a chunked one without an owner it would
/// read for ever.
pub(crate) struct HeldPayload {
    _owned: Rc<RefCell<web::Payload>>,
}

impl HeldPayload {
    pub(crate) const fn new(payload: Rc<RefCell<web::Payload>>) -> Self {
        Self { _owned: payload }
    }
}

/// The same answer without its body, which keeps its length.
pub(super) fn without_body(response: HttpResponse) -> HttpResponse {
    response.map_body(|_, body| BoxBody::new(Absent(body.size())))
}

/// The same answer; while it is written, the unread body of the request has an owner.
pub(super) fn hold_payload(request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    match request.extensions_mut().remove::<HeldPayload>() {
        Some(payload) => response.map_body(|_, body| BoxBody::new(Holding { body, _payload: payload })),
        None => response,
    }
}

/// A body that is described and not sent.
struct Absent(BodySize);

impl MessageBody for Absent {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}

struct Holding {
    body: BoxBody,
    _payload: HeldPayload,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
