//! A clock that stands still.

use std::sync::Mutex;
use std::time::Duration;

use fm_domain::clock::{Clock, Timestamp};

use crate::locked;

/// A clock that is moved by hand.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// A clock that shows `now` until it is moved.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { now: Mutex::new(now) }
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let mut now = locked(&self.now);
        *now = now.plus(by);
    }

    /// Sets it, backwards too.
    pub fn set(&self, now: Timestamp) {
        *locked(&self.now) = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *locked(&self.now)
    }
}
