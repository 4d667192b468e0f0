//! What both sides of the HTTP library know of a connection.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Waker;

use actix_web::rt::net::TcpStream;
use fm_application::wiring::Presence;
use tokio::sync::watch;
use tokio::time::Instant;

use super::ending::Ending;

/// What the framing of a body in chunks may take: the sizes of chunks and their ends take five bytes for one of content at most,
/// unless extensions of chunks, which no handler reads, make them longer.
const MAX_FRAMING_FACTOR: u64 = 8;

/// What it may take besides. More than the HTTP library holds of a body that it has not passed on yet.
const MAX_FRAMING: u64 = 1 << 20;

/// The bytes of a body in chunks.
#[derive(Debug, Clone, Copy, Default)]
struct Chunks {
    /// All that came, with the framing.
    received: u64,
    /// What the application was given of them.
    content: u64,
}

/// What is known of a connection on both sides of the HTTP library.
#[derive(Default)]
pub(crate) struct Watch {
    /// The requests that the application was given and whose answers are not written yet: whether each is a `HEAD`.
    pub(super) unanswered: RefCell<VecDeque<bool>>,
    /// Until when the head of the next request has to be whole.
    pub(super) head_due: Cell<Option<Instant>>,
    /// Whether the body of the present request is still to be asked for.
    pub(super) is_unwanted: Cell<bool>,
    /// The body of the present request, while it comes in chunks and is asked for.
    chunks: Cell<Option<Chunks>>,
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
        self.chunks.set(None);
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

    /// The body of the present request comes in chunks.
    pub(super) fn begin_chunks(&self) {
        self.chunks.set(Some(Chunks::default()));
    }

    /// The application was given so many bytes of the body.
    pub(super) fn passed_on(&self, count: usize) {
        let chunks = self.chunks.get();
        self.chunks.set(chunks.map(|chunks| Chunks { content: chunks.content + count as u64, ..chunks }));
    }

    /// The application does without the rest of the body.
    pub(super) fn end_chunks(&self) {
        self.chunks.set(None);
    }

    /// So many bytes came from the client: whether its chunks are little but framing.
    pub(super) fn is_mostly_framing(&self, count: usize) -> bool {
        let Some(chunks) = self.chunks.get() else { return false };
        let chunks = Chunks { received: chunks.received + count as u64, ..chunks };
        self.chunks.set(Some(chunks));
        let allowed = chunks.content.saturating_mul(MAX_FRAMING_FACTOR).saturating_add(MAX_FRAMING);
        chunks.received > allowed
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
