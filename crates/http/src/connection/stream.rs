//! The socket, as the HTTP library sees it: watched for answers that are not the application's, and for requests whose
//! head does not come.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use rustix::net::sockopt::set_socket_linger;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::answers::Head;
use super::ending::Ending;
use super::request_head::RequestHead;
use super::watch::Watch;
use crate::middleware::MAX_HEAD;
use crate::settings::HttpSettings;
use crate::traffic::Traffic;

/// Bytes that are read of a body before the application wants the first: the library would hold up to 256 KiB for every
/// request that waits for its turn, or is refused.
const MAX_UNWANTED: usize = 16 * 1024;

/// A socket that is watched.
pub(crate) struct WatchedStream {
    /// `None` once the connection is ended here.
    socket: Option<TcpStream>,
    watch: Rc<Watch>,
    traffic: Arc<Traffic>,
    head_timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    write_timeout: Duration,
    /// Runs while the client takes nothing of what is to be written.
    write_timer: Option<Pin<Box<Sleep>>>,
    request_head: RequestHead,
    /// Bytes that have come since its end while the application did not want them.
    unwanted: usize,
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
        settings: &HttpSettings,
        traffic: Arc<Traffic>,
    ) -> Self {
        let head_timeout = settings.head_timeout;
        watch.head_due.set(Some(Instant::now() + head_timeout));
        Self {
            socket: Some(socket),
            watch,
            traffic,
            head_timeout,
            timer: None,
            write_timeout: settings.write_timeout,
            write_timer: None,
            request_head: RequestHead::default(),
            unwanted: 0,
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

    /// Whether the next bytes are the body of a request that the application does not want yet.
    fn is_unwanted(&self) -> bool {
        self.watch.is_unwanted.get() || (self.request_head.is_whole() && self.awaits_head())
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
            let status = if self.request_head.received() > MAX_HEAD { 431 } else { head.status };
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
            self.request_head = RequestHead::default();
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
        let ending = if self.request_head.received() > 0 { Ending::Refusal(408) } else { Ending::Quiet };
        Err(self.end(ending))
    }

    /// Ends the connection when its client has taken too little for too long. What the kernel holds for it goes with it.
    fn check_write(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let limit = self.write_timeout;
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        if timer.as_mut().poll(cx).is_pending() {
            return Ok(());
        }
        self.watch.gone.send_replace(true);
        if let Some(socket) = self.socket.take()
            && let Err(error) = set_socket_linger(&socket, Some(Duration::ZERO))
        {
            tracing::debug!(%error, "the kernel keeps what a slow client left unread");
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_unwanted() {
            self.unwanted = 0;
        } else if self.unwanted >= MAX_UNWANTED {
            self.watch.reader.set(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let outcome = self.socket()?.poll_read(cx, buffer);
        let count = buffer.filled().len() - before;
        self.traffic.received(count);
        if outcome.is_ready() && count == 0 {
            self.watch.gone.send_replace(true);
        }
        if count > 0 && self.awaits_head() {
            if self.request_head.received() == 0 {
                let due = Instant::now() + self.head_timeout;
                self.watch.head_due.set(Some(due));
            }
            self.request_head.receive(&buffer.filled()[before..]);
        }
        if self.is_unwanted() {
            self.unwanted += count;
        }
        if self.watch.is_mostly_framing(count) {
            let is_unanswered = self.left == Some(0) && !self.closes;
            let ending = if is_unanswered { Ending::Refusal(400) } else { Ending::Quiet };
            return Poll::Ready(Err(self.end(ending)));
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
                self.write_timer = None;
                self.traffic.sent(count);
                self.wrote(count);
            }
            Poll::Ready(Err(_)) => drop(self.watch.gone.send_replace(true)),
            Poll::Pending => self.check_write(cx)?,
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

#[cfg(test)]
mod tests;
