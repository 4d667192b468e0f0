//! Wrong passwords in the audit trail: anyone can send them, so that the trail keeps a bounded number of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fm_domain::clock::{Clock, Timestamp};
use sha2::{Digest as _, Sha256};

use super::audit::{Act, AuditTrail};
use crate::ports::Ports;

/// How many attempts at one account are recorded at once.
const BURST: u32 = 100;
/// How long until one more is.
const INTERVAL: Duration = Duration::from_mins(10);
/// How many allowances there are. Accounts share them, so that they take the same room however many are tried.
const SLOTS: usize = 1024;

/// Records failed attempts at passwords: of each account that is tried the first 100, and then one in 10 minutes.
///
/// An account is what a client names, whether or not it is there: were it otherwise, the time that an entry takes would
/// tell. Which accounts share an allowance can't be foreseen, so that attempts at some can't be made to hide those at
/// another, short of using up all. Each process counts by itself.
pub(crate) struct FailedAttempts {
    trail: AuditTrail,
    clock: Arc<dyn Clock>,
    secret: [u8; 32],
    /// When each allowance is whole again (the generic cell rate algorithm).
    whole_at: Mutex<Vec<Timestamp>>,
}

impl FailedAttempts {
    pub(crate) fn new(ports: &Ports) -> Self {
        let whole_at = Mutex::new(vec![Timestamp::from_unix_micros(0); SLOTS]);
        Self {
            trail: AuditTrail::new(ports),
            clock: ports.clock.clone(),
            secret: ports.ids.random(),
            whole_at,
        }
    }

    /// Records an attempt at the account that is named by `tried`, unless its allowance is used up.
    pub(crate) async fn record(&self, tried: &str, act: Act<'_>) {
        if self.allows(tried, self.clock.now()) {
            self.trail.record(act).await;
        }
    }

    fn allows(&self, tried: &str, now: Timestamp) -> bool {
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(whole_at) = whole_at.get_mut(self.slot(tried)) else { return false };
        let used_up = now.plus(INTERVAL * BURST);
        // A clock that was set back leaves no allowance that is used up for longer than it takes to come back.
        *whole_at = (*whole_at).max(now).min(used_up);
        let next = whole_at.plus(INTERVAL);
        let is_left = next <= used_up;
        if is_left {
            *whole_at = next;
        }
        is_left
    }

    fn slot(&self, tried: &str) -> usize {
        let digest: [u8; 32] = Sha256::new().chain_update(self.secret).chain_update(tried).finalize().into();
        let [one, two, ..] = digest;
        usize::from(u16::from_be_bytes([one, two])) % SLOTS
    }
}

#[cfg(test)]
mod tests;
