//! Waiting for what happens in the background, with a deadline.

use std::time::{Duration, Instant};

use crate::AT_LAST;

/// Asks `question` again until it answers with something, and gives that; fails with `what` after [`AT_LAST`].
pub async fn eventually<T>(what: &str, question: impl AsyncFnMut() -> Option<T>) -> T {
    within(AT_LAST, what, question).await
}

/// Asks `question` again until it answers with something, and gives that; fails with `what` after `limit`.
pub async fn within<T>(limit: Duration, what: &str, mut question: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = question().await {
            return answer;
        }
        assert!(started.elapsed() < limit, "{what}: still not so after {limit:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
