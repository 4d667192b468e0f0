//! A bounded channel that is a stream of bytes at its other end.

use std::{mem, vec};

use actix_web::web::Bytes;
use fm_domain::body::{BodyError, ByteStream};
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

/// Frames that wait at most. With one, nothing more is read from the server while a reader pauses.
const DEPTH: usize = 1;

/// From so many bytes on a frame is handed over.
const FRAME_BYTES: usize = 256 * 1024;

/// A frame of more pieces would hold more memory than bytes.
const FRAME_PIECES: usize = 64;

enum Frame {
    Data(Vec<Bytes>),
    Failed(BodyError),
    End,
}

/// The end that bytes are put into. Dropped without [`Frames::end`], it makes the stream end with
/// [`BodyError::Aborted`].
pub(super) struct Frames(mpsc::Sender<Frame>);

/// Nobody reads any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hangup;

/// The end that bytes are taken from.
struct Reader {
    receiver: mpsc::Receiver<Frame>,
    frame: vec::IntoIter<Bytes>,
    is_over: bool,
}

/// A channel.
pub(super) fn channel() -> (Frames, ByteStream) {
    let (sender, receiver) = mpsc::channel(DEPTH);
    let reader = Reader { receiver, frame: Vec::new().into_iter(), is_over: false };
    let stream =
        stream::unfold(reader, |mut reader| async { reader.next().await.map(|next| (next, reader)) });
    (Frames(sender), stream.fuse().boxed())
}

impl Reader {
    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            if let Some(bytes) = self.frame.next() {
                return Some(Ok(bytes));
            }
            if self.is_over {
                return None;
            }
            match self.receiver.recv().await {
                Some(Frame::Data(pieces)) => self.frame = pieces.into_iter(),
                Some(Frame::End) => self.is_over = true,
                Some(Frame::Failed(error)) => return Some(self.broken(error)),
                None => return Some(self.broken(BodyError::Aborted)),
            }
        }
    }

    const fn broken(&mut self, error: BodyError) -> Result<Bytes, BodyError> {
        self.is_over = true;
        Err(error)
    }
}

impl Frames {
    /// Waits until there is room for a frame.
    pub(super) async fn room(&self) -> Result<Room<'_>, Hangup> {
        let permit = self.0.reserve().await.map_err(|_closed| Hangup)?;
        Ok(Room { permit: Some(permit), pieces: Vec::new(), length: 0 })
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
    pieces: Vec<Bytes>,
    length: usize,
}

impl Room<'_> {
    /// Whether it takes more.
    pub(super) const fn is_open(&self) -> bool {
        self.length < FRAME_BYTES && self.pieces.len() < FRAME_PIECES
    }

    /// Puts bytes into it.
    pub(super) fn put(&mut self, bytes: Bytes) {
        self.length += bytes.len();
        self.pieces.push(bytes);
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let pieces = mem::take(&mut self.pieces);
        if let (Some(permit), false) = (self.permit.take(), pieces.is_empty()) {
            permit.send(Frame::Data(pieces));
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
    async fn small_pieces_go_together() {
        let (frames, stream) = channel();
        let mut room = frames.room().await.unwrap();
        let mut put = 0;
        while room.is_open() {
            room.put(Bytes::from_static(&[7; 10_000]));
            put += 1;
        }
        assert_eq!(put, FRAME_BYTES.div_ceil(10_000));
        drop(room);
        let (count, ()) = tokio::join!(stream.count(), frames.end());
        assert_eq!(count, put);
    }

    #[tokio::test]
    async fn no_more_pieces_are_held_than_there_may_be() {
        let (frames, _stream) = channel();
        let mut room = frames.room().await.unwrap();
        for _ in 0..FRAME_PIECES {
            assert!(room.is_open());
            room.put(Bytes::from_static(b"x"));
        }
        assert!(!room.is_open());
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
