#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::poll_fn;

use fm_domain::blobs::PutHint;
use fm_domain::body::BodyError;
use fm_streaming::{BufferBudget, BufferPool};
use futures_util::{FutureExt as _, StreamExt as _, stream};

use super::*;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const WINDOW: ByteSize = ByteSize::new((WINDOW_PIECES * PIECE_BYTES) as u64);
const STALL: Duration = Duration::from_mins(1);

/// A body of this length, which brings so many bytes each second.
fn coming(length: usize, a_second: usize) -> Parts {
    let chunks = (0..length / a_second).map(move |_| Bytes::from(vec![7; a_second]));
    let body = stream::iter(chunks).then(|chunk| async move {
        sleep(Duration::from_secs(1)).await;
        Ok(chunk)
    });
    let hint = PutHint {
        owner: None,
        length: Some(ByteSize::new(length as u64)),
        content_type: "image/png".parse().unwrap(),
    };
    Parts::new(body.boxed(), &hint, BufferPool::default())
}

/// Takes a piece off the body, as the connection does.
async fn next(body: &mut StreamBody) -> Option<Result<Bytes, CutShort>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
    frame.map(|frame| frame.map(|frame| frame.into_data().unwrap()))
}

/// Takes all of it.
async fn drain(mut body: StreamBody) -> Result<usize, CutShort> {
    let mut taken = 0;
    while let Some(piece) = next(&mut body).await {
        taken += piece?.len();
    }
    Ok(taken)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_too_slow_gives_the_window_back_while_others_wait() {
    for (a_second, is_enough) in [(10 * KIB, false), (20 * KIB, true)] {
        let length = 4 * MIB / a_second * a_second;
        let budget = BufferBudget::new(WINDOW);
        let window = Arc::new(budget.try_acquire(None, WINDOW).unwrap());
        let mut waits = budget.acquire(None, ByteSize::new(1)).boxed();
        assert!(waits.as_mut().now_or_never().is_none());
        let mut parts = coming(length, a_second);
        let (feed, body, _head_taken) = feed_of(&PartBytes::new(), length as u64);
        let (begun, client) = (Instant::now(), ClientWait::default());
        let (outcome, taken) = tokio::join!(feed.rest(&mut parts, &window, STALL, &client), drain(body));
        if is_enough {
            assert!(matches!(outcome, Ok(Fed::Whole)));
            assert_eq!(taken.unwrap(), length);
        } else {
            assert!(matches!(outcome, Err(PutBlob::Body(BodyError::Stalled))));
            assert!(taken.is_err() && begun.elapsed() <= Duration::from_secs(12), "{:?}", begun.elapsed());
        }
        drop(window);
        assert_eq!(budget.in_use().waiting, 0, "nothing else holds the window");
    }
}

#[tokio::test]
async fn a_body_that_was_handed_over_is_taken_with_its_last_byte() {
    const PIECE: usize = 100 * KIB;
    let mut head = PartBytes::new();
    head.push(Bytes::from(vec![7; PIECE]));
    let (feed, mut body, head_taken) = feed_of(&head, 3 * PIECE as u64);
    let Feed { pieces, is_taken, .. } = feed;
    for _ in 0..2 {
        pieces.send(Bytes::from(vec![7; PIECE])).await.unwrap();
    }
    drop(pieces);
    for is_last in [false, false, true] {
        assert!(!is_taken.load(Ordering::Acquire), "a piece is left");
        assert_eq!(next(&mut body).await.unwrap().unwrap().len(), PIECE);
        assert_eq!(body.is_end_stream(), is_last);
    }
    assert!(is_taken.load(Ordering::Acquire));
    assert!(next(&mut body).await.is_none());
    head_taken.await.unwrap();
}
