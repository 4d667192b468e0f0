//! A longer body of known length as one request, sent while it comes.
//!
//! It saves the requests around its parts and the store's work of putting them together. What was sent is no longer held, so
//! it can't be sent again. Therefore nothing is read beyond the first part until the server has taken that: an attempt that
//! fails before is repeated, or the upload goes on in parts. The last piece waits for the end of the body, which tells what is wrong with
//! the whole: a request that is cut short makes no object.

#[cfg(test)]
mod tests;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use std::vec;

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use fm_domain::blobs::{BlobKey, PutBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortError;
use fm_domain::files::MediaType;
use fm_streaming::{BufferPermit, PIECE_BYTES, Pace};
use futures_util::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use crate::client::{all_attempts, pause_after, watched_by_sender};
use crate::failure::Failure;
use crate::parts::Parts;
use crate::put::{PUT_OBJECT, refused};
use crate::store::Shared;
use crate::stream_policy::ClientWait;

/// Pieces behind the first part that were read and are not written to the connection yet.
const WINDOW_PIECES: usize = 16;

/// The request until it is answered.
type Sending<'a> = BoxFuture<'a, Result<(), Failure>>;

/// An upload that goes as one request.
pub(crate) struct StreamPlan {
    length: u64,
    /// The memory of the pieces behind the first part.
    window: Arc<BufferPermit>,
}

/// Why a body was not stored by one request.
pub(crate) enum StreamError {
    /// The server takes no request of this length. Only the first part, which is here, was read of the body.
    TooLong(PartBytes),
    /// The upload has failed.
    Failed(PutBlob),
}

impl Shared {
    /// Whether a body whose first part came, and is not the last, goes as one request. The memory for it is never waited for, since the
    /// first part holds some.
    pub(crate) fn plan_stream(&self, parts: &Parts) -> Option<StreamPlan> {
        let length = parts.declared()?;
        if !self.streams.allows(length, parts.took()) {
            return None;
        }
        let (owner, _) = parts.memory();
        let window = self.budget.try_acquire(owner, ByteSize::new((WINDOW_PIECES * PIECE_BYTES) as u64))?;
        Some(StreamPlan { length, window: Arc::new(window) })
    }

    /// Sends the first part, and then the rest as it comes.
    pub(crate) async fn put_stream(
        &self,
        key: &BlobKey,
        head: PartBytes,
        parts: &mut Parts,
        plan: StreamPlan,
        content_type: &MediaType,
    ) -> Result<(), StreamError> {
        let StreamPlan { length, window } = plan;
        let _released = Released(Arc::clone(&window));
        let (feed, mut sending) = self.send_head(key, head, length, content_type).await?;
        let (stall, client) = (self.timeouts.transfer, ClientWait::default());
        let is_taken = Arc::clone(&feed.is_taken);
        let body = tokio::select! {
            biased;
            answer = &mut sending => {
                let failure = answer.err().unwrap_or_else(answered_early);
                return Err(self.broken(failure, length, client.so_far()));
            }
            read = feed.rest(parts, &window, stall, &client) => read.map_err(StreamError::Failed)?,
        };
        let answer = match body {
            Fed::Whole | Fed::Cut => {
                timeout(stall, sending).await.unwrap_or_else(|_elapsed| Err(timed_out()))
            }
            Fed::Stalled => Err(timed_out()),
        };
        let failure = match answer {
            Ok(()) if body == Fed::Whole && is_taken.load(Ordering::Acquire) => return Ok(()),
            Ok(()) => answered_early(),
            Err(failure) => failure,
        };
        // An answer that was lost may yet have been a success. Under a fresh key there is nothing else to be found.
        if body == Fed::Whole
            && failure.is_unanswered()
            && matches!(self.size(key).await, Ok(Some(size)) if size == length)
        {
            return Ok(());
        }
        Err(self.broken(failure, length, Duration::ZERO))
    }

    /// Begins the request, as often as need be, until the connection has taken the first part and asks for more.
    async fn send_head<'a>(
        &'a self,
        key: &'a BlobKey,
        head: PartBytes,
        length: u64,
        content_type: &'a MediaType,
    ) -> Result<(Feed, Sending<'a>), StreamError> {
        let (begun, mut attempts) = (Instant::now(), 0);
        loop {
            attempts += 1;
            let (feed, body, mut head_taken) = feed_of(&head, length);
            let mut sending: Sending<'a> = Box::pin(self.send_stream(key, body, length, content_type));
            let failure = tokio::select! {
                biased;
                answer = &mut sending => answer.err().unwrap_or_else(answered_early),
                Ok(()) = &mut head_taken => return Ok((feed, sending)),
                () = sleep(self.timeouts.transfer) => timed_out(),
            };
            drop((feed, sending));
            if failure.is_too_large() {
                self.streams.was_too_long(length);
                return Err(StreamError::TooLong(head));
            }
            // One that took all of its time would do so again.
            let is_early = begun.elapsed() < all_attempts(&self.timeouts, self.timeouts.control);
            if !failure.is_transient() || !is_early || attempts >= self.timeouts.attempts {
                return Err(self.broken(failure, length, Duration::ZERO));
            }
            sleep(pause_after(attempts)).await;
        }
    }

    async fn send_stream(
        &self,
        key: &BlobKey,
        body: StreamBody,
        length: u64,
        content_type: &MediaType,
    ) -> Result<(), Failure> {
        self.put_request(key.bucket, &key.to_string(), length, content_type)
            .body(ByteStream::new(SdkBody::from_body_1_x(body)))
            .customize()
            .disable_payload_signing()
            .config_override(watched_by_sender(&self.timeouts))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| Failure::new(PUT_OBJECT, &error))
    }

    /// A failure that can't be mended: the bytes that were sent are not held any more. Only a single request may be limited to less than this
    /// length: the client's next attempt goes in parts, and tells. The client had been waited for so long.
    fn broken(&self, failure: Failure, length: u64, client: Duration) -> StreamError {
        if failure.is_too_large() {
            self.streams.was_too_long(length);
            return StreamError::Failed(PortError::Unavailable(failure.into()).into());
        }
        self.streams.failed(&failure, client);
        StreamError::Failed(refused(failure))
    }
}

/// Gives a window back at the end of its request. Where a server neither reads nor hangs up, the connection keeps what it was
/// given of the window until the server is gone.
struct Released(Arc<BufferPermit>);

impl Drop for Released {
    fn drop(&mut self) {
        self.0.release();
    }
}

fn answered_early() -> Failure {
    Failure::odd(PUT_OBJECT, "the answer came before the whole body was sent")
}

fn timed_out() -> Failure {
    Failure::cut_off(PUT_OBJECT, "timed out".to_owned())
}

/// What became of the rest of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fed {
    /// All of it was handed over.
    Whole,
    /// The connection has ended.
    Cut,
    /// The connection takes no more.
    Stalled,
}

/// The part of a request's body that is still to come.
struct Feed {
    pieces: mpsc::Sender<Bytes>,
    room: Arc<Semaphore>,
    /// Whether the connection has taken the last byte.
    is_taken: Arc<AtomicBool>,
}

/// The body of an attempt: these bytes first. Also what tells that they were taken, and more is asked for.
fn feed_of(head: &PartBytes, length: u64) -> (Feed, StreamBody, oneshot::Receiver<()>) {
    let (pieces, rest) = mpsc::channel(WINDOW_PIECES);
    let (taken, head_taken) = oneshot::channel();
    let is_taken = Arc::new(AtomicBool::new(false));
    let body = StreamBody {
        head: head.pieces().to_vec().into_iter(),
        left: length,
        head_taken: Some(taken),
        rest,
        is_taken: Arc::clone(&is_taken),
    };
    (Feed { pieces, room: Arc::new(Semaphore::new(WINDOW_PIECES)), is_taken }, body, head_taken)
}

impl Feed {
    /// Hands the rest of the body to the connection, which may take `stall` to make room for the next piece.
    async fn rest(
        self,
        parts: &mut Parts,
        window: &Arc<BufferPermit>,
        stall: Duration,
        client: &ClientWait,
    ) -> Result<Fed, PutBlob> {
        let mut pace = Pace::default();
        loop {
            let Ok(Ok(room)) = timeout(stall, Arc::clone(&self.room).acquire_owned()).await else {
                return Ok(Fed::Stalled);
            };
            let part = client.during(parts.next_piece(window, &mut pace)).await?;
            if let Some(bytes) = part.bytes.into_pieces().pop() {
                let piece = Bytes::from_owner(WindowPiece { bytes, _room: room });
                if self.pieces.send(piece).await.is_err() {
                    return Ok(Fed::Cut);
                }
            }
            if part.last {
                return Ok(Fed::Whole);
            }
        }
    }
}

/// Makes room for another one when it is written.
struct WindowPiece {
    bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for WindowPiece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

struct StreamBody {
    head: vec::IntoIter<Bytes>,
    left: u64,
    head_taken: Option<oneshot::Sender<()>>,
    rest: mpsc::Receiver<Bytes>,
    is_taken: Arc<AtomicBool>,
}

/// The upload was given up before its end. The stream (of HTTP/2) or its connection ends with it, so that the server keeps nothing.
#[derive(Debug, thiserror::Error)]
#[error("the body was cut short")]
struct CutShort;

impl Body for StreamBody {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        let piece = match self.head.next() {
            Some(piece) => piece,
            None if self.left == 0 => return Poll::Ready(None),
            None => {
                if let Some(taken) = self.head_taken.take() {
                    // Where the upload was given up, the rest has ended too.
                    taken.send(()).ok();
                }
                match ready!(self.rest.poll_recv(context)) {
                    Some(piece) => piece,
                    None => return Poll::Ready(Some(Err(CutShort))),
                }
            }
        };
        self.left = self.left.saturating_sub(piece.len() as u64);
        if self.left == 0 {
            self.is_taken.store(true, Ordering::Release);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
