//! Stores of sessions with one fault.

mod hidden;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fm_contract::fakes::present;
use fm_contract::{Impossible, SessionStoreHarness};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, NewSession, RefreshState, Session, SessionStore};
use fm_memory::MemorySessionStore;

use crate::mutants::{mutants, planned};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ServesTheExpired,
    ServesOneSecondTooLong,
    RemembersWhatItServed,
    RotatesBlindly,
    LeavesOneWhenAllGo,
    RevokesForAnybody,
    ListsOldestFirst,
    PurgesTheLiving,
    ForgetsTheSalt,
    RevokesAPage,
    ListsAPage,
    RemembersForItsNodeAlone,
    ListsFromMemory,
    ListsByLastUse,
    BreaksTiesBackwards,
    ExpiresByItsOwnClock,
    ReplacesSessions,
    RotatesToTheSecond,
    TouchesToTheSecond,
    CountsGenerationsIn31Bits,
    CallsEveryErrorUnavailable,
    PingsWithoutAsking,
    FindsNoneWithoutAStore,
    RevokesTheSameMoment,
    PurgesAPage,
    RotatesAfterALook,
    WritesBackWhatATouchRead,
    KeepsAddressesIn15Characters,
    PurgesByTheFirstEnd,
    LosesConnectionsOfDroppedCalls,
    KeepsRecentCopies,
    TellsNoOtherNode,
}

/// The adapter of one node.
struct Broken {
    store: Arc<Store>,
    served: Mutex<HashMap<SessionId, Session>>,
    listed: Mutex<HashMap<UserId, Vec<Session>>>,
    /// Copies for recent looks.
    copied: Mutex<HashMap<SessionId, Session>>,
    is_refused: bool,
    fault: Fault,
}

/// What all nodes share.
#[derive(Default)]
struct Store {
    inner: MemorySessionStore,
    is_gone: AtomicBool,
    /// When sessions were to end first.
    first_ends: Mutex<HashMap<SessionId, Timestamp>>,
    /// Connections that dropped calls did not give back.
    lost: AtomicUsize,
}

/// How many connections there are.
const CONNECTIONS: usize = 16;

/// A connection that is given back by an answer alone.
struct Connection<'s>(&'s Store);

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.0.lost.fetch_add(1, Ordering::SeqCst);
    }
}

/// How many a careless store takes at a time.
const PAGE: usize = 50;

fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(moment.unix_seconds())
}

impl Broken {
    fn on(store: &Arc<Store>, fault: Fault, is_refused: bool) -> Self {
        Self {
            store: Arc::clone(store),
            served: Mutex::default(),
            listed: Mutex::default(),
            copied: Mutex::default(),
            is_refused,
            fault,
        }
    }

    /// The store, if it can be reached and takes us.
    fn reach(&self) -> PortResult<&MemorySessionStore> {
        if self.store.is_gone.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("no route to the store".into()));
        }
        if self.is_refused && self.is(Fault::CallsEveryErrorUnavailable) {
            return Err(PortError::Unavailable("401".into()));
        }
        if self.is_refused {
            return Err(PortError::Unexpected("401".into()));
        }
        Ok(&self.store.inner)
    }

    fn state(&self, next: &RefreshState) -> RefreshState {
        let mut next = next.clone();
        if self.is(Fault::ForgetsTheSalt) {
            next.salt = [0; 16];
        }
        if self.is(Fault::RotatesToTheSecond) {
            next.expires_at = whole_second(next.expires_at);
        }
        if self.is(Fault::CountsGenerationsIn31Bits) {
            next.generation = Generation::new(next.generation.number() & (u32::MAX >> 1));
        }
        next
    }

    fn address(&self, ip: Option<String>) -> Option<String> {
        let most = if self.is(Fault::KeepsAddressesIn15Characters) { 15 } else { usize::MAX };
        ip.map(|ip| ip.chars().take(most).collect())
    }

    /// What a node with copies does when it changes a session: for itself alone.
    fn drop_copies(&self) {
        if !self.is(Fault::KeepsRecentCopies) {
            self.copied.lock().unwrap().clear();
        }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

#[async_trait]
impl SessionStore for Broken {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        let inner = self.reach()?;
        if self.is(Fault::ReplacesSessions) {
            let old = inner.find(session.id, Timestamp::from_unix_micros(i64::MIN)).await?;
            if let Some(old) = old {
                inner.revoke(old.user, old.id).await?;
            }
        }
        self.store.first_ends.lock().unwrap().insert(session.id, session.refresh.expires_at);
        inner.create(&Session { ip: self.address(session.ip.clone()), ..session.clone() }).await
    }

    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        if self.is(Fault::LosesConnectionsOfDroppedCalls) {
            while self.store.lost.load(Ordering::SeqCst) >= CONNECTIONS {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let connection = Connection(&self.store);
            tokio::task::yield_now().await;
            std::mem::forget(connection);
        }
        let now = match self.fault {
            Fault::ServesTheExpired => Timestamp::from_unix_micros(i64::MIN),
            Fault::ServesOneSecondTooLong => now.minus(Duration::from_secs(1)),
            _ => now,
        };
        if self.is(Fault::RemembersForItsNodeAlone)
            && let Some(session) = self.served.lock().unwrap().get(&id)
        {
            return Ok(Some(session.clone()).filter(|session| session.refresh.expires_at > now));
        }
        let inner = match self.reach() {
            Err(_) if self.is(Fault::FindsNoneWithoutAStore) => return Ok(None),
            reached => reached?,
        };
        let found = inner.find(id, now).await?;
        let late = found.as_ref().is_some_and(|session| session.refresh.expires_at <= present());
        if late && self.is(Fault::ExpiresByItsOwnClock) {
            return Ok(None);
        }
        let mut served = self.served.lock().unwrap();
        if let Some(session) = &found {
            served.insert(id, session.clone());
        }
        let remembered = served.get(&id).filter(|_| self.is(Fault::RemembersWhatItServed));
        Ok(found.or_else(|| remembered.filter(|session| session.refresh.expires_at > now).cloned()))
    }

    async fn find_recent(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        let copied = self.copied.lock().unwrap().get(&id).cloned();
        if let Some(copied) = copied.filter(|session| session.refresh.expires_at > now) {
            return Ok(Some(copied));
        }
        let found = self.find(id, now).await?;
        if self.is(Fault::KeepsRecentCopies) || self.is(Fault::TellsNoOtherNode) {
            self.copied.lock().unwrap().extend(found.clone().map(|session| (id, session)));
        }
        Ok(found)
    }

    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        self.served.lock().unwrap().remove(&id);
        let now = if self.is(Fault::TouchesToTheSecond) { whole_second(now) } else { now };
        let inner = self.reach()?;
        if self.is(Fault::WritesBackWhatATouchRead) {
            let read = inner.find(id, Timestamp::from_unix_micros(i64::MIN)).await?;
            let Some(read) = read else { return Ok(()) };
            tokio::task::yield_now().await;
            inner.revoke(read.user, id).await?;
            inner.create(&read).await?;
        }
        inner.touch(id, now, self.address(ip)).await
    }

    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        self.served.lock().unwrap().remove(&id);
        self.drop_copies();
        let inner = self.reach()?;
        if self.is(Fault::RotatesBlindly) {
            let stored = inner.find(id, Timestamp::from_unix_micros(i64::MIN)).await?;
            return match stored {
                Some(session) => inner.rotate(id, session.refresh.generation, next).await,
                None => Ok(false),
            };
        }
        if self.is(Fault::RotatesAfterALook) {
            let stored = inner.find(id, Timestamp::from_unix_micros(i64::MIN)).await?;
            if stored.is_none_or(|session| session.refresh.generation != seen) {
                return Ok(false);
            }
            tokio::task::yield_now().await;
            let stored = inner.find(id, Timestamp::from_unix_micros(i64::MIN)).await?;
            let seen = stored.map_or(seen, |session| session.refresh.generation);
            return inner.rotate(id, seen, next).await;
        }
        inner.rotate(id, seen, &self.state(next)).await
    }

    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        if !self.is(Fault::RemembersWhatItServed) {
            self.served.lock().unwrap().remove(&id);
        }
        self.listed.lock().unwrap().clear();
        self.drop_copies();
        let inner = self.reach()?;
        let owner = inner.find(id, Timestamp::from_unix_micros(i64::MIN)).await?.map(|session| session.user);
        let user = if self.is(Fault::RevokesForAnybody) { owner.unwrap_or(user) } else { user };
        inner.revoke(user, id).await
    }

    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        self.served.lock().unwrap().clear();
        self.listed.lock().unwrap().clear();
        self.drop_copies();
        let inner = self.reach()?;
        let mut all = inner.list(user, Timestamp::from_unix_micros(i64::MIN)).await?;
        if self.is(Fault::RevokesAPage) {
            all.retain(|session| session.created_at < created_before && Some(session.id) != but);
            for session in all.iter().take(PAGE) {
                inner.revoke(user, session.id).await?;
            }
            return Ok(());
        }
        let created_before = match self.fault {
            Fault::RevokesTheSameMoment => created_before.plus(Duration::from_micros(1)),
            _ => created_before,
        };
        let spared = if self.is(Fault::LeavesOneWhenAllGo) { all.pop() } else { None };
        inner.revoke_all(user, but, created_before).await?;
        match spared {
            Some(session) => {
                inner.revoke(user, session.id).await?;
                inner.create(&session).await
            }
            None => Ok(()),
        }
    }

    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        if self.is(Fault::ListsFromMemory)
            && let Some(listed) = self.listed.lock().unwrap().get(&user)
        {
            return Ok(listed.iter().filter(|session| session.refresh.expires_at > now).cloned().collect());
        }
        let mut sessions = self.reach()?.list(user, now).await?;
        match self.fault {
            Fault::ListsOldestFirst => sessions.reverse(),
            Fault::ListsAPage => sessions.truncate(1_000),
            Fault::ListsByLastUse => sessions.sort_by_key(|session| std::cmp::Reverse(session.last_seen_at)),
            Fault::BreaksTiesBackwards => {
                sessions.sort_by_key(|session| (std::cmp::Reverse(session.created_at), session.id));
            }
            Fault::ExpiresByItsOwnClock => sessions.retain(|session| session.refresh.expires_at > present()),
            _ => {}
        }
        if !sessions.is_empty() {
            self.listed.lock().unwrap().insert(user, sessions.clone());
        }
        Ok(sessions)
    }

    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let purges_all = self.is(Fault::PurgesTheLiving);
        let now = if purges_all { Timestamp::from_unix_micros(i64::MAX) } else { now };
        let limit = if self.is(Fault::PurgesAPage) { limit.min(1_000) } else { limit };
        let mut purged = self.reach()?.purge_expired(now, limit).await?;
        if self.is(Fault::PurgesByTheFirstEnd) {
            let ends = self.store.first_ends.lock().unwrap().clone();
            for session in self.reach()?.snapshot() {
                if ends.get(&session.id).is_some_and(|end| *end < now)
                    && self.reach()?.revoke(session.user, session.id).await?
                {
                    purged += 1;
                }
            }
        }
        Ok(if purges_all { 0 } else { purged })
    }

    async fn ping(&self) -> PortResult<()> {
        if self.is(Fault::PingsWithoutAsking) {
            return Ok(());
        }
        self.reach()?.ping().await
    }
}

/// The adapter with the planned fault.
struct Mutant {
    store: Arc<Store>,
    node: Arc<Broken>,
}

#[async_trait]
impl SessionStoreHarness for Mutant {
    async fn fresh() -> Self {
        let store = Arc::default();
        let node = Arc::new(Broken::on(&store, planned(), false));
        Self { store, node }
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.node.clone()
    }

    async fn dump(&self) -> String {
        format!("{:?}", self.store.inner.snapshot())
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(Broken::on(&self.store, planned(), false)))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.store.is_gone.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(Broken::on(&self.store, planned(), true)))
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_session_store::Mutant;
        crate::mutants::plan(&$fault);
    };
}

mutants! {
    a_store_without_a_fault_breaks_no_rule: broken(Fault::None) => session_store, [];
    a_store_that_serves_the_expired: broken(Fault::ServesTheExpired) => session_store, ["SES-02", "SES-13", "SES-20", "SES-26"];
    a_store_that_serves_a_second_too_long: broken(Fault::ServesOneSecondTooLong) => session_store,
        ["SES-02", "SES-13", "SES-20", "SES-26"];
    a_store_that_remembers_what_it_served: broken(Fault::RemembersWhatItServed) => session_store, ["SES-01", "SES-18", "SES-26", "SES-27"];
    a_store_that_rotates_blindly: broken(Fault::RotatesBlindly) => session_store, ["SES-04", "SES-05", "SES-18"];
    a_store_that_leaves_one_session_when_all_go: broken(Fault::LeavesOneWhenAllGo) => session_store,
        ["SES-06", "SES-17", "SES-18", "SES-20", "SES-26", "SES-27"];
    a_store_that_revokes_for_anybody: broken(Fault::RevokesForAnybody) => session_store, ["SES-09"];
    a_store_that_lists_the_oldest_first: broken(Fault::ListsOldestFirst) => session_store,
        ["SES-03", "SES-06", "SES-08", "SES-16", "SES-17", "SES-18"];
    a_store_that_purges_the_living: broken(Fault::PurgesTheLiving) => session_store, ["SES-10", "SES-13"];
    a_store_that_forgets_the_salt: broken(Fault::ForgetsTheSalt) => session_store, ["SES-02", "SES-04", "SES-13", "SES-16", "SES-18", "SES-20", "SES-23", "SES-26"];
    a_store_that_revokes_a_page: broken(Fault::RevokesAPage) => session_store, ["SES-17"];
    a_store_that_lists_a_page: broken(Fault::ListsAPage) => session_store, ["SES-17"];
    a_store_that_purges_a_page: broken(Fault::PurgesAPage) => session_store, ["SES-17"];
    a_store_that_remembers_for_its_node_alone: broken(Fault::RemembersForItsNodeAlone) => session_store,
        ["SES-18", "SES-21", "SES-27"];
    a_store_that_lists_from_memory: broken(Fault::ListsFromMemory) => session_store, ["SES-18"];
    a_store_that_lists_by_last_use: broken(Fault::ListsByLastUse) => session_store, ["SES-16", "SES-18"];
    a_store_that_breaks_ties_backwards: broken(Fault::BreaksTiesBackwards) => session_store, ["SES-16"];
    a_store_that_expires_by_its_own_clock: broken(Fault::ExpiresByItsOwnClock) => session_store, ["SES-02"];
    a_store_that_replaces_sessions: broken(Fault::ReplacesSessions) => session_store, ["SES-19"];
    a_store_that_rotates_to_the_second: broken(Fault::RotatesToTheSecond) => session_store, ["SES-20"];
    a_store_that_touches_to_the_second: broken(Fault::TouchesToTheSecond) => session_store, ["SES-20"];
    a_store_that_counts_generations_in_31_bits: broken(Fault::CountsGenerationsIn31Bits) => session_store,
        ["SES-20"];
    a_store_that_revokes_sessions_of_the_same_moment: broken(Fault::RevokesTheSameMoment) => session_store,
        ["SES-06", "SES-20"];
    a_store_that_calls_every_error_unavailable: broken(Fault::CallsEveryErrorUnavailable) => session_store,
        ["SES-22"];
    a_store_that_answers_pings_by_itself: broken(Fault::PingsWithoutAsking) => session_store, ["SES-21", "SES-22"];
    a_store_that_rotates_after_a_look: broken(Fault::RotatesAfterALook) => session_store, ["SES-04"];
    a_store_that_writes_back_what_a_touch_read: broken(Fault::WritesBackWhatATouchRead) => session_store, ["SES-23"];
    a_store_that_keeps_addresses_in_15_characters: broken(Fault::KeepsAddressesIn15Characters) => session_store,
        ["SES-24"];
    a_store_that_purges_by_the_first_end: broken(Fault::PurgesByTheFirstEnd) => session_store, ["SES-10", "SES-13"];
    a_store_that_loses_connections_of_dropped_calls: broken(Fault::LosesConnectionsOfDroppedCalls) =>
        session_store, ["SES-25"];
    a_store_that_keeps_recent_copies: broken(Fault::KeepsRecentCopies) => session_store, ["SES-26", "SES-27"];
    a_store_that_tells_no_other_node: broken(Fault::TellsNoOtherNode) => session_store, ["SES-27"];
    a_store_that_finds_none_without_a_store: broken(Fault::FindsNoneWithoutAStore) => session_store,
        ["SES-21", "SES-22"];
}
