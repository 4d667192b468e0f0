//! What each user has of a process, for as long as they have any of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fm_domain::ids::UserId;

/// Counts the requests of each user, and keeps a value for those who have some. Cheap to clone.
pub(crate) struct PerUser<T>(Arc<Mutex<HashMap<UserId, Entry<T>>>>);

struct Entry<T> {
    requests: usize,
    value: Arc<T>,
}

/// A request of a user: it counts until it is dropped.
pub(crate) struct Counted<T> {
    user: UserId,
    users: PerUser<T>,
    /// What the user's requests share.
    pub(crate) value: Arc<T>,
}

impl<T> PerUser<T> {
    /// Counts one more request of the user; `None` where they have `most` already. The first one makes the value.
    pub(crate) fn count(&self, user: UserId, most: usize, make: impl FnOnce() -> T) -> Option<Counted<T>> {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = users.entry(user).or_insert_with(|| Entry { requests: 0, value: Arc::new(make()) });
        if entry.requests >= most {
            return None;
        }
        entry.requests += 1;
        Some(Counted { user, users: self.clone(), value: Arc::clone(&entry.value) })
    }

    /// How many users have requests.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl<T> Clone for PerUser<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for PerUser<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        let mut users = self.users.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = users.get_mut(&self.user) {
            entry.requests -= 1;
            if entry.requests == 0 {
                users.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests;
