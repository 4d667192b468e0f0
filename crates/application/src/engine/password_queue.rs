//! Who may hash a password now, who waits, and who is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::per_user::{Counted, PerUser};

/// When to ask again: about as long as a full queue takes.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// How long requests look up what they hash for before their database counts as silent.
const SLOW_LOOK_UP: Duration = Duration::from_secs(2);

/// Places for password hashes, and a bounded queue for them.
///
/// A hash takes 19 MiB and tens of milliseconds, and anyone can ask for one. So a request takes a place while it hashes
/// and waits without memory of its own until there is one. A request that finds the queue full is refused at once, before
/// the database is asked about it: as one too many, or, where the queue is full because the database is silent, by that. Users who are signed in have a place and a queue of their own: a flood of logins never
/// delays them.
#[derive(Clone)]
pub struct PasswordQueue {
    anonymous: Lane,
    signed_in: Lane,
    /// How many requests of each user are in the lane of users who are signed in.
    shares: PerUser<()>,
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

/// Why there is no room in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// Too many passwords are being checked.
    Busy(Busy),
    /// Most of those that have room wait for the database, one of them for seconds.
    Silent,
}

/// The queue is full of requests that the database does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the database is silent on the accounts of those that wait to hash a password")]
struct SilentDatabase;

/// Room in the queue: the request that has it may wait for a place.
pub(crate) struct QueueRoom {
    places: Arc<Semaphore>,
    /// Until it asks for a place.
    looking: LookUp,
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
    most: usize,
    /// Those that have room and do not ask for a place yet.
    looking: Arc<Mutex<LookUps>>,
}

/// Since when requests look up what they hash for, in the order in which they began.
#[derive(Default)]
struct LookUps {
    begun: BTreeMap<u64, Instant>,
    next: u64,
}

/// A request that looks up what it hashes for, until this is dropped.
struct LookUp {
    number: u64,
    of: Arc<Mutex<LookUps>>,
}

/// A request of the lane of users who are signed in.
type Share = Counted<()>;

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
            shares: PerUser::default(),
        }
    }

    /// Room to wait for a place, or a refusal at once.
    pub(crate) fn reserve(&self, asker: Asker) -> Result<QueueRoom, NoRoom> {
        match asker {
            Asker::Anonymous => self.anonymous.reserve(None),
            Asker::SignedIn(user) => {
                let share = self.shares.count(user, Self::PER_USER, || ()).ok_or(NoRoom::BUSY)?;
                self.signed_in.reserve(Some(share))
            }
        }
    }

    /// Waits for a place, as long as the client is there.
    pub(crate) async fn enter(&self, asker: Asker, presence: &Presence) -> Result<HashPermit, Busy> {
        let busy = Busy { retry_after: RETRY_AFTER };
        self.reserve(asker).map_err(|_no_room| busy)?.wait(presence).await
    }
}

impl Lane {
    fn new(places: usize) -> Self {
        let places = places.min(Semaphore::MAX_PERMITS / (PasswordQueue::WAITING_PER_PLACE + 1));
        let room = places * (PasswordQueue::WAITING_PER_PLACE + 1);
        Self {
            places: Arc::new(Semaphore::new(places)),
            room: Arc::new(Semaphore::new(room)),
            most: room,
            looking: Arc::default(),
        }
    }

    fn reserve(&self, share: Option<Share>) -> Result<QueueRoom, NoRoom> {
        let now = Instant::now();
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_full| self.no_room(now))?;
        let looking = LookUp::begin(&self.looking, now);
        Ok(QueueRoom { places: Arc::clone(&self.places), looking, room, share })
    }

    fn no_room(&self, now: Instant) -> NoRoom {
        let looking = lock(&self.looking);
        let is_slow = looking.begun.values().next().is_some_and(|begun| now - *begun > SLOW_LOOK_UP);
        if is_slow && looking.begun.len() > self.most / 2 { NoRoom::Silent } else { NoRoom::BUSY }
    }
}

impl NoRoom {
    const BUSY: Self = Self::Busy(Busy { retry_after: RETRY_AFTER });

    /// What the request is refused with.
    pub(crate) fn refuse<E: From<Busy> + From<PortError>>(self) -> E {
        match self {
            Self::Busy(busy) => busy.into(),
            Self::Silent => PortError::Unavailable(SilentDatabase.into()).into(),
        }
    }
}

impl LookUp {
    fn begin(of: &Arc<Mutex<LookUps>>, now: Instant) -> Self {
        let mut all = lock(of);
        let number = all.next;
        all.next += 1;
        all.begun.insert(number, now);
        Self { number, of: Arc::clone(of) }
    }
}

impl Drop for LookUp {
    fn drop(&mut self) {
        lock(&self.of).begun.remove(&self.number);
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl QueueRoom {
    /// Waits for a place, as long as the client is there.
    pub(crate) async fn wait(self, presence: &Presence) -> Result<HashPermit, Busy> {
        let Self { places, looking, room, share } = self;
        drop(looking);
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

impl Presence {
    /// A client is there until `gone` says true, or its sender is dropped.
    #[must_use]
    pub const fn until(gone: watch::Receiver<bool>) -> Self {
        Self(Some(gone))
    }

    /// Ends when the client is gone.
    pub(crate) async fn gone(&self) {
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
