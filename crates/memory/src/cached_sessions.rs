//! Copies of sessions, for the few seconds between the requests of one client.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{
    EndedSessions, Generation, NewSession, RefreshState, Session, SessionListener, SessionSignal,
    SessionStore,
};
use quick_cache::sync::Cache;
use thread_local::ThreadLocal;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// Copies at most: a few mebibytes.
const CAPACITY: usize = 10_000;

/// Answers [`SessionStore::find_recent`] from copies of its own, for a few seconds each. Everything else asks the store.
///
/// A call that changes or ends a session drops its copy, and a revocation tells the other nodes through the signal, whether
/// this node has copies or not. While this node hears nothing of them it uses no copies. Where a revocation can't be
/// published, other nodes see it when their copies are too old.
pub struct CachedSessions {
    store: Arc<dyn SessionStore>,
    signal: Arc<dyn SessionSignal>,
    copies: Arc<Copies>,
    revocations: TaskTracker,
    counts: ThreadLocal<Counts>,
}

/// What one thread counted: a number that all change, at every request, costs each of them a wait for the others.
#[derive(Default)]
// Neighbours lie side by side: without room between them their threads would wait for one another all the same.
#[repr(align(128))]
struct Counts {
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How often a copy answered since the start, and how often the store was asked in its place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheUse {
    /// Answers from copies.
    pub hits: u64,
    /// Answers of the store.
    pub misses: u64,
}

#[derive(Clone)]
struct Copied {
    session: Session,
    at: Instant,
}

struct Copies {
    by_id: Cache<SessionId, Copied>,
    ttl: Duration,
    /// Whether this node hears of every session that another node ends.
    is_connected: AtomicBool,
    /// Raised when copies are dropped: what was read before may have ended meanwhile, and is not copied. The lock keeps both
    /// apart; who finds a copy takes none.
    epoch: Mutex<u64>,
}

impl Copies {
    fn get(&self, id: SessionId) -> Option<Session> {
        if !self.is_connected.load(Ordering::SeqCst) {
            return None;
        }
        let copied = self.by_id.get(&id)?;
        (copied.at.elapsed() < self.ttl).then_some(copied.session)
    }

    fn epoch(&self) -> MutexGuard<'_, u64> {
        self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies a session that was read in this epoch, at this time.
    fn put(&self, session: &Session, epoch: u64, at: Instant) {
        let now = self.epoch();
        if *now == epoch && self.is_connected.load(Ordering::SeqCst) {
            self.by_id.insert(session.id, Copied { session: session.clone(), at });
        }
    }

    fn drop_copies(&self, of: EndedSessions) {
        let mut epoch = self.epoch();
        *epoch += 1;
        match of {
            EndedSessions::One(id) => drop(self.by_id.remove(&id)),
            EndedSessions::OfUser(user) => self.by_id.retain(|_, copied| copied.session.user != user),
        }
    }

    fn drop_all(&self) {
        let mut epoch = self.epoch();
        *epoch += 1;
        self.by_id.clear();
    }
}

impl SessionListener for Copies {
    fn sessions_ended(&self, ended: EndedSessions) {
        self.drop_copies(ended);
    }

    fn signal_connected(&self) {
        self.drop_all();
        self.is_connected.store(true, Ordering::SeqCst);
    }

    fn signal_lost(&self) {
        self.is_connected.store(false, Ordering::SeqCst);
        self.drop_all();
    }
}

/// Drops copies when a call ends, also when it is cancelled: the store may have done it.
struct DropCopies<'c>(&'c Copies, EndedSessions);

impl Drop for DropCopies<'_> {
    fn drop(&mut self) {
        self.0.drop_copies(self.1);
    }
}

impl CachedSessions {
    /// Copies of the sessions in `store`, for `ttl` each; none where that is nothing, and then nothing is heard of other
    /// nodes either. All nodes on the store share the signal.
    #[must_use]
    pub fn new(store: Arc<dyn SessionStore>, signal: Arc<dyn SessionSignal>, ttl: Duration) -> Arc<Self> {
        let copies = Arc::new(Copies {
            by_id: Cache::new(CAPACITY),
            ttl,
            is_connected: AtomicBool::new(false),
            epoch: Mutex::new(0),
        });
        // A listener costs a connection, and is what makes copies usable.
        if !ttl.is_zero() {
            let listener: Weak<dyn SessionListener> = Arc::<Copies>::downgrade(&copies);
            signal.subscribe(listener);
        }
        let revocations = TaskTracker::new();
        Arc::new(Self { store, signal, copies, revocations, counts: ThreadLocal::new() })
    }

    /// How often a copy answered.
    #[must_use]
    pub fn cache_use(&self) -> CacheUse {
        let mut sum = CacheUse::default();
        for counts in &self.counts {
            sum.hits += counts.hits.load(Ordering::Relaxed);
            sum.misses += counts.misses.load(Ordering::Relaxed);
        }
        sum
    }

    /// Waits until the revocations under way are told to the other nodes.
    pub async fn finish(&self) {
        self.revocations.close();
        self.revocations.wait().await;
    }

    /// Ends sessions and tells the other nodes, to the end: a caller that goes away in between leaves no node behind with a
    /// copy.
    async fn end<T: Send + 'static>(
        &self,
        ended: EndedSessions,
        end: impl Future<Output = PortResult<T>> + Send + 'static,
        is_told: impl FnOnce(&PortResult<T>) -> bool + Send + 'static,
    ) -> PortResult<T> {
        let (copies, signal) = (Arc::clone(&self.copies), Arc::clone(&self.signal));
        // In the span of the caller, whose request it belongs to.
        let done = self.revocations.spawn(
            async move {
                let outcome = {
                    let _dropped = DropCopies(&copies, ended);
                    end.await
                };
                if is_told(&outcome)
                    && let Err(error) = signal.publish(ended).await
                {
                    tracing::warn!(error = %chain(&error), "other nodes were not told that sessions ended");
                }
                outcome
            }
            .in_current_span(),
        );
        done.await.unwrap_or_else(|panicked| Err(PortError::Unexpected(panicked.into())))
    }
}

#[async_trait]
impl SessionStore for CachedSessions {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        self.store.create(session).await
    }

    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        self.store.find(id, now).await
    }

    async fn find_recent(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        // One that ended may have been prolonged since.
        if let Some(session) = self.copies.get(id).filter(|session| session.refresh.expires_at > now) {
            self.counts.get_or_default().hits.fetch_add(1, Ordering::Relaxed);
            return Ok(Some(session));
        }
        self.counts.get_or_default().misses.fetch_add(1, Ordering::Relaxed);
        let (epoch, at) = (*self.copies.epoch(), Instant::now());
        let found = self.store.find(id, now).await?;
        if let Some(session) = &found {
            self.copies.put(session, epoch, at);
        }
        Ok(found)
    }

    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        let _dropped = DropCopies(&self.copies, EndedSessions::One(id));
        self.store.touch(id, now, ip).await
    }

    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        let _dropped = DropCopies(&self.copies, EndedSessions::One(id));
        self.store.rotate(id, seen, next).await
    }

    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        let store = Arc::clone(&self.store);
        let end = async move { store.revoke(user, id).await };
        // A call that failed may have ended it.
        self.end(EndedSessions::One(id), end, |revoked| !matches!(revoked, Ok(false))).await
    }

    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        let store = Arc::clone(&self.store);
        let end = async move { store.revoke_all(user, but, created_before).await };
        // A call that failed may have ended some of them.
        self.end(EndedSessions::OfUser(user), end, |_revoked| true).await
    }

    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        self.store.list(user, now).await
    }

    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32> {
        self.store.purge_expired(now, limit).await
    }

    async fn ping(&self) -> PortResult<()> {
        self.store.ping().await
    }
}

#[cfg(test)]
mod tests;
