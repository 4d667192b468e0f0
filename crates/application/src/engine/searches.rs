//! How many searches of a user run at one time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fm_domain::ids::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

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
pub(crate) struct Searches {
    users: Arc<Mutex<HashMap<UserId, Places>>>,
}

/// The places of a user who searches.
struct Places {
    free: Arc<Semaphore>,
    /// Requests that search or wait.
    requests: usize,
}

/// Too many searches of the user run or wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManySearches {
    /// When to ask again.
    pub(crate) retry_after: Duration,
}

/// A place: search while it is held, and drop it then.
pub(crate) struct SearchPermit {
    _place: OwnedSemaphorePermit,
    _request: Request,
}

/// A request that searches or waits.
struct Request {
    user: UserId,
    users: Arc<Mutex<HashMap<UserId, Places>>>,
}

const BUSY: TooManySearches = TooManySearches { retry_after: RETRY_AFTER };

impl Searches {
    /// Waits for a place, but not for long.
    pub(crate) async fn enter(&self, user: UserId) -> Result<SearchPermit, TooManySearches> {
        let (request, free) = self.ask(user).ok_or(BUSY)?;
        match timeout(LONGEST_WAIT, free.acquire_owned()).await {
            Ok(Ok(place)) => Ok(SearchPermit { _place: place, _request: request }),
            Ok(Err(_)) | Err(_) => Err(BUSY),
        }
    }

    fn ask(&self, user: UserId) -> Option<(Request, Arc<Semaphore>)> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Places { free: Arc::new(Semaphore::new(AT_ONCE)), requests: 0 };
        let places = users.entry(user).or_insert_with(new);
        if places.requests >= AT_ONCE + WAITING {
            return None;
        }
        places.requests += 1;
        Some((Request { user, users: Arc::clone(&self.users) }, Arc::clone(&places.free)))
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = users.get_mut(&self.user) {
            places.requests -= 1;
            if places.requests == 0 {
                users.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests;
