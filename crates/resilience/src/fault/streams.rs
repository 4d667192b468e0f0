//! Streams that are cut, or stall.

use bytes::Bytes;
use fm_domain::body::{BodyError, ByteStream};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};

use super::faults::{Passage, Stall};

/// The bytes, as far as the passage lets them through; a cut ends them with `error`.
pub(super) fn through(passage: &Passage, body: ByteStream, error: BodyError) -> ByteStream {
    if let Some(after) = passage.cut() {
        return truncated(body, after, error);
    }
    match passage.stall() {
        Some(stall) => stalled(body, stall),
        None => body,
    }
}

/// What is left of a body that is cut.
struct Cut {
    source: ByteStream,
    left: u64,
    error: BodyError,
}

/// The first bytes, and then the error, if there are more.
fn truncated(body: ByteStream, after: u64, error: BodyError) -> ByteStream {
    let cut = Cut { source: body, left: after, error };
    stream::unfold(Some(cut), |cut| async move {
        let mut cut = cut?;
        let item = loop {
            match cut.source.next().await {
                // An empty chunk says nothing about whether there are more bytes.
                Some(Ok(chunk)) if chunk.is_empty() => {}
                item => break item?,
            }
        };
        Some(match item {
            Ok(_) if cut.left == 0 => (Err(cut.error), None),
            Ok(chunk) => {
                let passes = usize::try_from(cut.left).unwrap_or(usize::MAX).min(chunk.len());
                let rest = chunk.slice(passes..);
                cut.left -= passes as u64;
                if !rest.is_empty() {
                    cut.source = stream::iter([Ok(rest)]).chain(cut.source).boxed();
                }
                (Ok(chunk.slice(..passes)), Some(cut))
            }
            Err(error) => (Err(error), None),
        })
    })
    .boxed()
}

/// A stream that stalls.
struct Stalling<T> {
    items: BoxStream<'static, T>,
    /// Taken when it stalls.
    stall: Option<Stall>,
    begun: bool,
}

/// The first item, then the stall, and what comes after it, if it ends; without any item the stall comes before the
/// end.
pub(super) fn stalled<T: Send + 'static>(
    items: BoxStream<'static, T>,
    stall: Stall,
) -> BoxStream<'static, T> {
    let stalling = Stalling { items: items.fuse().boxed(), stall: Some(stall), begun: false };
    stream::unfold(stalling, |mut stalling| async move {
        let first = if stalling.begun { None } else { stalling.items.next().await };
        stalling.begun = true;
        if let Some(first) = first {
            return Some((first, stalling));
        }
        if let Some(stall) = stalling.stall.take() {
            stall.wait().await;
        }
        let item = stalling.items.next().await?;
        Some((item, stalling))
    })
    .boxed()
}

/// A body that was taken and can be given again and again.
pub(super) struct Replay(Vec<Result<Bytes, BodyError>>);

impl Replay {
    pub(super) async fn of(body: ByteStream) -> Self {
        Self(body.collect().await)
    }

    pub(super) fn body(&self) -> ByteStream {
        stream::iter(self.0.clone()).boxed()
    }
}
