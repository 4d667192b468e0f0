//! Checks and moves run for hours: they must not end for a hiccup.

use std::time::Duration;

use fm_domain::error::{PortResult, Retry, chain};

/// How long is waited before each further try.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(20)];

/// Asks again, after growing pauses, what a store may be able to answer later. What is asked can be asked twice.
pub(super) async fn retry_reads<T>(mut ask: impl AsyncFnMut() -> PortResult<T>) -> PortResult<T> {
    let mut pauses = PAUSES.into_iter();
    loop {
        match ask().await {
            Err(error) if error.retry() != Retry::No => {
                let Some(pause) = pauses.next() else { return Err(error) };
                tracing::warn!(error = chain(&error), "the command waits for a store");
                tokio::time::sleep(pause).await;
            }
            outcome => return outcome,
        }
    }
}
