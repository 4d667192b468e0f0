//! How many requests of a user are worked on at one time.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::ids::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::per_user::{Counted, PerUser};

/// When to ask again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// What each user has of a process for one sort of request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaceLimits {
    /// Requests that are worked on at one time.
    at_once: usize,
    /// Requests that wait until another has ended.
    waiting: usize,
    /// How long one waits.
    longest_wait: Duration,
}

/// A search looks at every name of its user.
pub(crate) const SEARCHES: PlaceLimits =
    PlaceLimits { at_once: 2, waiting: 8, longest_wait: Duration::from_secs(2) };

/// A list is some hundred rows: more at a time than a client has use for, and so few that the requests of other users come
/// between them.
pub(crate) const LISTS: PlaceLimits =
    PlaceLimits { at_once: 16, waiting: 240, longest_wait: Duration::from_secs(10) };

/// A walk reads all that is below a folder or that went into the trash with one, or all that is above each of many items.
pub(crate) const WALKS: PlaceLimits =
    PlaceLimits { at_once: 2, waiting: 30, longest_wait: Duration::from_secs(10) };

/// A batch is up to 1,000 changes, and a unit of work for each that is refused.
pub(crate) const BATCHES: PlaceLimits =
    PlaceLimits { at_once: 2, waiting: 30, longest_wait: Duration::from_secs(10) };

/// Places for requests: whatever their number, one user gets a few in each process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Places {
    users: PerUser<Semaphore>,
    limits: PlaceLimits,
}

/// Too many requests of the user are worked on or wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoPlace {
    /// When to ask again.
    pub(crate) retry_after: Duration,
}

/// A place: work while it is held, and drop it then.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    _request: Counted<Semaphore>,
}

const BUSY: NoPlace = NoPlace { retry_after: RETRY_AFTER };

impl Places {
    pub(crate) fn new(limits: PlaceLimits) -> Self {
        Self { users: PerUser::default(), limits }
    }

    /// Waits for a place, but not for long.
    pub(crate) async fn enter(&self, user: UserId) -> Result<Place, NoPlace> {
        let PlaceLimits { at_once, waiting, longest_wait } = self.limits;
        let request = self.users.count(user, at_once + waiting, || Semaphore::new(at_once)).ok_or(BUSY)?;
        match timeout(longest_wait, Arc::clone(&request.value).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place { _permit: permit, _request: request }),
            Ok(Err(_)) | Err(_) => Err(BUSY),
        }
    }
}

#[cfg(test)]
mod tests;
