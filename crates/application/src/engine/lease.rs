//! Leases: claims that end at a set time unless their holder renews them.
//!
//! A lease protects nothing by itself: the unit that would end the work of a holder that lost its lease refuses it.
//! Renewing only keeps other workers from taking over work that is still under way.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::retry::retry_conflicts;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, JobId};

/// Length of a lease: after the death of its holder an intent is cancelled, or a job taken over, no later.
pub(crate) const LEASE: Duration = Duration::from_mins(1);
/// How often it is renewed. With [`RETRY`] it leaves room for a database that is away for 50 s at any moment.
const RENEWAL: Duration = Duration::from_secs(8);
/// How soon a renewal that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What a lease is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leased {
    /// A blob that is being written.
    Intent(BlobId),
    /// The same, with the idempotency key of its upload.
    KeyedIntent(BlobId),
    /// A job, by this attempt.
    Job(JobId, u32),
}

/// Renews a fresh lease again and again; ends only when it is lost: another holder has it, or the database was out of
/// reach until the lease ran out.
///
/// The clock of the workers that would take over decides, not the time that passed here: after the process stood still
/// the lease may be over at once. It is renewed all the same if no other worker took it yet.
pub(crate) async fn renew_until_lost(db: &dyn Database, clock: &dyn Clock, leased: Leased) -> PortError {
    let mut held_until = clock.now().plus(LEASE);
    let mut pause = RENEWAL;
    loop {
        sleep(pause).await;
        let now = clock.now();
        let until = now.plus(LEASE);
        // An answer after the end of the lease is of no use; but there is always time for a short try.
        let time_left = held_until.since(now).max(RETRY);
        let renewed = timeout(time_left, retry_conflicts(|| renew(db, leased, until))).await;
        pause = match renewed {
            Ok(Ok(true)) => {
                held_until = until;
                RENEWAL
            }
            Ok(Ok(false)) => return PortError::Unavailable("the lease ran out meanwhile".into()),
            Ok(Err(error)) if clock.now() >= held_until => return error,
            Err(late) if clock.now() >= held_until => return PortError::Unavailable(late.into()),
            Ok(Err(_)) | Err(_) => RETRY,
        }
    }
}

async fn renew(db: &dyn Database, leased: Leased, until: Timestamp) -> PortResult<bool> {
    let mut unit = match leased {
        Leased::KeyedIntent(_) => db.begin().await?,
        Leased::Intent(_) | Leased::Job(..) => db.begin_single().await?,
    };
    let held = match leased {
        Leased::Intent(blob) => unit.blobs().renew(blob, until).await?,
        Leased::KeyedIntent(blob) => {
            unit.blobs().renew(blob, until).await? && unit.keys().renew(blob, until).await?
        }
        Leased::Job(job, attempt) => unit.jobs().renew(job, attempt, until).await?,
    };
    if held {
        unit.commit().await?;
    } else {
        unit.rollback().await?;
    }
    Ok(held)
}

#[cfg(test)]
mod tests;
