//! How long a body may keep us waiting.

use std::time::Duration;

/// Bytes that a body has to bring for each second that it is waited for.
const MIN_RATE: u32 = 512;

/// The time for which the next bytes of a body are waited for.
///
/// It is the longest pause at first, shrinks while we wait, and grows by a second for every 512 bytes, never beyond the
/// longest pause: a sender of a byte now and then is cut off like one that stopped, and one that is faster has the longest
/// pause at any time. Time in which no bytes are asked for is not counted.
#[derive(Debug)]
pub(super) struct WaitAllowance {
    longest: Duration,
    left: Duration,
}

impl WaitAllowance {
    /// For a body that may pause for so long.
    pub(super) const fn new(longest: Duration) -> Self {
        Self { longest, left: longest }
    }

    /// How long to wait now.
    pub(super) const fn left(&self) -> Duration {
        self.left
    }

    /// So many bytes came after so long.
    pub(super) fn note(&mut self, waited: Duration, bytes: usize) {
        let earned = Duration::from_secs(bytes as u64) / MIN_RATE;
        self.left = self.left.saturating_sub(waited).saturating_add(earned).min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(30);
    const SECOND: Duration = Duration::from_secs(1);

    /// For how many seconds a body is waited for that brings so many bytes in each, in an hour at most.
    fn lasts(bytes: usize) -> usize {
        let mut allowance = WaitAllowance::new(LONGEST);
        (0..3600)
            .take_while(|_| {
                let comes_in_time = allowance.left() > SECOND;
                allowance.note(SECOND, bytes);
                comes_in_time
            })
            .count()
    }

    #[test]
    fn a_byte_now_and_then_does_not_keep_a_body_open() {
        assert_eq!(lasts(0), 29);
        assert_eq!(lasts(1), 30);
        assert_eq!(lasts(256), 58);
        assert_eq!(lasts(MIN_RATE as usize), 3600);
    }

    #[test]
    fn bytes_that_came_early_buy_no_more_than_the_longest_pause() {
        let mut allowance = WaitAllowance::new(LONGEST);
        allowance.note(SECOND, 50 << 20);
        assert_eq!(allowance.left(), LONGEST);
        allowance.note(20 * SECOND, MIN_RATE as usize);
        assert_eq!(allowance.left(), 11 * SECOND);
    }
}
