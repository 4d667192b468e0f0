//! Which bodies are sent as one request while they come.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::failure::Failure;

/// The longest body of one request. It is what Supabase Storage takes by default, where an upload of parts may be longer, and a
/// client repeats no more than that when the store fails in the middle.
pub(crate) const LONGEST_STREAM: u64 = 50 * 1024 * 1024;

/// How long the first part may take to come: 1 MiB a second. A slower body goes in parts: servers give up a request that
/// pauses (AWS after 20 s), and a store is not kept waiting for a client.
const FIRST_PART_WITHIN: Duration = Duration::from_secs(5);

/// How long bodies go in parts after one failed that was sent while it came: the repetition of its client is one of them. What made it fail
/// may go on, and a part can be sent again.
const PAUSE: Duration = Duration::from_mins(1);

/// Of a client that has paused for so long, no failure is the store's: servers give up such a request, some by closing the connection.
const CLIENT_PAUSE: Duration = Duration::from_secs(10);

/// What a store has learnt about such requests.
pub(crate) struct StreamPolicy {
    longest: AtomicU64,
    paused_until: Mutex<Option<Instant>>,
}

impl Default for StreamPolicy {
    fn default() -> Self {
        Self { longest: AtomicU64::new(LONGEST_STREAM), paused_until: Mutex::new(None) }
    }
}

impl StreamPolicy {
    /// Whether a body of this length, whose first part took so long to come, is sent as one request.
    pub(crate) fn allows(&self, length: u64, first_part_took: Duration) -> bool {
        length <= self.longest.load(Ordering::Relaxed)
            && first_part_took <= FIRST_PART_WITHIN
            && self.paused().is_none_or(|until| until <= Instant::now())
    }

    /// The server refused a request of this length as too large. Half of it is tried next, so that a few uploads find the limit.
    pub(crate) fn was_too_long(&self, length: u64) {
        self.longest.fetch_min(length / 2, Ordering::Relaxed);
    }

    /// A request failed when its client had been waited for so long.
    pub(crate) fn failed(&self, failure: &Failure, client: Duration) {
        if client < CLIENT_PAUSE && !failure.is_of_slow_sender() {
            *self.paused() = Some(Instant::now() + PAUSE);
        }
    }

    fn paused(&self) -> MutexGuard<'_, Option<Instant>> {
        self.paused_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Since when the next bytes of a client are waited for; nothing while the store is.
#[derive(Default)]
pub(crate) struct ClientWait(Mutex<Option<Instant>>);

impl ClientWait {
    /// Waits for this.
    pub(crate) async fn during<T>(&self, next: impl Future<Output = T>) -> T {
        *self.since() = Some(Instant::now());
        let next = next.await;
        *self.since() = None;
        next
    }

    /// How long it has been waited for.
    pub(crate) fn so_far(&self) -> Duration {
        self.since().map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn cut_off() -> Failure {
        Failure::cut_off("PutObject", "the connection was closed".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_pauses_streams_for_a_minute_unless_the_client_had_paused() {
        let policy = StreamPolicy::default();
        let is_on = || policy.allows(LONGEST_STREAM, SECOND);
        policy.failed(&cut_off(), CLIENT_PAUSE);
        assert!(is_on());
        policy.failed(&cut_off(), CLIENT_PAUSE / 2);
        assert!(!is_on());
        advance(SECOND * 59).await;
        assert!(!is_on());
        advance(SECOND).await;
        assert!(is_on());
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_a_client_counts_while_it_is_waited_for() {
        let client = ClientWait::default();
        client.during(sleep(SECOND)).await;
        assert_eq!(client.so_far(), Duration::ZERO);
        let given_up = timeout(SECOND * 5, client.during(sleep(SECOND * 60))).await;
        assert!(given_up.is_err());
        assert_eq!(client.so_far(), SECOND * 5);
    }
}
