//! Bytes in memory, handed to the HTTP client piece by piece.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A body of these pieces, which can be sent again.
///
/// For the SDK it is a stream, so it signs `UNSIGNED-PAYLOAD`: hashing the bytes once more would cost as much CPU as
/// all the rest of sending them, and no server that this is made for compares the hash over what TLS already protects.
pub(crate) fn repeatable(pieces: Vec<Bytes>) -> ByteStream {
    let pieces: Arc<[Bytes]> = pieces.into();
    ByteStream::new(SdkBody::retryable(move || SdkBody::from_body_1_x(Sent::new(&pieces))))
}

struct Sent {
    /// Nothing once all are sent, so that their memory is free as soon as it is written.
    pieces: Option<Arc<[Bytes]>>,
    next: usize,
    left: u64,
}

impl Sent {
    fn new(pieces: &Arc<[Bytes]>) -> Self {
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces: Some(Arc::clone(pieces)), next: 0, left }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.next;
        let Some(piece) = self.pieces.as_ref().and_then(|pieces| pieces.get(next).cloned()) else {
            self.pieces = None;
            return Poll::Ready(None);
        };
        self.next += 1;
        self.left -= piece.len() as u64;
        if self.left == 0 {
            self.pieces = None;
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
