//! What both sides of the HTTP library know of a connection.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Waker;

use actix_web::rt::net::TcpStream;
use fm_application::wiring::Presence;
use tokio::sync::watch;
use tokio::time::Instant;

use super::ending::Ending;

/// What is known of a connection on both sides of the HTTP library.
#[derive(Default)]
pub(crate) struct Watch {
    /// The requests that the application was given and whose answers are not written yet: whether each is a `HEAD`.
    pub(super) unanswered: RefCell<VecDeque<bool>>,
    /// Until when the head of the next request has to be whole.
    pub(super) head_due: Cell<Option<Instant>>,
    /// Whether the body of the present request is still to be asked for.
    pub(super) is_unwanted: Cell<bool>,
    /// Wakes the connection where it holds back from reading.
    pub(super) reader: Cell<Option<Waker>>,
    /// Whether the client sends nothing more, or takes nothing more.
    pub(super) gone: watch::Sender<bool>,
    /// The socket, where the connection is ended here.
    pub(super) ended: Cell<Option<(TcpStream, Ending)>>,
}

impl Watch {
    /// The application is given a request.
    pub(super) fn begin_request(&self, is_head: bool, has_body: bool) {
        self.unanswered.borrow_mut().push_back(is_head);
        self.head_due.set(None);
        self.is_unwanted.set(has_body);
        if !has_body {
            self.read_on();
        }
    }

    /// The application asks for the body of its request, or does without it: its bytes are read.
    pub(super) fn take_body(&self) {
        if self.is_unwanted.replace(false) {
            self.read_on();
        }
    }

    fn read_on(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Tells whether the client is still there.
    pub(super) fn presence(&self) -> Presence {
        Presence::until(self.gone.subscribe())
    }

    /// The socket and what is to become of it, if the connection is ended here.
    pub(super) fn take_ended(&self) -> Option<(TcpStream, Ending)> {
        self.ended.take()
    }
}
