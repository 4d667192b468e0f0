//! A bounded channel that is a stream of bytes at its other end.

use actix_web::web::Bytes;
use fm_domain::body::{BodyError, ByteStream};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{mpsc, oneshot};

/// Frames that wait at most, each as large as the server reads at once (128 KiB, at times 256). With one, nothing more is
/// read from the server while a reader pauses.
const DEPTH: usize = 1;

enum Frame {
    Data(Bytes),
    Failed(BodyError),
    End,
}

/// The end that bytes are put into. Dropped without [`Frames::end`], it makes the stream end with
/// [`BodyError::Aborted`].
pub(super) struct Frames {
    sender: mpsc::Sender<Frame>,
    /// Tells that the first bytes are asked for; `None` afterwards.
    demand: Option<oneshot::Receiver<()>>,
}

/// The reader of the stream is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hangup;

/// A channel.
pub(super) fn channel() -> (Frames, ByteStream) {
    let (sender, receiver) = mpsc::channel(DEPTH);
    let (ask, demand) = oneshot::channel();
    let stream = stream::unfold(Some((receiver, Some(ask))), |reading| async move {
        let (mut receiver, ask) = reading?;
        if let Some(ask) = ask {
            let _sender_gone = ask.send(());
        }
        match receiver.recv().await {
            Some(Frame::Data(bytes)) => Some((Ok(bytes), Some((receiver, None)))),
            Some(Frame::End) => None,
            Some(Frame::Failed(error)) => Some((Err(error), None)),
            None => Some((Err(BodyError::Aborted), None)),
        }
    });
    (Frames { sender, demand: Some(demand) }, stream.fuse().boxed())
}

impl Frames {
    /// Waits until bytes are asked for and there is room for them. A refusal that comes before any byte is asked for is
    /// answered without one being read: a client that expects `100 Continue` is not told to send them.
    pub(super) async fn ready(&mut self) -> Result<(), Hangup> {
        if let Some(demand) = &mut self.demand {
            demand.await.map_err(|_reader_gone| Hangup)?;
            self.demand = None;
        }
        self.sender.reserve().await.map(drop).map_err(|_closed| Hangup)
    }

    /// Sends bytes.
    pub(super) async fn send(&self, bytes: Bytes) -> Result<(), Hangup> {
        self.sender.send(Frame::Data(bytes)).await.map_err(|_closed| Hangup)
    }

    /// The bytes are whole.
    pub(super) async fn end(self) {
        let _closed = self.sender.send(Frame::End).await;
    }

    /// The bytes will never be whole.
    pub(super) async fn fail(self, error: BodyError) {
        let _closed = self.sender.send(Frame::Failed(error)).await;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn whole_bytes_end_without_an_error() {
        let (frames, stream) = channel();
        let send = async move {
            for length in [200_000, 1] {
                frames.send(Bytes::from(vec![7; length])).await.unwrap();
            }
            frames.end().await;
        };
        let (chunks, ()) = tokio::join!(stream.collect::<Vec<_>>(), send);
        let sizes: Vec<usize> = chunks.into_iter().map(|chunk| chunk.unwrap().len()).collect();
        assert_eq!(sizes, [200_000, 1]);
    }

    #[tokio::test]
    async fn a_vanished_sender_is_an_abort_and_never_an_end() {
        let (frames, mut stream) = channel();
        frames.send(Bytes::from_static(b"half")).await.unwrap();
        drop(frames);
        assert_eq!(stream.next().await, Some(Ok(Bytes::from_static(b"half"))));
        assert_eq!(stream.next().await, Some(Err(BodyError::Aborted)));
        assert_eq!(stream.next().await, None);
    }

    #[tokio::test]
    async fn a_vanished_reader_is_a_hangup() {
        let (mut frames, stream) = channel();
        drop(stream);
        assert_eq!(frames.ready().await, Err(Hangup));
        assert_eq!(frames.send(Bytes::from_static(b"x")).await, Err(Hangup));
    }

    #[tokio::test]
    async fn no_bytes_are_called_for_before_the_first_are_asked_for() {
        let (mut frames, mut stream) = channel();
        assert!(frames.ready().now_or_never().is_none());
        assert!(stream.next().now_or_never().is_none());
        assert_eq!(frames.ready().now_or_never(), Some(Ok(())));
        frames.send(Bytes::from_static(b"x")).await.unwrap();
        assert_eq!(stream.next().await, Some(Ok(Bytes::from_static(b"x"))));
        assert_eq!(frames.ready().now_or_never(), Some(Ok(())));
    }
}
