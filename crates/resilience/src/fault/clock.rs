//! A clock that jumps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fm_domain::clock::{Clock, Timestamp};

/// A clock beside another one, as when a machine's clock is set, or differs from its neighbours'.
pub struct SkewedClock {
    inner: Arc<dyn Clock>,
    /// Microseconds that it is ahead.
    ahead: AtomicI64,
}

impl SkewedClock {
    /// A clock that shows what `inner` does until it jumps.
    #[must_use]
    pub const fn new(inner: Arc<dyn Clock>) -> Self {
        Self { inner, ahead: AtomicI64::new(0) }
    }

    /// Jumps forwards, further than it stands already.
    pub fn jump_ahead(&self, by: Duration) {
        self.ahead.fetch_add(micros(by), Ordering::SeqCst);
    }

    /// Jumps back.
    pub fn jump_back(&self, by: Duration) {
        self.ahead.fetch_sub(micros(by), Ordering::SeqCst);
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let shown = self.inner.now().unix_micros();
        Timestamp::from_unix_micros(shown.saturating_add(self.ahead.load(Ordering::SeqCst)))
    }
}
