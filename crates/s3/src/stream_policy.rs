//! Which bodies are sent as one request while they come.

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

/// How long a limit is remembered: an operator may raise it, and a proxy may answer for a limit that only some requests meet.
const LIMIT_KNOWN: Duration = Duration::from_mins(10);

/// What a store has learnt about such requests.
#[derive(Default)]
pub(crate) struct StreamPolicy(Mutex<Learnt>);

#[derive(Default)]
struct Learnt {
    /// The longest request that may be taken, and until when that is remembered.
    longest: Option<(u64, Instant)>,
    paused_until: Option<Instant>,
}

impl Learnt {
    fn longest(&self) -> u64 {
        self.longest
            .filter(|(_, until)| *until > Instant::now())
            .map_or(LONGEST_STREAM, |(longest, _)| longest)
    }
}

impl StreamPolicy {
    /// Whether a body of this length, whose first part took so long to come, is sent as one request.
    pub(crate) fn allows(&self, length: u64, first_part_took: Duration) -> bool {
        let learnt = self.learnt();
        length <= learnt.longest()
            && first_part_took <= FIRST_PART_WITHIN
            && learnt.paused_until.is_none_or(|until| until <= Instant::now())
    }

    /// The server refused a request of this length as too large. Half of it is tried next, so that a few uploads find the limit.
    pub(crate) fn was_too_long(&self, length: u64) {
        let mut learnt = self.learnt();
        let longest = learnt.longest().min(length / 2);
        learnt.longest = Some((longest, Instant::now() + LIMIT_KNOWN));
    }

    /// A request failed when its client had been waited for so long.
    pub(crate) fn failed(&self, failure: &Failure, client: Duration) {
        if client < CLIENT_PAUSE && !failure.is_of_slow_sender() {
            self.learnt().paused_until = Some(Instant::now() + PAUSE);
        }
    }

    fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    async fn a_limit_is_halved_until_it_is_found_and_forgotten_in_time() {
        let policy = StreamPolicy::default();
        let is_on = |length| policy.allows(length, SECOND);
        policy.was_too_long(1000);
        assert!(is_on(500) && !is_on(501));
        policy.was_too_long(500);
        // Another request that was under way.
        policy.was_too_long(900);
        assert!(is_on(250) && !is_on(251));
        advance(LIMIT_KNOWN / 2).await;
        assert!(!is_on(251));
        advance(LIMIT_KNOWN / 2).await;
        assert!(is_on(LONGEST_STREAM) && !is_on(LONGEST_STREAM + 1));
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
