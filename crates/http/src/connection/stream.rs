//! The socket, as the HTTP library sees it: watched for answers that are not the application's, and for requests whose
//! head does not come.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use fm_application::wiring::Presence;
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};

use super::answers::Head;
use super::ending::Ending;
use crate::middleware::MAX_HEAD;
use crate::traffic::Traffic;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What is known of a connection on both sides of the HTTP library.
#[derive(Default)]
pub(crate) struct Watch {
    /// The requests that the application was given and whose answers are not written yet: whether each is a `HEAD`.
    unanswered: RefCell<VecDeque<bool>>,
    /// Until when the head of the next request has to be whole.
    head_due: Cell<Option<Instant>>,
    /// Whether the client sends nothing more, or takes nothing more.
    gone: watch::Sender<bool>,
    /// The socket, where the connection is ended here.
    ended: Cell<Option<(TcpStream, Ending)>>,
}

impl Watch {
    /// The application is given a request.
    pub(super) fn begin_request(&self, is_head: bool) {
        self.unanswered.borrow_mut().push_back(is_head);
        self.head_due.set(None);
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

/// A socket that is watched.
pub(crate) struct WatchedStream {
    /// `None` once the connection is ended here.
    socket: Option<TcpStream>,
    watch: Rc<Watch>,
    traffic: Arc<Traffic>,
    head_timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    /// Bytes that have come of a head, until its end was seen.
    of_head: usize,
    /// The last bytes of them, in which its end may begin.
    tail: [u8; 3],
    /// Whether the end of the head was seen.
    has_head: bool,
    /// What is left to be written of the present answer; `None` where its end can't be known.
    left: Option<u64>,
    /// Whether the present answer is the last one to its request.
    is_final: bool,
    /// Whether the present answer is the last one of the connection.
    closes: bool,
}

impl WatchedStream {
    pub(super) fn new(
        socket: TcpStream,
        watch: Rc<Watch>,
        head_timeout: Duration,
        traffic: Arc<Traffic>,
    ) -> Self {
        watch.head_due.set(Some(Instant::now() + head_timeout));
        Self {
            socket: Some(socket),
            watch,
            traffic,
            head_timeout,
            timer: None,
            of_head: 0,
            tail: [0; 3],
            has_head: false,
            left: Some(0),
            is_final: false,
            closes: false,
        }
    }

    /// What the application's side shares with it.
    pub(crate) fn watch(&self) -> Rc<Watch> {
        Rc::clone(&self.watch)
    }

    /// Whether the next byte from the client belongs to the head of a request.
    fn awaits_head(&self) -> bool {
        self.left == Some(0) && !self.closes && self.watch.unanswered.borrow().is_empty()
    }

    /// Takes the connection from the HTTP library, which only sees that its socket fails: that is all it can be told, and
    /// no line of the log.
    fn end(&mut self, ending: Ending) -> io::Error {
        if let Some(socket) = self.socket.take() {
            self.watch.ended.set(Some((socket, ending)));
        }
        io::ErrorKind::ConnectionAborted.into()
    }

    /// The socket, while the connection is not ended.
    fn socket(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.socket.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::ConnectionAborted.into())
    }

    /// Counts bytes up to the end of the head: a body may come with it.
    fn count_head(&mut self, bytes: &[u8]) {
        if self.has_head {
            return;
        }
        let seam = [&self.tail, &bytes[..bytes.len().min(3)]].concat();
        self.has_head =
            memmem::find(&seam, END_OF_HEAD).is_some() || memmem::find(bytes, END_OF_HEAD).is_some();
        self.of_head +=
            if self.has_head { memmem::find(bytes, END_OF_HEAD).unwrap_or(0) + 1 } else { bytes.len() };
        for &byte in &bytes[bytes.len().saturating_sub(3)..] {
            self.tail.rotate_left(1);
            self.tail[2] = byte;
        }
    }

    /// Reads the head of the answer that begins with these bytes.
    fn begin_answer(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.closes {
            // It was the last one: the library answers what follows a body that it can't read.
            return Err(self.end(Ending::Quiet));
        }
        let is_head = self.watch.unanswered.borrow().front().copied().unwrap_or(false);
        let Some(head) = Head::read(bytes, is_head) else {
            self.left = None;
            return Ok(());
        };
        if !head.is_ours && !head.is_interim() {
            // A target of that size is malformed to the library when it comes at once, and too large when it does not.
            let status = if self.of_head > MAX_HEAD { 431 } else { head.status };
            return Err(self.end(Ending::Refusal(status)));
        }
        self.left = head.length;
        self.is_final = !head.is_interim();
        self.closes = head.closes;
        Ok(())
    }

    /// So many bytes of the present answer are written.
    fn wrote(&mut self, count: usize) {
        let Some(left) = &mut self.left else { return };
        *left = left.saturating_sub(count as u64);
        if *left == 0 && self.is_final {
            self.watch.unanswered.borrow_mut().pop_front();
            self.is_final = false;
            (self.of_head, self.tail, self.has_head) = (0, [0; 3], false);
        }
    }

    /// Ends the connection when the head of a request is overdue. Without a byte of it no client waits for an answer.
    fn check_head(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(due) = self.watch.head_due.get() else {
            self.timer = None;
            return Ok(());
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        if timer.as_mut().poll(cx).is_pending() {
            return Ok(());
        }
        let ending = if self.of_head > 0 { Ending::Refusal(408) } else { Ending::Quiet };
        Err(self.end(ending))
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = self.socket()?.poll_read(cx, buffer);
        let count = buffer.filled().len() - before;
        self.traffic.received(count);
        if outcome.is_ready() && count == 0 {
            self.watch.gone.send_replace(true);
        }
        if count > 0 && self.awaits_head() {
            if self.of_head == 0 {
                let due = Instant::now() + self.head_timeout;
                self.watch.head_due.set(Some(due));
            }
            self.count_head(&buffer.filled()[before..]);
        }
        outcome
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.left == Some(0) {
            self.begin_answer(bytes)?;
        }
        let most = self.left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
        let outcome = self.socket()?.poll_write(cx, &bytes[..most.min(bytes.len())]);
        match outcome {
            Poll::Ready(Ok(count)) => {
                self.traffic.sent(count);
                self.wrote(count);
            }
            Poll::Ready(Err(_)) => drop(self.watch.gone.send_replace(true)),
            Poll::Pending => {}
        }
        outcome
    }

    /// The library flushes whenever it has looked at the connection: by then the application has been given every request
    /// whose head was whole.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_head(cx)?;
        self.socket()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket()?.poll_shutdown(cx)
    }
}

/// The library takes a body whose chunks are broken for the end of its client, and drops the connection without an answer; so
/// it does when an answer fails before its head is written.
impl Drop for WatchedStream {
    fn drop(&mut self) {
        let is_cut_off = self.left == Some(0) && !self.closes && !*self.watch.gone.borrow();
        if is_cut_off && !self.watch.unanswered.borrow().is_empty() {
            let _told_to_the_client = self.end(Ending::CutOff);
        }
    }
}
