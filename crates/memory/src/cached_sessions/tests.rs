#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::sync::Mutex;

use fm_domain::error::PortError;
use fm_domain::sessions::SessionListeners;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::*;
use crate::{MemorySessionSignal, MemorySessionStore};

const TTL: Duration = Duration::from_secs(5);
const NOW: Timestamp = Timestamp::from_unix_seconds(1_750_000_000);

/// Counts looks, and lets each pass when it is told to.
struct Watched {
    inner: MemorySessionStore,
    looks: AtomicU64,
    gate: Semaphore,
}

impl Watched {
    fn open() -> Arc<Self> {
        let gate = Semaphore::new(Semaphore::MAX_PERMITS);
        Arc::new(Self { inner: MemorySessionStore::new(), looks: AtomicU64::new(0), gate })
    }

    fn looks(&self) -> u64 {
        self.looks.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SessionStore for Watched {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        self.inner.create(session).await
    }
    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        let found = self.inner.find(id, now).await;
        self.gate.acquire().await.unwrap().forget();
        found
    }
    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        self.inner.touch(id, now, ip).await
    }
    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        self.inner.rotate(id, seen, next).await
    }
    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        self.inner.revoke(user, id).await
    }
    async fn revoke_all(&self, user: UserId, but: Option<SessionId>, before: Timestamp) -> PortResult<()> {
        self.inner.revoke_all(user, but, before).await
    }
    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        self.inner.list(user, now).await
    }
    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32> {
        self.inner.purge_expired(now, limit).await
    }
    async fn ping(&self) -> PortResult<()> {
        self.inner.ping().await
    }
}

/// A signal that is connected and lost by hand, and that notes what is published.
#[derive(Default)]
struct Wire {
    listeners: SessionListeners,
    published: Mutex<Vec<EndedSessions>>,
    is_gone: AtomicBool,
}

#[async_trait]
impl SessionSignal for Wire {
    async fn publish(&self, ended: EndedSessions) -> PortResult<()> {
        if self.is_gone.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("no route".into()));
        }
        self.published.lock().unwrap().push(ended);
        Ok(())
    }
    fn subscribe(&self, listener: Weak<dyn SessionListener>) {
        self.listeners.add(listener);
    }
}

fn session(number: u128) -> Session {
    Session {
        id: SessionId::new(Uuid::from_u128(number)),
        user: UserId::new(Uuid::from_u128(7)),
        created_at: NOW,
        last_seen_at: NOW,
        ip: None,
        user_agent: None,
        refresh: RefreshState::first([1; 16], NOW.plus(Duration::from_hours(1))),
    }
}

/// A store with one session and its copies on a node.
async fn node(signal: Arc<dyn SessionSignal>) -> (Arc<Watched>, Arc<CachedSessions>, Session) {
    let store = Watched::open();
    let session = session(1);
    store.create(&session).await.unwrap();
    (store.clone(), CachedSessions::new(store, signal, TTL), session)
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_used_for_its_time_and_no_longer() {
    let (store, node, session) = node(Arc::new(MemorySessionSignal::new())).await;
    for _ in 0..3 {
        assert_eq!(node.find_recent(session.id, NOW).await.unwrap().as_ref(), Some(&session));
    }
    assert_eq!(store.looks(), 1);
    tokio::time::advance(Duration::from_millis(4_999)).await;
    node.find_recent(session.id, NOW).await.unwrap();
    assert_eq!(store.looks(), 1);
    tokio::time::advance(Duration::from_millis(1)).await;
    node.find_recent(session.id, NOW).await.unwrap();
    assert_eq!(store.looks(), 2);
}

#[tokio::test]
async fn a_node_without_copies_tells_the_others_and_listens_to_none() {
    let wire = Arc::new(Wire::default());
    wire.listeners.set_connected(true);
    let (store, _with_copies, session) = node(wire.clone()).await;
    let without = CachedSessions::new(store.clone(), wire.clone(), Duration::ZERO);
    for looks in 1..4 {
        assert!(without.find_recent(session.id, NOW).await.unwrap().is_some());
        assert_eq!(store.looks(), looks, "every look asks the store");
    }
    assert!(!without.copies.is_connected.load(Ordering::SeqCst), "no listener is added");
    assert!(without.revoke(session.user, session.id).await.unwrap());
    without.revoke_all(session.user, None, NOW).await.unwrap();
    let told = [EndedSessions::One(session.id), EndedSessions::OfUser(session.user)];
    assert_eq!(*wire.published.lock().unwrap(), told);
}

#[tokio::test]
async fn a_strict_look_asks_the_store() {
    let (store, node, session) = node(Arc::new(MemorySessionSignal::new())).await;
    node.find_recent(session.id, NOW).await.unwrap();
    node.find(session.id, NOW).await.unwrap();
    assert_eq!(store.looks(), 2);
}

#[tokio::test]
async fn a_copy_that_is_over_is_not_believed() {
    let (store, node, session) = node(Arc::new(MemorySessionSignal::new())).await;
    node.find_recent(session.id, NOW).await.unwrap();
    // Another node prolonged it.
    let end = session.refresh.expires_at;
    let next = session.refresh.rotated(NOW, end.plus(TTL));
    assert!(store.rotate(session.id, Generation::FIRST, &next).await.unwrap());
    assert!(node.find_recent(session.id, end).await.unwrap().is_some());
}

#[tokio::test]
async fn no_copy_is_used_while_the_signal_is_lost() {
    let wire = Arc::new(Wire::default());
    let (store, node, session) = node(wire.clone()).await;
    for _ in 0..3 {
        node.find_recent(session.id, NOW).await.unwrap();
    }
    assert_eq!(store.looks(), 3, "it was not connected yet");
    wire.listeners.set_connected(true);
    for _ in 0..3 {
        node.find_recent(session.id, NOW).await.unwrap();
    }
    assert_eq!(store.looks(), 4);
    wire.listeners.set_connected(false);
    // Another node ends it, and this one does not hear of it.
    store.revoke(session.user, session.id).await.unwrap();
    assert_eq!(node.find_recent(session.id, NOW).await.unwrap(), None);
    wire.listeners.set_connected(true);
    assert_eq!(node.find_recent(session.id, NOW).await.unwrap(), None, "older copies are not used again");
}

#[tokio::test]
async fn what_is_read_while_it_ends_is_not_copied() {
    let wire = Arc::new(Wire::default());
    wire.listeners.set_connected(true);
    let (store, node, session) = node(wire.clone()).await;
    store.gate.forget_permits(Semaphore::MAX_PERMITS);
    let look = node.find_recent(session.id, NOW);
    tokio::pin!(look);
    assert!(futures_util::poll!(&mut look).is_pending(), "it was read, and its answer is on its way");
    store.revoke(session.user, session.id).await.unwrap();
    wire.listeners.tell(EndedSessions::One(session.id));
    store.gate.add_permits(10);
    // The request that was under way beside the revocation may pass; none after it.
    look.await.unwrap();
    assert_eq!(node.find_recent(session.id, NOW).await.unwrap(), None);
}

#[tokio::test]
async fn revocations_are_published_once_they_are_done_and_others_are_not() {
    let wire = Arc::new(Wire::default());
    let (_store, node, session) = node(wire.clone()).await;
    assert!(!node.revoke(UserId::new(Uuid::nil()), session.id).await.unwrap());
    node.touch(session.id, NOW, None).await.unwrap();
    assert!(wire.published.lock().unwrap().is_empty());
    assert!(node.revoke(session.user, session.id).await.unwrap());
    node.revoke_all(session.user, None, NOW).await.unwrap();
    let expected = [EndedSessions::One(session.id), EndedSessions::OfUser(session.user)];
    assert_eq!(*wire.published.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_revocation_that_can_not_be_published_is_done_all_the_same() {
    let wire = Arc::new(Wire::default());
    let (_store, node, session) = node(wire.clone()).await;
    wire.is_gone.store(true, Ordering::SeqCst);
    assert!(node.revoke(session.user, session.id).await.unwrap());
    assert_eq!(node.find_recent(session.id, NOW).await.unwrap(), None);
}

#[tokio::test]
async fn copies_of_other_users_stay_when_those_of_one_are_dropped() {
    let (store, node, mine) = node(Arc::new(MemorySessionSignal::new())).await;
    let theirs = Session { user: UserId::new(Uuid::from_u128(8)), ..session(2) };
    node.create(&theirs).await.unwrap();
    for id in [mine.id, theirs.id] {
        node.find_recent(id, NOW).await.unwrap();
    }
    node.revoke_all(mine.user, None, NOW.plus(TTL)).await.unwrap();
    let looks = store.looks();
    node.find_recent(theirs.id, NOW).await.unwrap();
    assert_eq!(store.looks(), looks);
    assert_eq!(node.find_recent(mine.id, NOW).await.unwrap(), None);
}

#[tokio::test]
async fn a_revocation_whose_caller_goes_away_is_published_all_the_same() {
    let wire = Arc::new(Wire::default());
    let (store, node, session) = node(wire.clone()).await;
    {
        let revoke = node.revoke(session.user, session.id);
        tokio::pin!(revoke);
        assert!(futures_util::poll!(&mut revoke).is_pending());
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.find(session.id, NOW).await.unwrap(), None);
    assert_eq!(*wire.published.lock().unwrap(), [EndedSessions::One(session.id)]);
}
