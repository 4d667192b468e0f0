//! Leases: what somebody works on is theirs as long as they renew it.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::retry::contended;
use crate::clock::{Clock, Timestamp};
use crate::store::{StoreError, Stored};

/// How long a lease lives without being renewed: what died is given up no later.
pub(crate) const LEASE: Duration = Duration::from_mins(1);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(20);

/// Renews a lease again and again; ends only when it is lost. `renew` is told until when, and whether it still had it
/// is its answer.
pub(crate) async fn keep<F>(
    clock: &dyn Clock,
    what: &'static str,
    renew: impl Fn(Timestamp) -> F,
) -> StoreError
where
    F: Future<Output = Stored<bool>>,
{
    let mut ticks = interval(RENEWAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let mut deadline = clock.now().plus(LEASE);
    loop {
        ticks.tick().await;
        let until = clock.now().plus(LEASE);
        match contended(|| renew(until)).await {
            Ok(true) => deadline = until,
            Ok(false) => return StoreError::Unavailable(what.into()),
            // The database may be back before the lease ends.
            Err(error) if clock.now() >= deadline => return error,
            Err(_) => {}
        }
    }
}
