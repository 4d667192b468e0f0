//! The lines of the log about failures, of which a client can cause as many as it likes while something is broken.

use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fm_domain::clock::Timestamp;
use fm_domain::limits::{RateCounter, RatePolicy};
use tokio::time::Instant;

use crate::problem::Code;

/// Lines at once, and as many in each window.
const POLICY: RatePolicy =
    RatePolicy { limit: NonZeroU64::MIN.saturating_add(59), window: Duration::from_mins(1) };

/// Bounds the lines about failures: 60 of each kind at once, and then one a second. What is left out is counted, and told by
/// the next line. Each request has a line of its own besides, with the code of its problem.
pub(crate) struct FailureLines {
    began: Instant,
    outages: Mutex<Lines>,
    defects: Mutex<Lines>,
}

struct Lines {
    counter: RateCounter,
    left_out: u64,
}

impl Default for FailureLines {
    fn default() -> Self {
        let lines = || {
            Mutex::new(Lines {
                counter: RateCounter::unused(POLICY, Timestamp::from_unix_micros(0)),
                left_out: 0,
            })
        };
        Self { began: Instant::now(), outages: lines(), defects: lines() }
    }
}

impl FailureLines {
    /// Whether a failure has a line, and if so, how many before it had none.
    pub(super) fn admit(&self, code: Code) -> Option<u64> {
        // An outage hides no defect.
        let lines = if code == Code::Unavailable { &self.outages } else { &self.defects };
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::from_unix_micros(0).plus(self.began.elapsed());
        if lines.counter.take(now, NonZeroU64::MIN).is_allowed {
            return Some(std::mem::take(&mut lines.left_out));
        }
        lines.left_out += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_leaves_a_line_a_second_and_hides_no_defect() {
        let lines = FailureLines::default();
        let admitted = |code, count: u32| (0..count).filter_map(|_| lines.admit(code)).collect::<Vec<_>>();
        assert_eq!(admitted(Code::Unavailable, 1000), [0; 60]);
        assert_eq!(admitted(Code::Internal, 3), [0; 3]);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(admitted(Code::Unavailable, 1000), [940, 0], "it says how many were left out");
    }
}
