//! Wrong passwords in the audit trail: anyone can send them, so that the trail keeps a bounded number of them.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fm_domain::clock::{Clock, Timestamp};
use fm_domain::limits::{RateCounter, RatePolicy};
use sha2::{Digest as _, Sha256};

use super::audit::{Act, AuditTrail};
use crate::ports::Ports;

/// How many attempts at one account are recorded at once: one more every 10 minutes.
const POLICY: RatePolicy =
    RatePolicy { limit: NonZeroU64::MIN.saturating_add(99), window: Duration::from_mins(1000) };
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
    allowances: Mutex<Vec<RateCounter>>,
}

impl FailedAttempts {
    pub(crate) fn new(ports: &Ports) -> Self {
        let unused = RateCounter::unused(POLICY, Timestamp::from_unix_micros(0));
        Self {
            trail: AuditTrail::new(ports),
            clock: ports.clock.clone(),
            secret: ports.ids.random(),
            allowances: Mutex::new(vec![unused; SLOTS]),
        }
    }

    /// Records an attempt at the account that is named by `tried`, unless its allowance is used up.
    pub(crate) async fn record(&self, tried: &str, act: Act<'_>) {
        if self.allows(tried, self.clock.now()) {
            self.trail.record(act).await;
        }
    }

    fn allows(&self, tried: &str, now: Timestamp) -> bool {
        let mut allowances = self.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        let allowance = allowances.get_mut(self.slot(tried));
        allowance.is_some_and(|allowance| allowance.take(now, NonZeroU64::MIN).is_allowed)
    }

    fn slot(&self, tried: &str) -> usize {
        let digest: [u8; 32] = Sha256::new().chain_update(self.secret).chain_update(tried).finalize().into();
        let [one, two, ..] = digest;
        usize::from(u16::from_be_bytes([one, two])) % SLOTS
    }
}

#[cfg(test)]
mod tests;
