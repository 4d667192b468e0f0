//! A bounded channel that is a stream of bytes at its other end.

use std::mem;

use actix_web::web::Bytes;
use fm_domain::body::{BodyError, ByteStream};
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

/// Frames that wait at most. With one, nothing more is read from the server while a reader pauses.
const DEPTH: usize = 1;

/// From so many bytes on a frame is handed over: each one wakes a thread, which costs more than to copy it.
const FRAME_BYTES: usize = 128 * 1024;

enum Frame {
    Data(Bytes),
    Failed(BodyError),
    End,
}

/// The end that bytes are put into. Dropped without [`Frames::end`], it makes the stream end with
/// [`BodyError::Aborted`].
pub(super) struct Frames(mpsc::Sender<Frame>);

/// Nobody reads any more.
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
    /// Waits until there is room for a frame.
    pub(super) async fn room(&self) -> Result<Room<'_>, Hangup> {
        let permit = self.0.reserve().await.map_err(|_closed| Hangup)?;
        Ok(Room { permit: Some(permit), large: Bytes::new(), small: Vec::new() })
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

/// Room for a frame. It is sent when this is dropped, with what was put into it by then: nothing that came is lost when
/// its sender goes away.
pub(super) struct Room<'a> {
    permit: Option<mpsc::Permit<'a, Frame>>,
    /// One piece that is a frame of its own.
    large: Bytes,
    /// Pieces that are too small for one, put together.
    small: Vec<u8>,
}

impl Room<'_> {
    /// Whether it takes more.
    pub(super) fn is_open(&self) -> bool {
        self.large.is_empty() && self.small.len() < FRAME_BYTES
    }

    /// Puts bytes into it.
    pub(super) fn put(&mut self, bytes: Bytes) {
        if self.small.is_empty() && bytes.len() >= FRAME_BYTES {
            self.large = bytes;
            return;
        }
        if !self.small.is_empty() {
            // It is not the only one, so there will be more.
            self.small.reserve(FRAME_BYTES.max(bytes.len()));
        }
        self.small.extend_from_slice(&bytes);
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let frame = if self.small.is_empty() {
            mem::take(&mut self.large)
        } else {
            mem::take(&mut self.small).into()
        };
        if let (Some(permit), false) = (self.permit.take(), frame.is_empty()) {
            permit.send(Frame::Data(frame));
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use super::*;

    async fn put(frames: &Frames, bytes: Bytes) {
        frames.room().await.unwrap().put(bytes);
    }

    #[tokio::test]
    async fn whole_bytes_end_without_an_error() {
        let (frames, stream) = channel();
        let send = async move {
            for length in [200_000, 1] {
                put(&frames, Bytes::from(vec![7; length])).await;
            }
            frames.end().await;
        };
        let (chunks, ()) = tokio::join!(stream.collect::<Vec<_>>(), send);
        let sizes: Vec<usize> = chunks.into_iter().map(|chunk| chunk.unwrap().len()).collect();
        assert_eq!(sizes, [200_000, 1]);
    }

    #[tokio::test]
    async fn small_pieces_become_one_frame() {
        let (frames, mut stream) = channel();
        let mut room = frames.room().await.unwrap();
        let mut sent = Vec::new();
        while room.is_open() {
            let piece = vec![u8::try_from(sent.len() % 251).unwrap(); 1000];
            sent.extend_from_slice(&piece);
            room.put(piece.into());
        }
        drop(room);
        assert_eq!(sent.len(), FRAME_BYTES.next_multiple_of(1000));
        assert_eq!(stream.next().await, Some(Ok(Bytes::from(sent))));
    }

    #[tokio::test]
    async fn a_vanished_sender_is_an_abort_and_never_an_end() {
        let (frames, mut stream) = channel();
        put(&frames, Bytes::from_static(b"half")).await;
        drop(frames);
        assert_eq!(stream.next().await, Some(Ok(Bytes::from_static(b"half"))));
        assert_eq!(stream.next().await, Some(Err(BodyError::Aborted)));
        assert_eq!(stream.next().await, None);
    }

    #[tokio::test]
    async fn room_that_was_not_used_is_nothing() {
        let (frames, mut stream) = channel();
        drop(frames.room().await.unwrap());
        frames.end().await;
        assert_eq!(stream.next().await, None);
    }

    #[tokio::test]
    async fn a_vanished_reader_is_a_hangup() {
        let (frames, stream) = channel();
        drop(stream);
        assert_eq!(frames.room().await.err(), Some(Hangup));
    }
}
