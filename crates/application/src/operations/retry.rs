//! Checks and moves run for hours: they must not end for a hiccup.

use std::time::Duration;

use fm_domain::error::{PortResult, Retry, chain};

/// How long is waited before each further try.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(20)];

/// Does again, after growing pauses, what a store may be able to do later. It may be done twice, since an answer can be lost: what is
/// done must come to the same then.
pub(super) async fn retry_idempotent<T>(mut work: impl AsyncFnMut() -> PortResult<T>) -> PortResult<T> {
    let mut pauses = PAUSES.into_iter();
    loop {
        match work().await {
            Err(error) if error.retry() != Retry::No => {
                let Some(pause) = pauses.next() else { return Err(error) };
                tracing::warn!(error = chain(&error), "the command waits for a store");
                tokio::time::sleep(pause).await;
            }
            outcome => return outcome,
        }
    }
}
