//! How many searches of a user run at one time.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::ids::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::per_user::{Counted, PerUser};

/// Searches of a user that run at one time.
const AT_ONCE: usize = 2;

/// Searches of a user that wait until another has ended.
const WAITING: usize = 8;

/// How long one waits.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// When to ask again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Places for searches: a search looks at every name of its user, so one user gets a few places in each process, whatever
/// their number of requests. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Searches(PerUser<Semaphore>);

/// Too many searches of the user run or wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManySearches {
    /// When to ask again.
    pub(crate) retry_after: Duration,
}

/// A place: search while it is held, and drop it then.
pub(crate) struct SearchPermit {
    _place: OwnedSemaphorePermit,
    _request: Counted<Semaphore>,
}

const BUSY: TooManySearches = TooManySearches { retry_after: RETRY_AFTER };

impl Searches {
    /// Waits for a place, but not for long.
    pub(crate) async fn enter(&self, user: UserId) -> Result<SearchPermit, TooManySearches> {
        let request = self.0.count(user, AT_ONCE + WAITING, || Semaphore::new(AT_ONCE)).ok_or(BUSY)?;
        match timeout(LONGEST_WAIT, Arc::clone(&request.value).acquire_owned()).await {
            Ok(Ok(place)) => Ok(SearchPermit { _place: place, _request: request }),
            Ok(Err(_)) | Err(_) => Err(BUSY),
        }
    }
}

#[cfg(test)]
mod tests;
