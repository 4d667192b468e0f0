//! Which bodies are sent as one request while they come.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The longest body of one request. It is what Supabase Storage takes by default, where an upload of parts may be longer, and a
/// client repeats no more than that when the store fails in the middle.
pub(crate) const LONGEST_STREAM: u64 = 50 * 1024 * 1024;

/// How long the first part may take to come: 1 MiB a second. A slower body goes in parts: servers give up a request that
/// pauses (AWS after 20 s), and a store is not kept waiting for a client.
const FIRST_PART_WITHIN: Duration = Duration::from_secs(5);

/// How long bodies go in parts after one failed that was sent while it came: the repetition of its client is one of them. What made it fail
/// may go on, and a part can be sent again.
const PAUSE: Duration = Duration::from_mins(1);

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

    /// A request failed.
    pub(crate) fn failed(&self) {
        *self.paused() = Some(Instant::now() + PAUSE);
    }

    fn paused(&self) -> MutexGuard<'_, Option<Instant>> {
        self.paused_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
