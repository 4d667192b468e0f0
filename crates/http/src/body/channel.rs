//! A bounded channel that is a stream of bytes at its other end.

use actix_web::web::Bytes;
use fm_domain::body::{BodyError, ByteStream};
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

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
pub(super) struct Frames(mpsc::Sender<Frame>);

/// The reader of the stream is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hangup;

/// A channel.
pub(super) fn channel() -> (Frames, ByteStream) {
    let (sender, receiver) = mpsc::channel(DEPTH);
    let stream = stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Frame::Data(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Frame::End) => None,
            Some(Frame::Failed(error)) => Some((Err(error), None)),
            None => Some((Err(BodyError::Aborted), None)),
        }
    });
    (Frames(sender), stream.fuse().boxed())
}

impl Frames {
    /// Waits until there is room.
    pub(super) async fn ready(&self) -> Result<(), Hangup> {
        self.0.reserve().await.map(drop).map_err(|_closed| Hangup)
    }

    /// Sends bytes.
    pub(super) async fn send(&self, bytes: Bytes) -> Result<(), Hangup> {
        self.0.send(Frame::Data(bytes)).await.map_err(|_closed| Hangup)
    }

    /// The bytes are whole.
    pub(super) async fn end(self) {
        let _closed = self.0.send(Frame::End).await;
    }

    /// The bytes will never be whole.
    pub(super) async fn fail(self, error: BodyError) {
        let _closed = self.0.send(Frame::Failed(error)).await;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

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
        let (frames, stream) = channel();
        drop(stream);
        assert_eq!(frames.ready().await, Err(Hangup));
        assert_eq!(frames.send(Bytes::from_static(b"x")).await, Err(Hangup));
    }
}
