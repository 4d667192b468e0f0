//! The rules of sessions on a store that expires entries by itself, as Redis does: by a clock of its own, which is not
//! the callers' and may be a few minutes off.

#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fm_contract::fakes::present;
use fm_contract::{Impossible, SessionStoreHarness};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{EXPIRY_MARGIN, Generation, NewSession, RefreshState, Session, SessionStore};

/// A server of keys that expire.
struct Server {
    entries: Mutex<HashMap<SessionId, Entry>>,
    /// How much its clock is ahead of the machine's.
    ahead: Duration,
}

struct Entry {
    session: Session,
    expires_at: Timestamp,
}

impl Entry {
    /// An entry that lives as long as the port asks for (`PEXPIREAT`).
    fn of(session: Session) -> Self {
        let expires_at = session.refresh.expires_at.plus(EXPIRY_MARGIN);
        Self { session, expires_at }
    }
}

impl Server {
    fn new(ahead: Duration) -> Self {
        Self { entries: Mutex::default(), ahead }
    }

    /// Does something with what has not expired by the server's clock.
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<SessionId, Entry>) -> T) -> T {
        let now = present().plus(self.ahead);
        let mut entries = self.entries.lock().unwrap();
        entries.retain(|_, entry| entry.expires_at > now);
        work(&mut entries)
    }
}

/// The adapter.
struct ExpiringSessionStore(Arc<Server>);

#[async_trait]
impl SessionStore for ExpiringSessionStore {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        self.0.with(|entries| {
            if entries.contains_key(&session.id) {
                return Err(PortError::Unexpected("a second session with one id".into()));
            }
            entries.insert(session.id, Entry::of(session.clone()));
            Ok(())
        })
    }

    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        let found = self.0.with(|entries| entries.get(&id).map(|entry| entry.session.clone()));
        Ok(found.filter(|session| session.refresh.expires_at > now))
    }

    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        self.0.with(|entries| {
            if let Some(Entry { session, .. }) = entries.get_mut(&id) {
                session.last_seen_at = session.last_seen_at.max(now);
                session.ip = ip.or(session.ip.take());
            }
        });
        Ok(())
    }

    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        Ok(self.0.with(|entries| {
            let Some(entry) = entries.get_mut(&id) else { return false };
            if entry.session.refresh.generation != seen {
                return false;
            }
            *entry = Entry::of(Session { refresh: next.clone(), ..entry.session.clone() });
            true
        }))
    }

    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        Ok(self.0.with(|entries| {
            let owned = entries.get(&id).is_some_and(|entry| entry.session.user == user);
            owned && entries.remove(&id).is_some()
        }))
    }

    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        self.0.with(|entries| {
            entries.retain(|id, Entry { session, .. }| {
                session.user != user || Some(*id) == but || session.created_at >= created_before
            });
        });
        Ok(())
    }

    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        let mut sessions: Vec<Session> =
            self.0.with(|entries| entries.values().map(|entry| entry.session.clone()).collect());
        sessions.retain(|session| session.user == user && session.refresh.expires_at > now);
        sessions.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        Ok(sessions)
    }

    async fn purge_expired(&self, _now: Timestamp, _limit: u32) -> PortResult<u32> {
        Ok(0)
    }

    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

/// The harness, for a server whose clock is so many minutes ahead.
struct Ahead<const MINUTES: u64>(Arc<Server>);

#[async_trait]
impl<const MINUTES: u64> SessionStoreHarness for Ahead<MINUTES> {
    async fn fresh() -> Self {
        Self(Arc::new(Server::new(Duration::from_mins(MINUTES))))
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        Arc::new(ExpiringSessionStore(Arc::clone(&self.0)))
    }

    async fn dump(&self) -> String {
        self.0.with(|entries| {
            let lines = entries
                .values()
                .map(|Entry { session, .. }| format!("{session:?} {}", hex::encode(session.refresh.salt)));
            lines.collect::<Vec<_>>().join("\n")
        })
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(self.sessions())
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(Impossible::because("the server is a part of this test"))
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(Impossible::because("the server asks for no credentials"))
    }
}

mod a_server_whose_clock_is_right {
    fm_contract::session_store!(super::Ahead<0>);
}

mod a_server_whose_clock_is_four_minutes_ahead {
    fm_contract::session_store!(super::Ahead<4>);
}
