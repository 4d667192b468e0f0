//! `HEAD`, and answers to bodies that were not read.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{self, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpResponse};
use futures_util::{Stream, StreamExt as _};

/// The request came as `HEAD`: it is routed as `GET`, and its answer has no body.
pub(crate) struct IsHead;

/// The chunked body of a request, kept by an owner until the answer was written.
///
/// An unread body with an owner makes the server close the connection, after a moment in which it takes and throws
/// away what comes, so that its sender sees the answer. It does so by itself where the length was declared; a chunked
/// body without an owner it would read for ever.
#[derive(Clone)]
pub(super) struct HeldBody {
    body: Rc<RefCell<dev::Payload>>,
    is_read: Rc<Cell<bool>>,
}

impl HeldBody {
    /// Keeps the body of this request, if it is chunked; handlers read it as before.
    pub(super) fn of(request: &mut ServiceRequest) -> Option<Self> {
        if !request.headers().contains_key(header::TRANSFER_ENCODING) {
            return None;
        }
        let body = Rc::new(RefCell::new(request.take_payload()));
        let held = Self { body, is_read: Rc::default() };
        request.set_payload(dev::Payload::from(held.clone().boxed_local()));
        Some(held)
    }

    /// Whether its end was read: else the connection is of no more use, and its last answer says so.
    pub(super) fn is_read(&self) -> bool {
        self.is_read.get()
    }

    /// The same answer, which keeps the body until it was written.
    pub(super) fn until_written(self, response: HttpResponse) -> HttpResponse {
        response.map_body(|_, body| BoxBody::new(Holding { body, _held: self }))
    }
}

impl Stream for HeldBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut *self.body.borrow_mut()).poll_next(cx);
        if matches!(next, Poll::Ready(None)) {
            self.is_read.set(true);
        }
        next
    }
}

/// The same answer without its body, which keeps its length.
pub(super) fn without_body(response: HttpResponse) -> HttpResponse {
    response.map_body(|_, body| BoxBody::new(Absent(body.size())))
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
    _held: HeldBody,
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
