//! Who may hash a password now, who waits, and who is refused.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tracing::Instrument as _;

/// When to ask again: about as long as a full queue takes.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Places for password hashes, and a bounded queue for them.
///
/// A hash takes 19 MiB and tens of milliseconds, and anyone can ask for one. So a request takes a place while it hashes
/// and waits without memory of its own until there is one. A request that finds the queue full is refused at once, before
/// the database is asked about it. Users who are signed in have a place and a queue of their own: a flood of logins never
/// delays them.
#[derive(Clone)]
pub struct PasswordQueue {
    anonymous: Lane,
    signed_in: Lane,
    /// How many requests of each user are in the lane of users who are signed in.
    shares: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// Too many passwords are being checked: the request did not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy {
    /// When to ask again.
    pub retry_after: Duration,
}

/// Whether the client of a request is still there. By default it is, to the end.
#[derive(Debug, Clone, Default)]
pub struct Presence(Option<watch::Receiver<bool>>);

/// Who asks for a hash.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asker {
    /// A client that logs in or registers.
    Anonymous,
    /// A user who is signed in.
    SignedIn(UserId),
}

/// Room in the queue: the request that has it may wait for a place.
pub(crate) struct QueueRoom {
    places: Arc<Semaphore>,
    room: OwnedSemaphorePermit,
    share: Option<Share>,
}

/// A place to hash at. It is free again when this is dropped and the hashes that it ran have ended.
pub(crate) struct HashPermit(Arc<Held>);

/// What a place takes away from others.
struct Held {
    _place: OwnedSemaphorePermit,
    _room: OwnedSemaphorePermit,
    _share: Option<Share>,
}

#[derive(Clone)]
struct Lane {
    /// Requests that hash.
    places: Arc<Semaphore>,
    /// Requests that hash or wait.
    room: Arc<Semaphore>,
}

/// What one user has of the lane of users who are signed in.
struct Share {
    user: UserId,
    shares: Arc<Mutex<HashMap<UserId, usize>>>,
}

impl PasswordQueue {
    /// How many requests wait for a place at most: some two seconds of work.
    pub const WAITING_PER_PLACE: usize = 32;

    /// How many requests of one user hash or wait at most.
    pub const PER_USER: usize = 4;

    /// A queue for `places` hashes at a time. One of them is for users who are signed in; a hasher with a single place
    /// makes both kinds take turns.
    #[must_use]
    pub fn new(places: NonZero<usize>) -> Self {
        Self {
            anonymous: Lane::new(places.get().saturating_sub(1).max(1)),
            signed_in: Lane::new(1),
            shares: Arc::default(),
        }
    }

    /// Room to wait for a place, or a refusal at once.
    pub(crate) fn reserve(&self, asker: Asker) -> Result<QueueRoom, Busy> {
        match asker {
            Asker::Anonymous => self.anonymous.reserve(None),
            Asker::SignedIn(user) => {
                let share = Share::of(user, &self.shares).ok_or(Busy { retry_after: RETRY_AFTER })?;
                self.signed_in.reserve(Some(share))
            }
        }
    }

    /// Waits for a place, as long as the client is there.
    pub(crate) async fn enter(&self, asker: Asker, presence: &Presence) -> Result<HashPermit, Busy> {
        self.reserve(asker)?.wait(presence).await
    }
}

impl Lane {
    fn new(places: usize) -> Self {
        let places = places.min(Semaphore::MAX_PERMITS / (PasswordQueue::WAITING_PER_PLACE + 1));
        let room = places * (PasswordQueue::WAITING_PER_PLACE + 1);
        Self { places: Arc::new(Semaphore::new(places)), room: Arc::new(Semaphore::new(room)) }
    }

    fn reserve(&self, share: Option<Share>) -> Result<QueueRoom, Busy> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_full| Busy { retry_after: RETRY_AFTER })?;
        Ok(QueueRoom { places: Arc::clone(&self.places), room, share })
    }
}

impl QueueRoom {
    /// Waits for a place, as long as the client is there.
    pub(crate) async fn wait(self, presence: &Presence) -> Result<HashPermit, Busy> {
        let Self { places, room, share } = self;
        let busy = Busy { retry_after: RETRY_AFTER };
        let place = match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => place,
            // A client that has sent all may close its side and still read: only one that has to wait is given up.
            Err(_none_free) => tokio::select! {
                biased;
                () = presence.gone() => return Err(busy),
                place = places.acquire_owned() => place.map_err(|_closed| busy)?,
            },
        };
        Ok(HashPermit(Arc::new(Held { _place: place, _room: room, _share: share })))
    }
}

impl HashPermit {
    /// Runs a hash to its end, even when its caller goes away: the thread that hashes can't be stopped, and its memory and
    /// its processor are taken until it ends.
    #[expect(
        clippy::disallowed_methods,
        reason = "a hash that no request waits for changes nothing: the shutdown need not wait for it"
    )]
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        hash: impl Future<Output = PortResult<T>> + Send + 'static,
    ) -> PortResult<T> {
        let held = Arc::clone(&self.0);
        let hash = async move {
            let outcome = hash.await;
            drop(held);
            outcome
        };
        let ended = tokio::spawn(hash.in_current_span());
        ended.await.unwrap_or_else(|panicked| Err(PortError::Unexpected(panicked.into())))
    }
}

impl Share {
    fn of(user: UserId, shares: &Arc<Mutex<HashMap<UserId, usize>>>) -> Option<Self> {
        let mut counts = shares.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(user).or_default();
        if *count >= PasswordQueue::PER_USER {
            return None;
        }
        *count += 1;
        Some(Self { user, shares: Arc::clone(shares) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut counts = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.user);
            }
        }
    }
}

impl Presence {
    /// A client is there until `gone` says true, or its sender is dropped.
    #[must_use]
    pub const fn until(gone: watch::Receiver<bool>) -> Self {
        Self(Some(gone))
    }

    async fn gone(&self) {
        match &self.0 {
            Some(gone) => drop(gone.clone().wait_for(|gone| *gone).await),
            None => std::future::pending().await,
        }
    }
}

impl fmt::Debug for PasswordQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordQueue")
            .field("free", &self.anonymous.places.available_permits())
            .field("free_signed_in", &self.signed_in.places.available_permits())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
